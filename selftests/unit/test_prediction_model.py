"""Intervals, terms and branches: what is added, and of what the longest counts."""

from __future__ import annotations

import json
import math

import pytest

from chaos.prediction import Branch, Interval, Prediction, Term
from chaos.prediction.interval import ENDLESS, INF, hull, total, up_to
from chaos.prediction.model import HEALING, SMALL
from chaos.prediction.units import go_time


def branch(least: float, most: float, *, share: float = 1.0, sure: bool = True) -> Branch:
    return Branch("some", share, (Term("one", Interval(least, most), "here"),), sure)


def predicted(*branches: Branch, hold: float | None = None) -> Prediction:
    return Prediction(
        probe="p", fault="f", variant="kill", reason="why", branches=branches, hold=hold
    )


def test_what_follows_one_another_is_added() -> None:
    assert total([Interval(1, 2), up_to(3), Interval(-1, 0)]) == Interval(0, 5)
    assert Interval(1, 2).times(3) == Interval(3, 6)
    assert ENDLESS.times(0) == Interval(0, 0)


def test_an_interval_has_its_ends_in_order() -> None:
    for least, most in ((2, 1), (math.nan, 1)):
        with pytest.raises(ValueError, match="no interval"):
            Interval(least, most)


def test_intervals_meet_where_one_moment_is_in_both() -> None:
    assert Interval(1, 2).meets(Interval(2, 3))
    assert not Interval(1, 2).meets(Interval(2.01, 3))
    assert hull([Interval(1, 2), Interval(4, 5)]) == Interval(1, 5)


def test_of_what_runs_side_by_side_the_longest_counts() -> None:
    told = predicted(branch(1, 2), branch(0.5, 4))
    assert told.outage == Interval(1, 4)
    assert told.trouble == Interval(1, 4)


def test_a_share_makes_no_outage_for_certain() -> None:
    told = predicted(branch(2, 3, share=1 / 3))
    assert told.outage == Interval(0, 3)
    assert told.trouble == Interval(2, 3)
    beside = predicted(branch(2, 3, share=1 / 3), branch(1, 1.5))
    assert beside.outage == Interval(1, 3)


def test_what_may_meet_nobody_is_not_certain_at_all() -> None:
    assert predicted(branch(2, 3, share=1 / 3, sure=False)).trouble == Interval(0, 3)
    assert predicted(branch(2, 3, sure=False)).outage == Interval(0, 3)


def test_negative_terms_never_make_less_than_nothing() -> None:
    short = Branch("b", 1.0, (Term("a", Interval(0.9, 2), ""), Term("b", Interval(-1, 0), "")))
    assert short.interval == Interval(0, 2)


def test_where_nothing_should_be_felt_little_is_allowed() -> None:
    assert predicted().outage == Interval(0, SMALL)
    assert predicted().trouble == Interval(0, SMALL)


def test_what_only_the_heal_ends_is_bounded_by_the_hold() -> None:
    endless = branch(INF, INF)
    assert predicted(endless, hold=30).outage == Interval(30, 30 + HEALING)
    assert predicted(endless).outage == ENDLESS
    assert predicted(branch(1, 2), hold=30).outage == Interval(1, 2)


def test_it_is_read_back_as_it_was_written() -> None:
    told = predicted(branch(1, INF, share=0.5, sure=False), branch(0.25, 4), hold=30)
    data = json.loads(json.dumps(told.as_data(), allow_nan=False))
    assert Prediction.from_data(data) == told
    assert data["outage"] == {"least": 0.25, "most": 35.0}
    unknown = Prediction(probe="p", fault="f", variant="kill", reason="", unknown="no file")
    assert Prediction.from_data(json.loads(json.dumps(unknown.as_data()))) == unknown
    assert "outage" not in unknown.as_data()


def test_an_interval_is_told_shortly() -> None:
    assert str(Interval(1.305, 1.905)) == "1.305 to 1.905 s"
    assert str(Interval(2, 2)) == "2 s"
    assert str(Interval(2, INF)) == "2 s or more"
    assert str(ENDLESS) == "without end"


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15), ("1m30s", 90), ("2.5s", 2.5), ("500ms", 0.5), ("0", 0)]
)
def test_durations_of_go(text: str, seconds: float) -> None:
    assert go_time(text).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1d", "1s2"])
def test_what_is_no_duration_of_go(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        go_time(text)
