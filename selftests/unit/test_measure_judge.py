"""Judging: over the budget for certain is FAIL, within it for certain is PASS, else neither."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from chaos.measure.budget import Budget
from chaos.measure.judge import Finding, judge
from chaos.measure.recovery import Recovery, recovery
from chaos.measure.sample import Sample
from chaos.measure.span import Span
from chaos.measure.summary import stalls_of, summarize
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict
from selftests.stub.world import Fault, simulate, timeline_of

INJECT, HEAL, END = 10.0, 30.0, 40.0


def seen(*faults: Fault, stalled: Sequence[Span] = (), rate: float = 20.0) -> Timeline:
    samples = simulate(faults, until=END, rate=rate, rng=random.Random(7))
    kept = [s for s in samples if not any(w.begin < s.start < w.end for w in stalled)]
    return timeline_of(kept, until=END, stalled=stalled, rate=rate)


def recovered(timeline: Timeline, heal: float | None = HEAL) -> Recovery:
    during = summarize(timeline, "p", since=INJECT)
    return recovery(during.every_outage, since=INJECT, heal=heal, unseen=during.unseen)


def judged(timeline: Timeline, *, floor: float = 100, **limits: float) -> Finding:
    return judge(
        summarize(timeline, "p", since=INJECT),
        Budget(**{name: timedelta(seconds=limit) for name, limit in limits.items()}),
        before=summarize(timeline, "p", until=INJECT),
        recovered=recovered(timeline),
        floor=int(floor),
    )


def refuse(begin: float, end: float) -> Fault:
    return Fault("refuse", Span(begin, end))


NOTHING = seen()
FIVE = seen(refuse(12, 17))


def test_within_the_budget_is_pass_over_it_is_fail() -> None:
    assert judged(FIVE, longest_outage=5.2).verdict is Verdict.PASS
    fail = judged(FIVE, longest_outage=5.0)
    assert fail.verdict is Verdict.FAIL
    assert fail.reason.startswith("over budget: longest outage 4.")
    assert fail.reason.endswith("s, budget 5 s")


def test_the_upper_bound_is_what_is_judged() -> None:
    (outage,) = summarize(FIVE, "p").outages
    assert outage.lower.length < 5.0 < outage.upper.length
    between = (outage.lower.length + outage.upper.length) / 2
    assert judged(FIVE, longest_outage=between).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ({"longest_outage": 2.2}, Verdict.PASS),
        ({"total_outage": 4.0}, Verdict.FAIL),
        ({"total_outage": 4.3}, Verdict.PASS),
        ({"longest_outage": 2.2, "total_outage": 4.0}, Verdict.FAIL),
        ({"degradation": 0.0}, Verdict.PASS),
    ],
)
def test_two_outages_count_together_in_the_total(
    limits: dict[str, float], verdict: Verdict
) -> None:
    two = seen(refuse(12, 14), refuse(16, 18))
    assert judged(two, **limits).verdict is verdict


def test_a_degradation_weighs_its_share_in_the_total() -> None:
    third = seen(Fault("third", Span(12, 24)))
    assert judged(third, longest_outage=0.2, total_outage=4.5).verdict is Verdict.PASS
    assert judged(third, total_outage=3.5).verdict is Verdict.FAIL
    total = next(m for m in judged(third).measures if m.name == "total outage")
    assert total.lower == pytest.approx(4.0, abs=0.15)
    assert total.upper == pytest.approx(4.1, abs=0.15)
    assert total.lower < total.upper == total.certain == total.possible
    assert judged(third, degradation=12.5).verdict is Verdict.PASS
    assert judged(third, degradation=11.5).verdict is Verdict.FAIL


def test_a_long_outage_in_a_degradation_is_judged_and_told() -> None:
    both = seen(refuse(12, 17), refuse(17.5, 17.8))
    summary = summarize(both, "p", since=INJECT)
    assert summary.alone == ()
    assert len(summary.degradations) == 1
    assert [round(o.lower.length) for o in summary.outages] == [5]
    assert judged(both, longest_outage=4.5).verdict is Verdict.FAIL


def test_too_few_samples_before_the_fault_say_nothing() -> None:
    finding = judged(FIVE, longest_outage=60, floor=201)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "too few samples before the fault: 200 good ones, 201 wanted"


def test_what_failed_before_already_is_not_held_against_the_fault() -> None:
    finding = judged(seen(refuse(5, 5.5), refuse(12, 17)), longest_outage=1)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "before the fault already" in finding.reason


def test_an_outage_that_ended_as_the_baseline_began_is_not_the_baselines() -> None:
    timeline = seen(Fault("swallow", Span(4, 4.02)), refuse(12, 17))
    spoilt = summarize(timeline, "p", since=3.9, until=INJECT)
    assert (spoilt.failed, len(spoilt.every_outage)) == (1, 1)
    late = summarize(timeline, "p", since=4.5, until=INJECT)  # its answer is waited for until 5 s
    assert (late.failed, len(late.every_outage)) == (0, 1)
    budget = Budget(longest_outage=timedelta(seconds=5.2))
    after, back = summarize(timeline, "p", since=INJECT), recovered(timeline)
    assert judge(after, budget, before=spoilt, recovered=back).verdict is Verdict.INCONCLUSIVE
    assert judge(after, budget, before=late, recovered=back).verdict is Verdict.PASS


def test_a_request_under_way_at_the_injection_is_not_before_it() -> None:
    at_once = seen(Fault("swallow", Span(INJECT, 12)))
    assert judged(at_once, longest_outage=3).verdict is Verdict.PASS


def test_without_a_budget_nothing_passes() -> None:
    assert judged(NOTHING).verdict is Verdict.INCONCLUSIVE
    assert judged(NOTHING, longest_outage=0).verdict is Verdict.PASS


def test_an_outage_still_open_is_fail_or_unknown_never_pass() -> None:
    open_end = seen(refuse(35, 50))
    assert judged(open_end, longest_outage=60).verdict is Verdict.INCONCLUSIVE
    assert judged(open_end, longest_outage=4).verdict is Verdict.FAIL


def test_a_stalled_runner_is_not_a_cluster_that_is_down() -> None:
    stalled = seen(stalled=[Span(20, 22)])
    summary = summarize(stalled, "p", since=INJECT)
    assert summary.every_outage == ()
    assert [round(part.length) for part in summary.unseen] == [2]
    assert judged(stalled, longest_outage=3).verdict is Verdict.PASS  # 2 s cannot hide 3
    hidden = judged(stalled, longest_outage=1)
    assert hidden.verdict is Verdict.INCONCLUSIVE
    assert hidden.reason.startswith("it cannot be told whether this is within budget")


def test_an_outage_that_touches_a_stall_is_no_certain_failure() -> None:
    # 1 s was seen; the rest up to 3 s is the stall's.
    touched = seen(refuse(19, 20.1), stalled=[Span(20, 22)])
    assert judged(touched, longest_outage=2).verdict is Verdict.INCONCLUSIVE
    assert judged(touched, longest_outage=0.5).verdict is Verdict.FAIL
    assert judged(touched, longest_outage=4).verdict is Verdict.PASS


def test_too_much_unseen_says_nothing_even_of_what_was_seen() -> None:
    blind = seen(refuse(12, 17), stalled=[Span(20, 24)])
    finding = judged(blind, longest_outage=60)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == (
        "of 30.0 s the runner stood still for 13% and the probe did not see 13%; "
        "at most 10% is allowed"
    )
    gap = [s for s in FIVE.samples["p"] if not 20 < s.start < 24]  # the probe's own
    unseen = judged(timeline_of(gap, until=END), longest_outage=60)
    assert (unseen.verdict, unseen.stalled_share) == (Verdict.INCONCLUSIVE, 0)
    no_control = timeline_of(FIVE.samples["p"], until=END, stalled=[Span(-1, END)])
    assert list(stalls_of(no_control)) == [no_control.span]
    assert judged(no_control, longest_outage=60).verdict is Verdict.INCONCLUSIVE


def test_recovery_is_counted_from_the_injection() -> None:
    back = recovered(FIVE)
    assert back.lower < 7.0 < back.upper < 7.1
    assert judged(FIVE, recover=7.1).verdict is Verdict.PASS
    assert judged(FIVE, recover=6.5).verdict is Verdict.FAIL


def test_service_that_was_never_lost_recovered_at_once() -> None:
    assert recovered(NOTHING).upper == 0
    assert judged(NOTHING, recover=0).verdict is Verdict.PASS


def test_service_that_came_back_with_the_heal_did_not_recover_by_itself() -> None:
    healed = seen(refuse(12, 30.2))
    assert recovered(healed).by_heal
    finding = judged(healed, recover=30)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason.endswith("came back only with the heal")
    assert judged(healed, recover=15).verdict is Verdict.FAIL


def test_what_the_heal_itself_costs_is_no_recovery_but_an_outage() -> None:
    heals = seen(refuse(12, 13), refuse(31, 34))
    assert recovered(heals).upper < 3.2
    assert recovered(heals, heal=None).upper > 23
    assert judged(heals, longest_outage=2, recover=5).verdict is Verdict.FAIL


def test_recovery_is_in_doubt_where_nothing_was_seen() -> None:
    assert recovered(seen(stalled=[Span(20, 22)])).possible == pytest.approx(12, abs=0.1)
    assert recovered(seen(stalled=[Span(20, 20.5)])).possible == 0


def test_a_budget_for_recovery_without_a_look_at_it_is_not_a_pass() -> None:
    during, before = summarize(FIVE, "p", since=INJECT), summarize(FIVE, "p", until=INJECT)
    budget = Budget(recover=timedelta(seconds=60))
    assert judge(during, budget, before=before).verdict is Verdict.INCONCLUSIVE


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="degradation: a budget cannot be negative"):
        Budget(degradation=timedelta(seconds=-1))


def test_the_summary_has_the_numbers_of_its_span() -> None:
    summary = summarize(FIVE, "p", since=11, until=18)
    assert (summary.samples, summary.ok, summary.failed) == (140, 40, 100)
    assert summary.excluded == 0
    assert {str(k): n for k, n in summary.classes.items()} == {"ok": 40, "connect": 100}
    assert summary.latency
    assert 0 < summary.latency.p50 <= summary.latency.p95 <= summary.latency.p99
    assert summary.latency.p99 <= summary.latency.max < 0.01
    none_served = summarize(FIVE, "p", since=13, until=14)
    assert none_served.latency is None
    assert len(none_served.outages) == 1  # it lasts through this span


def test_percentiles_are_measured_values_by_nearest_rank() -> None:
    samples = [
        Sample("p", n, n, n + n / 1000, NOTHING.samples["p"][0].outcome) for n in range(1, 201)
    ]
    latency = summarize(timeline_of(samples, until=201, rate=1.0), "p").latency
    assert latency
    found = [round(v * 1000) for v in (latency.p50, latency.p95, latency.p99, latency.max)]
    assert found == [100, 190, 198, 200]
