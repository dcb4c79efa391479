"""The judging of the measuring: it says yes to what is right and finds what is wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span
from selftests.measuring.comparing import Seen, invented, seen
from selftests.measuring.looking import NEW, REUSED, Looked
from selftests.measuring.outages import KINDS, Asked, all_asked, asked, rounds
from selftests.measuring.telling import broken, broken_each, figures, table
from selftests.stub.stub import Truth
from selftests.stub.world import Fault, simulate, timeline_of

UNTIL = 30.0
WORLD = {"refused": "refuse", "5xx": "error", "hung": "hang", "one of three": "third"}


def as_seen(kind: str, span: Span, *, stalled: Span | None = None, shift: float = 0.0) -> Seen:
    """What a simulated probe makes of a truth; with `shift`, held against another."""
    fault = Fault(WORLD[kind], span)
    samples = simulate([fault], until=UNTIL, rate=20, rng=random.Random(1))
    timeline = timeline_of(samples, until=UNTIL, stalled=[stalled] if stalled else [])
    truth = Truth(KINDS[kind].mode, Span(span.begin + shift, span.end + shift))
    return seen(timeline, Asked(KINDS[kind], span.length), truth, probe="p")


@pytest.mark.parametrize(
    ("kind", "length"),
    [("refused", 0.1), ("refused", 5.0), ("5xx", 2.0), ("hung", 10.0), ("hung", 1.4)],
)
def test_what_was_measured_well_breaks_no_promise(kind: str, length: float) -> None:
    one = as_seen(kind, Span(10.013, 10.013 + length))
    assert one.valid
    assert one.within
    assert one.upper > length
    assert broken([one]) == []


def test_a_hang_ends_between_going_on_and_serving_somebody() -> None:
    fault, kind = Fault("hang", Span(10.013, 12.0)), KINDS["hung"]
    timeline = timeline_of(
        simulate([fault], until=UNTIL, rate=20, rng=random.Random(1)), until=UNTIL
    )
    alone = as_seen("hung", fault.span)

    def held(end: float, served: float) -> Seen:
        told = {timeline.probe("p").kind: served}
        truth = Truth(kind.mode, Span(fault.span.begin, end), told)
        return seen(timeline, Asked(kind, fault.span.length), truth, probe="p")

    assert held(11.8, 12.0).end == pytest.approx(alone.end)
    assert held(11.8, 12.0 + 2 * alone.end).end == 0.0
    assert not held(12.2, 12.3).within  # the bound ends before the truth does


def test_one_of_three_is_one_degradation_of_its_share() -> None:
    one = as_seen("one of three", Span(10.013, 16.0))
    assert one.count == 1
    assert one.share == pytest.approx(1 / 3, abs=0.02)
    assert broken([one]) == []


@pytest.mark.parametrize(("took", "broken_ones"), [(0.026, 0), (0.012, 1)])
def test_what_an_edge_found_under_way_has_a_latency_too(took: float, broken_ones: int) -> None:
    """The last good sample started 68 ms before it began: a period, and 18 ms of the next one."""

    def sample(n: int) -> Sample:
        due = 9.0 + 0.05 * n
        good = n <= 19 or n >= 61
        start, end = (due + 0.010, due + took) if n == 20 else (due, due + 0.008)
        return Sample("p", due, start, end, Outcome.OK if good else Outcome.SERVER_ERROR)

    timeline = timeline_of([sample(n) for n in range(400)], until=UNTIL)
    truth = Truth(KINDS["5xx"].mode, Span(10.018, 12.042))
    one = seen(timeline, Asked(KINDS["5xx"], truth.span.length), truth, probe="p")
    assert one.begin == pytest.approx(0.068)
    assert len(broken_each([one])) == broken_ones


@pytest.mark.parametrize("shift", [-0.2, 0.2, -5.0, 5.0])
def test_bounds_beside_the_truth_are_found(shift: float) -> None:
    one = as_seen("refused", Span(10.013, 12.0), shift=shift)
    assert one.valid
    assert not one.within
    assert broken_each([one])


def test_an_edge_in_a_stall_is_not_judged() -> None:
    assert not as_seen("refused", Span(10.0, 12.0), stalled=Span(11.5, 12.1)).valid
    assert not as_seen("refused", Span(10.0, 12.0), stalled=Span(9.5, 9.9)).valid
    assert as_seen("refused", Span(10.0, 14.0), stalled=Span(11.0, 12.0)).valid


def good(kind: str = "refused", **other: object) -> Seen:
    one = Seen(kind, "api-read-new", 1.0, True, 1, 0.01, 0.02, 0.06, 1.03, 1.0, "")
    return replace(one, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (good(count=0), "seen 0 times"),
        (good(count=2), "seen 2 times"),
        (good(begin=0.07), "an edge is off by 0.070 s, 0.060 s are allowed"),
        (good(end=-0.07), "an edge is off by 0.070 s"),
        (good(wrong="classes wrong"), "classes wrong"),
        (good("hung", length=10.0, upper=10.21), "an upper bound of 10.210 s"),
        (good("one of three", share=0.40), "40% failed"),
    ],
)
def test_each_promise_that_is_broken_is_told(one: Seen, said: str) -> None:
    assert broken([good()]) == []
    (sentence,) = broken_each([one])
    assert said in sentence
    assert sentence in broken([one])


def test_of_a_hundred_one_may_lie_outside_two_may_not() -> None:
    out = good(begin=-0.001)
    assert broken([good()] * 99 + [out]) == []
    assert broken([good()] * 98 + [out] * 2) == ["of 100 truths 98 lie within their bounds"]


def test_where_little_could_be_judged_nothing_is_proved() -> None:
    blind = good(valid=False, count=0)
    assert broken([good()] * 9 + [blind]) == []
    assert broken([good()] * 8 + [blind] * 2) == ["refused: of 10 only 8 could be judged"]


def test_a_failure_that_no_stub_had_is_found() -> None:
    samples = simulate([Fault("refuse", Span(10, 11))], until=UNTIL, rate=20, rng=random.Random(1))
    timeline = timeline_of(samples, until=UNTIL)
    both = {f"{name}@stub-0": timeline.samples["p"] for name in (NEW, REUSED)}
    header = timeline.header
    info = next(probe for probe in header.probes if probe.name == "p")
    probes = (*(replace(info, name=name) for name in both), *header.probes)
    timeline = replace(
        timeline,
        header=replace(header, probes=probes),
        samples={**timeline.samples, **both},
    )
    known = [(asked("refused", 1.0)[0], Truth("refuse", Span(10, 11)))]
    assert invented(Looked(timeline, {"stub-0": known}, 0.0)) == []
    assert len(invented(Looked(timeline, {"stub-0": []}, 0.0))) == 2


def test_a_line_of_the_evidence_reads_back() -> None:
    one = good(wrong="a; b", valid=False, count=3)
    assert Seen.parse(one.as_line()) == one


def test_the_plan_asks_for_500_of_all_kinds_and_deals_out_all() -> None:
    rng = random.Random(5)
    every = all_asked(rng)
    known = [one for one in every if one.kind.outage and one.kind.name != "one of three"]
    assert len(known) == 500
    assert all(0.1 <= one.length <= 30 for one in every)
    dealt = rounds(every, count=20, stubs=4, rng=rng)
    assert sorted(map(id, every)) == sorted(id(one) for r in dealt for hand in r for one in hand)
    seconds = [max(sum(one.seconds for one in hand) for hand in r) for r in dealt]
    assert sum(seconds) < 40 * 60
    assert max(seconds) < 1.2 * min(seconds)


def test_the_page_has_a_row_a_kind_and_the_promises() -> None:
    every = [good(), good("one of three", share=0.34), good("hung", length=10.0, upper=10.1)]
    shown = table(every)
    assert "| refused | 1 | 1 of 1 | 20 ms | none | 0 | 0 | 0 |" in shown
    assert "| one of three | 1 | – |" in shown
    assert "upper bounds of 10.100 to 10.100 s (n = 1)" in figures(every)


def test_a_slow_lane_is_no_outage() -> None:
    slow = [
        Sample("p", n / 20, n / 20, n / 20 + (0.4 if 200 <= n < 220 else 0.005), Outcome.OK)
        for n in range(600)
    ]
    slow = [replace(s, outcome=Outcome.SLOW) if s.latency > 0.25 else s for s in slow]
    timeline = timeline_of(slow, until=UNTIL)
    kind = Asked(KINDS["slow, in time"], 1.0)
    one = seen(timeline, kind, Truth("slow", Span(9.98, 10.97)), probe="p")
    assert one.within
    assert broken_each([one]) == []
    down = [replace(s, outcome=Outcome.TIMEOUT) if s.due == 10.5 else s for s in slow]
    one = seen(timeline_of(down, until=UNTIL), kind, Truth("slow", Span(9.98, 10.97)), probe="p")
    assert one.wrong == "slow was taken for down"
