"""One silent backend of three is one degradation, not a row of blips."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from chaos.measure.degradation import Degradation, degradations
from chaos.measure.outage import Outage, outages
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans
from selftests.stub.world import Fault, bad, by_start, ok, simulate


def found(
    samples: Sequence[Sample], *, period: float = 0.05, unseen: Sequence[Span] = ()
) -> tuple[tuple[Outage, ...], tuple[Degradation, ...]]:
    samples = by_start(samples)
    around = Span(0, samples[-1].start + period)
    every = outages(samples, unseen=Spans(unseen), around=around)
    return degradations(every, samples, period=period, unseen=Spans(unseen))


@pytest.mark.parametrize(("rate", "length"), [(20.0, 10.0), (20.0, 2.0), (5.0, 10.0), (1.0, 30.0)])
def test_one_silent_backend_of_three_is_one_degradation(rate: float, length: float) -> None:
    for seed in range(20):
        truth = Span(5.3, 5.3 + length)
        samples = simulate(
            [Fault("third", truth)], until=truth.end + 8, rate=rate, rng=random.Random(seed)
        )
        alone, (one,) = found(samples, period=1 / rate)
        assert alone == ()
        assert one.share == pytest.approx(1 / 3, abs=1 / one.attempted + 0.01)
        # A silent backend shows once in three periods.
        assert one.lower.length <= length <= one.upper.length + 4 / rate
        assert abs(one.upper.begin - truth.begin) <= 4 / rate
        assert abs(one.upper.end - truth.end) <= 4 / rate
        assert one.longest.upper.length < 3 / rate


def test_an_outage_with_a_second_of_success_around_stands_alone() -> None:
    starts = [n / 20 for n in range(200)]
    failing = [s for s in starts if 3 <= s < 4 or 5.1 <= s < 6]
    samples = [*ok(*(s for s in starts if s not in failing)), *bad(*failing)]
    alone, degraded = found(samples)
    assert [round(o.lower.begin, 2) for o in alone] == [3.0, 5.1]
    assert degraded == ()


def test_less_than_a_second_of_success_between_makes_them_one() -> None:
    starts = [n / 20 for n in range(200)]
    failing = [s for s in starts if 3 <= s < 4 or 4.9 <= s < 6]
    samples = [*ok(*(s for s in starts if s not in failing)), *bad(*failing)]
    alone, (one,) = found(samples)
    assert alone == ()
    assert len(one.outages) == 2
    assert (one.failed, one.attempted) == (20 + 22, 60)
    assert one.longest.lower.begin == pytest.approx(4.9)
    assert one.upper.begin == one.outages[0].upper.begin
    assert one.upper.end == one.outages[1].upper.end


def test_success_that_was_not_seen_does_not_part_them() -> None:
    starts = [n / 20 for n in range(200)]
    failing = [s for s in starts if 3 <= s < 4 or 5.5 <= s < 6]
    samples = [*ok(*(s for s in starts if s not in failing)), *bad(*failing)]
    assert len(found(samples)[0]) == 2
    hole = Span(4.2, 5.2)
    rest = [s for s in samples if not hole.begin < s.start < hole.end]
    assert len(found(rest, unseen=[hole])[1]) == 1


def test_an_open_one_says_so() -> None:
    _, (one,) = found([*ok(0.9), *bad(1), *ok(1.05), *bad(1.1, 1.15)])
    assert one.still_open
    assert one.upper.end == pytest.approx(1.2)
