"""Each defect, really planted: what goes red is what it declares; mended, nothing is.

Those that the lab cannot have are made in the facts that its sound run has read.
"""

from __future__ import annotations

import os
import re
import time

import pytest

from chaos.cluster.facts import Facts
from chaos.measure.verdict import Verdict
from selftests.evidence import PRODUCT, Evidence
from selftests.planted import checklist
from selftests.planted.bench import Bench
from selftests.planted.checklist import Ran
from selftests.planted.defect import Defect, apart, registry
from selftests.planted.mending import Mending
from selftests.planted.pages import INTRO, TITLE, recorded_row, row, table
from selftests.planted.recording import RecordedDefect, exact, recorded_registry

pytestmark = pytest.mark.lab

VERIFYING = "HOLDFAST_EVIDENCE"
"""In the environment: keep what is seen."""


@pytest.fixture(scope="session")
def sound(bench: Bench) -> Ran:
    """The checklist on the lab with nothing planted: what the others are held against."""
    ran = checklist.run(bench.inventory)
    assert ran.wrong == frozenset(), ran.out
    assert (ran.code, ran.result.verdict) == (0, Verdict.PASS), ran.out
    return ran


@pytest.fixture(scope="session")
def facts(sound: Ran) -> Facts:
    """What that run had read."""
    return sound.facts


@pytest.fixture(scope="session")
def evidence() -> Evidence | None:
    """Where what is seen is kept; None where it is not."""
    if not os.environ.get(VERIFYING):
        return None
    return Evidence.open("planted", title=TITLE, of=(*PRODUCT, "selftests/planted/bench.py"))


@pytest.fixture(scope="session")
def mending(bench: Bench, evidence: Evidence | None) -> Mending:
    """What was mended, and whether that was seen."""
    return Mending(evidence, lambda: checklist.run(bench.inventory))


def params() -> list[object]:
    """Every defect, those that are not quick marked as slow."""
    return [
        pytest.param(defect, id=defect.name, marks=() if defect.quick else pytest.mark.slow)
        for defect in apart(registry().values())
    ]


@pytest.mark.parametrize("defect", recorded_registry().values(), ids=recorded_registry())
def test_what_goes_red_in_facts_is_what_it_declares(
    defect: RecordedDefect, facts: Facts, evidence: Evidence | None
) -> None:
    seen = exact(defect, facts)
    if evidence and not _kept(evidence, defect):
        evidence.add(recorded_row(defect, seen))


@pytest.mark.parametrize("defect", params())
def test_what_goes_red_is_what_it_declares(
    defect: Defect, bench: Bench, sound: Ran, evidence: Evidence | None, mending: Mending
) -> None:
    if evidence and _kept(evidence, defect):
        pytest.skip(f"seen of this code already: {evidence.data}")
    mending.before(defect)
    begun = time.monotonic()
    try:
        defect.plant(bench)
        planting = time.monotonic() - begun
        ran = checklist.run(bench.inventory)
    finally:
        # Whatever came of it, it is gone after the test.
        begun = time.monotonic()
        defect.mend(bench)
    took = time.monotonic() - begun
    mending.saw(ran, defect)
    assert ran.wrong == defect.red, ran.out
    assert (ran.code, ran.result.verdict) == (1, Verdict.FAIL)
    assert re.search(defect.evidence, ran.told(defect.item), re.MULTILINE), ran.told(defect.item)
    seen = row(defect, ran, planting=planting, mending=took) | {"unseen": ran.unseen(sound)}
    mending.mended(defect, seen)


def test_afterwards_everything_passes(
    bench: Bench, evidence: Evidence | None, mending: Mending
) -> None:
    """The last in this file: the defects before it are mended."""
    ran = checklist.run(bench.inventory)
    mending.saw(ran)
    assert ran.wrong == frozenset(), ran.out
    assert (ran.code, ran.result.verdict) == (0, Verdict.PASS)
    wanted: list[Defect | RecordedDefect] = [*registry().values()]
    wanted += recorded_registry().values()
    if evidence and all(_kept(evidence, defect) for defect in wanted):
        evidence.write(intro=INTRO, table=table(evidence.rows))


def _kept(evidence: Evidence, defect: Defect | RecordedDefect) -> bool:
    return evidence.has(defect=defect.name, source=defect.source)
