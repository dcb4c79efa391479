"""The fault catalogue: each fault, in each of its variants, on the first kind of its targets."""

from __future__ import annotations

import pytest

from chaos.measure.verdict import Verdict
from fixtures.experiments import Case, Experiments, cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """All of the catalogue, as often as --repeat says."""
    metafunc.parametrize("case", cases(metafunc.config.getoption("--repeat")), ids=str)


@pytest.mark.chaos
def test_the_cluster_survives(case: Case, experiments: Experiments) -> None:
    """What is expected to survive is each fault's own docstring, with the reason.

    Looked at: reads and writes through the endpoint while the fault lasts, and the time until all
    is whole again after the heal. Expected: the budgets of the inventory, or the sources'.
    """
    result = experiments.run(case)
    assert result.verdict is Verdict.PASS, f"{result.verdict.value}: {result.reason}"
