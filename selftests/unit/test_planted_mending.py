"""That a defect is gone is seen by the next run, and a row is kept only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.measure.verdict import Verdict
from selftests.evidence import Evidence
from selftests.planted.checklist import Ran
from selftests.planted.defect import Defect, registry
from selftests.planted.mending import Mending
from selftests.unit.reports_support import check, run_result

BACKUP, TIMER = registry()["stale-backup"], registry()["timer-off"]
SECRET = registry()["secret-in-plain"]


def ran(*red: str, waived: str = "") -> Ran:
    checks = [check(name, name, Verdict.FAIL, "wrong") for name in red]
    checks += [check("other", "Others")]
    if waived:
        checks += [check(waived, waived, Verdict.FAIL, "wrong", waiver="known")]
    return Ran(1, 7.5, run_result(checks=tuple(checks)), "printed")


class Runs:
    """Runs with nothing planted, counted."""

    def __init__(self, seen: Ran) -> None:
        self.seen, self.count = seen, 0

    def __call__(self) -> Ran:
        self.count += 1
        return self.seen


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return Evidence(name="planted", title="Planted", revision="1", folder=tmp_path)


def rows(evidence: Evidence) -> list[str]:
    return [row["defect"] for row in evidence.rows]


def plant(mending: Mending, defect: Defect, seen: Ran) -> None:
    """What the test does with a defect."""
    mending.before(defect)
    mending.saw(seen, defect)
    mending.mended(defect, {"defect": defect.name})


def test_the_next_run_confirms_it(evidence: Evidence) -> None:
    runs = Runs(ran())
    mending = Mending(evidence, runs)
    plant(mending, BACKUP, ran(*BACKUP.red))
    assert rows(evidence) == [], "nobody has looked yet"
    plant(mending, SECRET, ran(*SECRET.red))
    assert rows(evidence) == [BACKUP.name]
    mending.saw(ran())
    assert rows(evidence) == [BACKUP.name, SECRET.name]
    assert runs.count == 0


def test_one_that_is_not_gone_is_told_and_not_kept(evidence: Evidence) -> None:
    mending = Mending(evidence, Runs(ran()))
    plant(mending, BACKUP, ran(*BACKUP.red))
    with pytest.raises(AssertionError, match="stale-backup was mended, and backup-schedule failed"):
        mending.saw(ran("backup-schedule", *SECRET.red), SECRET)
    assert rows(evidence) == []
    mending.saw(ran())
    assert rows(evidence) == [], "what was not seen is not seen later"


@pytest.mark.parametrize("left", [(), ("backup-schedule",)])
def test_where_both_turn_an_item_red_a_run_comes_between(
    evidence: Evidence, left: tuple[str, ...]
) -> None:
    runs = Runs(ran(*left))
    mending = Mending(evidence, runs)
    assert BACKUP.red & TIMER.red
    plant(mending, BACKUP, ran(*BACKUP.red))
    if left:
        with pytest.raises(AssertionError, match="stale-backup was mended"):
            mending.before(TIMER)
    else:
        mending.before(TIMER)
    assert runs.count == 1
    assert rows(evidence) == ([] if left else [BACKUP.name])


def test_nothing_is_kept_where_nothing_is_verified() -> None:
    mending = Mending(None, Runs(ran()))
    plant(mending, BACKUP, ran(*BACKUP.red))
    mending.saw(ran())


def test_what_fails_is_what_nobody_has_waived() -> None:
    seen = ran("etcd-backup", waived="node-sizes")
    assert seen.wrong == {"etcd-backup"}


def test_what_could_not_be_looked_at_is_told_where_it_could_before() -> None:
    def of(verdict: Verdict) -> Ran:
        checks = (check("a", "A", verdict), check("b", "B", Verdict.NOT_COVERED))
        return Ran(0, 7.5, run_result(checks=checks), "printed")

    assert of(Verdict.NOT_COVERED).unseen(of(Verdict.PASS)) == ("a",)
    assert of(Verdict.NOT_COVERED).unseen(of(Verdict.NOT_COVERED)) == ()
    assert of(Verdict.FAIL).unseen(of(Verdict.PASS)) == ()
