"""What is kept of a planted defect, and its page."""

from __future__ import annotations

import pytest

from chaos.measure.verdict import Verdict
from selftests.planted.checklist import Ran
from selftests.planted.defect import registry
from selftests.planted.pages import COMPLETED, FACTS, LAB, recorded_row, row, table
from selftests.planted.recording import exact, recorded_registry
from selftests.unit.conformance_support import good
from selftests.unit.reports_support import check, run_result

ITEM = "etcd-backup"
TOLD = (
    "/var/backups/offsite on worker-2: the newest, cp-1-20261120.db, is 5 h 1 min old, and "
    "1 h 30 min is allowed"
)


def ran(evidence: str) -> Ran:
    wrong = check(ITEM, "Snapshots", Verdict.FAIL, "not this", evidence)
    return Ran(1, 7.5, run_result(checks=(wrong, check("other", "Others"))), "printed")


def test_what_did_not_pass_and_what_was_told() -> None:
    seen = ran(TOLD)
    assert seen.not_passed == {ITEM: Verdict.FAIL}
    assert seen.told(ITEM) == f"not this\n{TOLD}"


def test_a_row_has_the_line_that_names_it() -> None:
    kept = row(registry()["stale-backup"], ran(TOLD), planting=0.44, mending=1.26)
    assert kept["evidence"] == TOLD
    assert (kept["item"], kept["red"]) == (ITEM, ["backup-schedule", ITEM])
    assert kept["kind"] == LAB
    lines = table([kept | {"item": "z"}, kept]).splitlines()
    assert len({line.count(" | ") for line in lines}) == 1
    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {ITEM}", "| z"]
    assert lines[2].endswith("| 0.4 + 7.5 + 1.3 |")


def test_evidence_that_does_not_name_it_is_none() -> None:
    with pytest.raises(AssertionError, match="does not name it"):
        row(registry()["stale-backup"], ran("cp-1 is fine"), planting=1, mending=1)


def test_a_row_of_facts_has_no_seconds() -> None:
    kept = [recorded_row(one, exact(one, good())) for one in recorded_registry().values()]
    assert {one["kind"] for one in kept} == {FACTS, COMPLETED}
    lines = table(kept).splitlines()
    assert len(lines) == len(kept) + 2
    assert all(line.endswith(" |  |") for line in lines[2:])
    assert len({line.count(" | ") for line in lines[2:]}) == 1
