"""Outages: the definitions one by one, against a plain oracle, and against simulated truth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from chaos.measure.outage import Outage, outages
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans
from selftests.stub.world import Fault, a_sample, bad, by_start, ok, simulate

AROUND = Span(0, 100)
FAIL = Outcome.TIMEOUT
TOLD_NO = [Outcome.UNAUTHORIZED, Outcome.THROTTLED, Outcome.SERVER_ERROR, Outcome.WRONG]


def found(samples: Sequence[Sample], unseen: Sequence[Span] = ()) -> tuple[Outage, ...]:
    return outages(by_start(samples), unseen=Spans(unseen), around=AROUND)


def bounds(samples: Sequence[Sample]) -> list[tuple[float, float, float, float]]:
    return [(o.lower.begin, o.lower.end, o.upper.begin, o.upper.end) for o in found(samples)]


def test_no_failure_no_outage() -> None:
    assert found([]) == ()
    assert found([*ok(1, 2, 3), a_sample(4, 4.4, Outcome.SLOW)]) == ()


def test_an_outage_goes_from_success_to_success() -> None:
    samples = [*ok(1, 2), *bad(3, 4, 5), *ok(6, 7)]
    assert bounds(samples) == [(3, 5, 2, 6.005)]


def test_a_single_failure_has_no_lower_length() -> None:
    (outage,) = found([*ok(1), *bad(2), *ok(3)])
    assert outage.lower.length == 0
    assert outage.upper == Span(1, 3.005)


def test_a_success_between_makes_two() -> None:
    assert bounds([*ok(1), *bad(2), *ok(3), *bad(4), *ok(5)]) == [
        (2, 2, 1, 3.005),
        (4, 4, 3, 5.005),
    ]


def test_a_success_under_way_when_it_begins_is_not_the_last_before() -> None:
    under_way = a_sample(1.99, 2.5, Outcome.SLOW)
    assert bounds([*ok(1), under_way, *bad(2, 3), *ok(4)]) == [(2, 3, 1, 4.005)]


def test_the_first_success_to_end_closes_it_not_the_first_to_start() -> None:
    slow = a_sample(3.5, 4.4, Outcome.SLOW)
    assert bounds([*ok(1), *bad(2, 3), slow, *ok(4)]) == [(2, 3, 1, 4.005)]


def test_a_failure_that_began_before_service_was_proven_again_belongs_to_it() -> None:
    # What hung to the end of a hanging: the first answer comes at 5, to who started at 4.1.
    first = a_sample(4.1, 5.0, Outcome.SLOW)
    unlucky = a_sample(4.2, 5.2, FAIL)
    samples = [*ok(1), *bad(2, 3, took=1, outcome=FAIL), first, unlucky, *ok(6)]
    assert bounds(samples) == [(2, 4.2, 1, 5.0)]


def test_a_failure_that_began_after_service_was_proven_is_another() -> None:
    first = a_sample(4.1, 5.0, Outcome.SLOW)
    again = a_sample(5.01, 5.2, FAIL)
    samples = [*ok(1), *bad(2, 3, took=1, outcome=FAIL), first, again, *ok(6)]
    assert bounds(samples) == [(2, 3, 1, 5.0), (5.01, 5.01, 4.1, 6.005)]


def test_a_success_that_overtook_who_is_told_no_later_proves_no_recovery() -> None:
    # etcd's leader goes at 3.25: who waits is told so, who was quick was served, others hang.
    waited = [a_sample(3.0, 3.6, Outcome.SERVER_ERROR), a_sample(3.1, 3.5, Outcome.SERVER_ERROR)]
    overtook = a_sample(3.15, 3.3)
    hung = bad(3.2, 3.25, took=1, outcome=FAIL)
    assert bounds([*ok(1), *waited, overtook, *hung, *ok(6)]) == [(3.0, 3.25, 1, 6.005)]
    # Without those that hang, the first answer is what is certain.
    assert bounds([*ok(1), *waited, overtook, *ok(3.45), a_sample(3.55, 4)]) == [(3, 3.1, 1, 4)]
    # A break is none: it waited for an answer from its start on, as one backend of three shows.
    broken = a_sample(3.0, 3.6, Outcome.RESET)
    assert bounds([*ok(1), broken, overtook, *ok(6)]) == [(3.0, 3.0, 1, 3.3)]


def test_open_at_either_end_is_flagged_and_bounded_by_the_timeline() -> None:
    (early,) = found([*bad(1, 2), *ok(3)])
    assert (early.began_before, early.still_open) == (True, False)
    assert early.upper == Span(0, 3.005)
    (late,) = found([*ok(1), *bad(2, 3)])
    assert (late.began_before, late.still_open) == (False, True)
    assert late.upper == Span(1, 100)
    (always,) = found(bad(1, 2, 3))
    assert (always.began_before, always.still_open) == (True, True)
    assert [one.certain for one in (early, late, always)] == [1, 1, 2]


def test_a_conflict_is_an_answer_and_what_was_not_sent_is_nothing() -> None:
    conflict = a_sample(3, 3.01, Outcome.CONFLICT)
    not_sent = a_sample(4, 4, Outcome.NOT_SENT)
    samples = [*ok(1), *bad(2), conflict, not_sent, *bad(5), *ok(6)]
    assert len(found(samples)) == 2
    assert not found([*ok(1), not_sent, *ok(5)])


def test_failures_are_counted_by_class() -> None:
    (outage,) = found([*ok(1), *bad(2, 3), *bad(4, took=1, outcome=FAIL), *ok(6)])
    assert outage.failed == 3
    assert dict(outage.classes) == {Outcome.CONNECT: 2, Outcome.TIMEOUT: 1}
    assert outage.known == 2.005


def test_it_belongs_to_the_time_in_which_it_is_known() -> None:
    # Under way when the fault strikes at 2.5: not a failure of the baseline.
    hung = a_sample(2.495, 3.495, FAIL)
    (outage,) = found([*ok(1, 2), hung, *bad(3), *ok(4)])
    assert not outage.within(Span(0, 2.5))
    assert outage.within(Span(2.5, 10))
    (before,) = found([*ok(1), *bad(2, 3), *ok(4)])
    assert before.within(Span(0, 2.5))
    assert before.within(Span(2.5, 10))
    assert not before.within(Span(3.5, 10))


def test_what_was_not_seen_is_in_doubt() -> None:
    samples = [*ok(0.9), *bad(*(1 + n / 10 for n in range(100))), *ok(11)]
    (seen,) = found(samples)
    assert seen.certain == seen.upper.length
    (little,) = found(samples, [Span(5, 5.4)])
    assert little.unseen == pytest.approx(0.4)
    assert little.certain == pytest.approx(seen.upper.length - 0.4)
    gap = [s for s in samples if not 4 < s.start < 6]
    (much,) = found(gap, [Span(4, 6)])
    assert much.upper == seen.upper
    assert much.certain == pytest.approx(10.9 - 6)  # it may have been back between 4 and 6


def oracle(samples: Sequence[Sample]) -> list[tuple[float, float, float, float]]:
    """The definitions, without any thought of speed."""
    failed = sorted((s for s in samples if s.outcome.failed), key=lambda s: s.start)
    served = [s for s in samples if s.outcome.served]
    result = []
    while failed:
        first = failed[0].start
        left = max((s.start for s in served if s.end <= first), default=0.0)
        sure = min(s.end if s.outcome in TOLD_NO else s.start for s in failed)
        right = min((s.end for s in served if s.start > sure), default=None)
        run = [s for s in failed if right is None or s.start < right]
        failed = [s for s in failed if s not in run]
        result.append((first, run[-1].start, left, AROUND.end if right is None else right))
    return result


@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_the_plain_definition(seed: int) -> None:
    rng = random.Random(seed)
    starts = rng.sample(range(1, 9000), k=60)
    classes = [
        Outcome.OK,
        Outcome.SLOW,
        Outcome.CONFLICT,
        Outcome.NOT_SENT,
        *[FAIL] * rng.choice([1, 4, 9]),
        *TOLD_NO,
    ]
    samples = [
        a_sample(start / 100, start / 100 + rng.choice([0.01, 0.3, 1, 5]), rng.choice(classes))
        for start in starts
    ]
    assert bounds(samples) == oracle(samples)
    assert all(a.upper.end <= b.lower.begin for a, b in pairwise(found(samples)))
    assert sum(o.failed for o in found(samples)) == sum(s.outcome.failed for s in samples)


LATENCY, JITTER, TIMEOUT = 0.01, 0.002, 1.0
LENGTHS = {"refuse": (0.1, 30), "error": (0.1, 30), "swallow": (0.1, 30), "hang": (1.2, 30)}


@pytest.mark.parametrize("rate", [5.0, 20.0])
@pytest.mark.parametrize("mode", LENGTHS)
def test_truth_lies_within_the_bounds(mode: str, rate: float) -> None:
    period, inside, n = 1 / rate, 0, 250  # times 4 modes and 2 rates
    shortest = max(LENGTHS[mode][0], 2 * period)
    for seed in range(n):
        rng = random.Random(seed)
        begin = rng.uniform(5, 6)
        length = shortest * (LENGTHS[mode][1] / shortest) ** rng.random() ** 2
        truth = Span(begin, begin + length)
        samples = simulate(
            [Fault(mode, truth)],
            until=truth.end + 3,
            rate=rate,
            rng=rng,
            latency=LATENCY,
            jitter=JITTER,
        )
        around = Span(0, truth.end + 3)
        (outage,) = outages(samples, unseen=Spans(), around=around)  # never missed, never in two
        assert not outage.began_before
        assert not outage.still_open
        edge = period + LATENCY + JITTER
        assert abs(outage.upper.begin - truth.begin) <= edge
        assert abs(outage.upper.end - truth.end) <= edge
        assert abs(outage.lower.begin - truth.begin) <= edge
        # A hanging one: those who started less than a time-out before its end were answered.
        slack = TIMEOUT if mode == "hang" else 0
        assert truth.end - edge - slack <= outage.lower.end <= truth.end
        assert outage.upper.begin <= truth.begin
        assert truth.end <= outage.upper.end
        inside += outage.lower.length <= truth.length
    assert inside >= 0.99 * n


def test_a_hang_shorter_than_the_timeout_is_slow_and_no_outage() -> None:
    for seed in range(50):
        rng = random.Random(seed)
        truth = Span(2, 2 + rng.uniform(0.1, TIMEOUT - LATENCY))
        samples = simulate([Fault("hang", truth)], until=5, rate=20, rng=rng, latency=LATENCY)
        assert outages(samples, unseen=Spans(), around=Span(0, 5)) == ()
        slow = sum(sample.outcome is Outcome.SLOW for sample in samples)
        # Those who waited more than 250 ms.
        assert abs(slow - max(0, truth.length - 0.25) * 20) <= 2
