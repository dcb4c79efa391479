"""Outages of servers whose truth is known, seen by the real probes from the real sampler.

Stubs misbehave side by side while one sampler looks on; what was measured is then held against what
the stubs say they did. Where the machine stood still meanwhile nothing is judged, and that is
counted.
"""

from __future__ import annotations

import random

import pytest

from chaos.measure.outcome import Outcome
from chaos.measure.summary import stalls_of, summarize
from selftests.measuring.comparing import compare, invented
from selftests.measuring.looking import NEW, PERIOD, REUSED, Looked, look
from selftests.measuring.outages import asked
from selftests.measuring.telling import broken_each

QUICK = [
    asked("hung", 10.0),
    [*asked("refused", 0.1, 0.1, 0.1, 0.5), *asked("reset", 0.1, 1.0), *asked("refused", 2.0)],
    [*asked("5xx", 0.1, 2.0), *asked("silent", 0.1), *asked("hung, in time", 0.5)],
    [*asked("one of three", 4.0), *asked("slow, in time", 0.5), *asked("slow", 0.5)],
]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    return look(QUICK, folder=tmp_path_factory.mktemp("quick"), rng=random.Random())


def test_the_stubs_did_what_they_were_told(quick: Looked) -> None:
    for truths in quick.truths.values():
        for one, truth in truths:
            assert truth.mode == one.kind.mode
            assert one.length <= truth.span.length < one.length + 0.1


def test_every_outage_is_seen_once_and_lies_within_its_bounds(quick: Looked) -> None:
    every = compare(quick)
    assert broken_each(every) == []
    assert any(one.valid for one in every), "this machine stood still all the time"
    downs = [one for one in every if one.valid and one.kind != "one of three"]
    assert [one.as_line() for one in downs if not one.within] == []


def test_nothing_else_failed(quick: Looked) -> None:
    assert invented(quick) == []


def test_what_hangs_for_less_than_the_timeout_is_slow_for_as_long(quick: Looked) -> None:
    stalled = stalls_of(quick.timeline)
    for path, truths in quick.truths.items():
        for one, truth in truths:
            if one.kind.outage or stalled.seconds(truth.span):
                continue
            # A hang is slow for those who waited 250 ms or more of it; `slow` delays all.
            late = one.length if one.kind.mode == "slow" else one.length - 0.25
            for probe in (NEW, REUSED):
                classes = summarize(
                    quick.timeline,
                    f"{probe}@{path}",
                    since=truth.span.begin - 0.3,
                    until=truth.span.end + 0.3,
                ).classes
                assert classes.get(Outcome.SLOW, 0) == pytest.approx(late / PERIOD, abs=4)


def test_kept_connections_show_a_silent_backend_as_a_share_and_leave_it(quick: Looked) -> None:
    path, truth = next(
        (path, truth)
        for path, truths in quick.truths.items()
        for one, truth in truths
        if one.kind.name == "one of three"
    )
    begin = truth.span.begin
    first = summarize(quick.timeline, f"{REUSED}@{path}", since=begin, until=begin + 1)
    assert first.failed / (first.failed + first.ok) == pytest.approx(1 / 3, abs=0.12)
    last = summarize(quick.timeline, f"{REUSED}@{path}", since=truth.span.end - 1, until=begin + 4)
    assert last.failed < first.failed
