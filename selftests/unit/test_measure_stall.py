"""A stalled runner is told from a cluster that is down."""

from __future__ import annotations

import pytest

from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans
from chaos.measure.stall import LATE, clean, stalls, undisturbed, unseen
from selftests.stub.world import a_sample, bad, ok

PERIOD = 0.05
AROUND = Span(0, 10)


def control(until: float = 10.0) -> list[Sample]:
    return ok(*(tick * PERIOD for tick in range(int(until / PERIOD))), took=0.001)


def test_a_good_control_probe_means_no_stall() -> None:
    assert not len(stalls(control(), period=PERIOD, around=AROUND))


def test_without_a_control_probe_everything_is_a_stall() -> None:
    assert list(stalls([], period=PERIOD, around=AROUND)) == [AROUND]


def worse(outcome: Outcome, lateness: float, took: float) -> list[Sample]:
    """A control probe that is not itself from 4 s to 5 s."""
    return [
        Sample("c", s.due, s.due + lateness, s.due + lateness + took, outcome)
        if 4 <= s.due < 5
        else s
        for s in control()
    ]


@pytest.mark.parametrize(
    "seen",
    [
        [s for s in control() if not 4 <= s.due < 5],
        worse(Outcome.NOT_SENT, 0, 0),
        worse(Outcome.TIMEOUT, 0, 1),
        worse(Outcome.OK, LATE, 0.001),
        worse(Outcome.OK, 0, LATE + 0.001),
        worse(Outcome.WRONG, 0, 0.001),
    ],
    ids=["missing", "not sent", "timed out", "late", "slow", "wrong"],
)
def test_whatever_is_wrong_with_the_control_probe_is_a_stall(seen: list[Sample]) -> None:
    (stall,) = stalls(seen, period=PERIOD, around=AROUND)
    # From the last sign of life before to the first after.
    assert 3.9 < stall.begin < 4.0
    assert 5.0 <= stall.end < 5.1


def test_one_lost_control_sample_is_no_stall_three_are() -> None:
    one = [s for s in control() if round(s.due, 2) != 4.0]
    assert not len(stalls(one, period=PERIOD, around=AROUND))
    three = [s for s in control() if round(s.due, 2) not in (4.0, 4.05, 4.1)]
    assert len(stalls(three, period=PERIOD, around=AROUND)) == 1


def test_a_sampler_that_died_is_a_stall_to_the_end() -> None:
    (stall,) = stalls(control(until=6), period=PERIOD, around=AROUND)
    assert stall.begin == pytest.approx(5.951)
    assert stall.end == 10


STALL = Spans([Span(4, 6)])


@pytest.mark.parametrize(
    ("sample", "kept"),
    [
        (a_sample(3.5, 3.6), True),
        (a_sample(3.99, 6.01, Outcome.SLOW), True),  # served is served, though noted late
        (a_sample(4.5, 4.6), True),
        (a_sample(3.99, 6.0, Outcome.TIMEOUT), False),  # had no time to be answered
        (a_sample(3.45, 4.45, Outcome.TIMEOUT), True),  # had more than half a second
        (a_sample(3.55, 4.55, Outcome.TIMEOUT), False),
        (a_sample(3.45, 6.0, Outcome.TIMEOUT), True),
        (a_sample(5.4, 6.4, Outcome.TIMEOUT), False),
        (a_sample(5.6, 6.6, Outcome.TIMEOUT), True),
        (a_sample(3.99, 4.99, Outcome.DNS), False),
        (a_sample(3.45, 6.0, Outcome.DNS), True),
        (a_sample(3.99, 5.9, Outcome.RESET), False),  # who waits that long may be hung up on
        (a_sample(3.9, 3.91, Outcome.RESET), True),
        (a_sample(4.5, 4.6, Outcome.CONNECT), True),  # no stall of ours refuses a connection
        (a_sample(2, 2, Outcome.NOT_SENT), False),
        (Sample("p", 2, 2.2, 2.3, Outcome.CONNECT), False),  # too late to tell of its moment
    ],
)
def test_which_samples_still_say_something(sample: Sample, kept: bool) -> None:
    assert clean([sample], STALL, timeout=1.0) == ((sample,) if kept else ())


def test_unseen_is_where_a_probe_did_not_start_for_more_than_two_periods() -> None:
    seen = [*ok(0, 0.05, 0.1), *bad(0.2), *ok(0.31, 0.36)]
    assert list(unseen(seen, period=PERIOD, around=Span(0, 0.4))) == [Span(0.2, 0.31)]


def test_latencies_are_of_samples_that_no_stall_touched() -> None:
    free, touched, late = (
        a_sample(3.5, 3.6),
        a_sample(3.9, 4.1),
        Sample("p", 5.9, 6.1, 6.2, Outcome.OK),
    )
    assert undisturbed([free, touched, late], STALL) == [free]
