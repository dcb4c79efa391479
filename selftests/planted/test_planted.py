"""Each defect, really planted: what goes red is what it declares; mended, nothing is."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

import pytest

from chaos.measure.verdict import Verdict
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.wait import until
from selftests.evidence import Evidence
from selftests.planted import checklist
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect, registry
from selftests.planted.pages import INTRO, TITLE, row, table

pytestmark = pytest.mark.lab

VERIFYING = "HOLDFAST_EVIDENCE"
"""In the environment: keep what is seen, and look after each defect that all is mended."""


@pytest.fixture(scope="session")
def bench(fleet: Fleet, kubectl: Kubectl) -> Bench:
    """The lab, to plant in; sound before anything is planted, though it was restored just now."""
    bench = Bench(fleet, kubectl)
    until(bench.is_sound, "controllers that lead and Pods that are ready", timeout=120, every=1.0)
    return bench


@pytest.fixture(scope="session")
def evidence() -> Evidence | None:
    """Where what is seen is kept; None where it is not."""
    if not os.environ.get(VERIFYING):
        return None
    return Evidence.open("planted", title=TITLE)


@pytest.fixture
def mended(bench: Bench, defect: Defect) -> Iterator[None]:
    """Whatever came of it, the defect is gone after the test."""
    yield
    defect.mend(bench)


def params() -> list[object]:
    """Every defect, those that are not quick marked as slow."""
    return [
        pytest.param(defect, id=name, marks=() if defect.quick else pytest.mark.slow)
        for name, defect in registry().items()
    ]


@pytest.mark.parametrize("defect", params())
def test_what_goes_red_is_what_it_declares(
    defect: Defect, bench: Bench, evidence: Evidence | None, mended: None
) -> None:
    if evidence and evidence.has(defect=defect.name):
        pytest.skip(f"seen at this revision already: {evidence.data}")
    begun = time.monotonic()
    defect.plant(bench)
    planting = time.monotonic() - begun
    ran = checklist.run(bench.inventory)
    assert ran.not_passed == dict.fromkeys(defect.red, Verdict.FAIL), ran.out
    assert (ran.code, ran.result.verdict) == (1, Verdict.FAIL)
    assert re.search(defect.evidence, ran.told(defect.item)), ran.told(defect.item)
    if evidence:
        begun = time.monotonic()
        defect.mend(bench)
        mending = time.monotonic() - begun
        assert checklist.run(bench.inventory).not_passed == {}
        evidence.add(row(defect, ran, planting=planting, mending=mending))


def test_afterwards_everything_passes(bench: Bench, evidence: Evidence | None) -> None:
    """The last in this file: the defects before it are mended."""
    ran = checklist.run(bench.inventory)
    assert ran.not_passed == {}, ran.out
    assert (ran.code, ran.result.verdict) == (0, Verdict.PASS)
    if evidence and all(evidence.has(defect=name) for name in registry()):
        evidence.write(intro=INTRO, table=table(evidence.rows))
