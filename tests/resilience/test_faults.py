"""The fault catalogue: each fault, in each of its variants, on the first kind of its targets."""

from __future__ import annotations

import pytest

from chaos.measure.verdict import Verdict
from fixtures.experiments import Case, Experiments, cases


@pytest.mark.chaos
@pytest.mark.parametrize("case", cases(), ids=str)
def test_the_cluster_survives(case: Case, experiments: Experiments) -> None:
    """What is expected to survive is each fault's own docstring, with the reason.

    Looked at: reads and writes through the endpoint while the fault lasts, and the time until all
    is whole again after the heal. Expected: the budgets of the inventory, or the sources'.
    """
    result = experiments.run(case)
    assert result.verdict is Verdict.PASS, f"{result.verdict.value}: {result.reason}"
