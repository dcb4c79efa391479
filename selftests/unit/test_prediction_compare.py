"""What was predicted against what was measured, and against what is allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster.facts import NotAvailable
from chaos.measure.degradation import degradations
from chaos.measure.lines import ProbeInfo
from chaos.measure.outage import outages
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans
from chaos.measure.summary import Summary
from chaos.prediction import Branch, Interval, Measured, Prediction, Term, against, compare
from chaos.prediction.interval import INF, NONE
from chaos.prediction.workloads import evicted, length, new_leader, unreachable
from selftests.unit.prediction_support import component, settings

MISSED = Term("three adverts are missed", Interval(1.0, 1.5), "lb-2:keepalived.conf:38")
SKEW = Term("skew", Interval(0.3, 0.3), "lb-2:keepalived.conf:37")
MOVES = Prediction(
    probe="api-read-new",
    fault="balancer-kill",
    variant="kill",
    reason="nothing listens on the address",
    branches=(Branch("the address moves", 1.0, (MISSED, SKEW)),),
)
PHASE = Term("until the next check begins", Interval(0.0, 1.0), "lb-1:haproxy.cfg:39 inter")
CHECKS = Term("checks that fail", Interval(2.0, 2.0), "lb-1:haproxy.cfg:39 fall")
SHARE = replace(MOVES, branches=(Branch("one of three", 1 / 3, (PHASE, CHECKS)),))
NOTHING = replace(MOVES, branches=())


def seen(least: float, most: float) -> Measured:
    """An outage that stands alone."""
    return Measured(Interval(least, most), Interval(least, most))


@pytest.mark.parametrize("bounds", [(1.2, 1.35), (1.5, 1.6), (1.75, 1.9), (0.0, 9.0)])
def test_it_is_confirmed_where_the_intervals_meet(bounds: tuple[float, float]) -> None:
    found = compare(MOVES, seen(*bounds))
    assert found.confirmed is True
    assert found.term is None
    assert "1.3 to 1.8 s" in found.told


def test_a_degradation_is_held_against_its_own_interval() -> None:
    assert compare(SHARE, Measured(Interval(0, 0.1), Interval(2.2, 2.4))).confirmed
    # Its single outages are short, and it lasted far too long.
    found = compare(SHARE, Measured(Interval(0, 0.1), Interval(9.0, 9.1)))
    assert found.confirmed is False
    assert found.told.startswith("trouble 9 to 9.1 s, predicted 2 to 3 s")


def test_too_long_names_the_term_whose_doubling_explains_it() -> None:
    found = compare(MOVES, seen(2.5, 2.6))
    assert found.confirmed is False
    assert found.term is MISSED
    assert '"three adverts are missed" twice as long would explain it' in found.told
    assert "lb-2:keepalived.conf:38" in found.told


def test_of_several_it_names_the_one_that_changes_least_and_says_so() -> None:
    found = compare(MOVES, seen(1.85, 1.9))
    assert found.term is SKEW
    assert "so would 1 other" in found.told


def test_too_short_names_the_term_whose_absence_explains_it() -> None:
    found = compare(SHARE, Measured(NONE, NONE))
    assert found.confirmed is False
    assert found.term is CHECKS
    assert "absent would explain it" in found.told


def test_what_no_term_explains_names_the_widest() -> None:
    found = compare(MOVES, seen(20, 21))
    assert found.term is MISSED
    assert "no one term explains it" in found.told


def test_where_nothing_was_expected_no_term_is_to_blame() -> None:
    assert compare(NOTHING, seen(0, 0.12)).confirmed
    found = compare(NOTHING, seen(3, 3.1))
    assert found.confirmed is False
    assert found.term is None
    assert "nothing should have failed" in found.told


def test_no_prediction_is_neither_right_nor_wrong() -> None:
    found = compare(replace(NOTHING, unknown="no file"), seen(3, 3.1))
    assert found.confirmed is None
    assert found.told == "not predictable: no file"


@pytest.mark.parametrize(
    ("budget", "certain"),
    [
        ({"longest_outage": 1.0}, [True]),
        ({"longest_outage": 1.5}, [False]),
        ({"longest_outage": 1.8}, []),
        ({"recover": 1.2, "longest_outage": 2.0}, [True]),
        ({"total_outage": 1.5}, [False]),
        # All fail: it is no degradation.
        ({"degradation": 0.1}, []),
    ],
)
def test_a_budget_that_cannot_be_met_is_told_beforehand(
    budget: dict[str, float], certain: list[bool]
) -> None:
    assert [one.certain for one in against(MOVES, budget)] == certain


def test_a_degradation_s_budget_is_told_as_well() -> None:
    (concern,) = against(SHARE, {"degradation": 1.0, "longest_outage": 5.0})
    assert concern.certain
    assert concern.told == ("api-read-new: degradation of 1 s cannot be met: predicted 2 to 3 s")
    assert [one.certain for one in against(SHARE, {"longest_outage": 1.0})] == [False]
    assert against(replace(SHARE, unknown="no file"), {"degradation": 1.0}) == ()


def summary(failed: set[int]) -> Summary:
    """10 s at 20 Hz of which some ticks fail."""
    samples = [
        Sample("p", k / 20, k / 20, k / 20 + 0.004, Outcome.CONNECT if k in failed else Outcome.OK)
        for k in range(200)
    ]
    span = Span(0.0, 10.0)
    every = outages(samples, unseen=Spans(), around=span)
    alone, degraded = degradations(every, samples, period=0.05, unseen=Spans())
    return Summary(
        probe=ProbeInfo("p", "p", "endpoint", 20.0, 1.0),
        span=span,
        samples=200,
        excluded=0,
        ok=200 - len(failed),
        failed=len(failed),
        classes={},
        latency=None,
        alone=alone,
        degradations=degraded,
        unseen=(),
        stalled=(),
    )


def test_what_is_measured_is_the_longest_of_each() -> None:
    assert Measured.of(summary(set())) == Measured(NONE, NONE)
    outage = Measured.of(summary(set(range(40, 60))))
    assert outage.outage == outage.trouble
    assert (outage.outage.least, outage.outage.most) == pytest.approx((0.95, 1.054))
    share = Measured.of(summary(set(range(40, 100, 3))))
    assert (share.outage.least, share.outage.most) == pytest.approx((0.0, 0.104))
    assert (share.trouble.least, share.trouble.most) == pytest.approx((2.85, 2.954))
    assert Measured.of(summary(set(range(150, 200)))).outage.most == INF


def test_a_workload_moves_after_grace_and_toleration() -> None:
    known = settings()
    assert length(unreachable(known)) == Interval(40, 55)
    # 350 s is the sources' figure: 50 s of grace and 300 s of toleration.
    assert length(evicted(known)) == Interval(340, 355)
    flags = {
        "cp-1": (
            component("cp-1", "kube-controller-manager", node_monitor_grace_period="20s"),
            component("cp-1", "kube-apiserver", default_unreachable_toleration_seconds="10"),
        )
    }
    assert length(evicted(replace(known, components=flags))) == Interval(20, 35)


def test_the_default_of_grace_is_the_version_s() -> None:
    known = settings()
    assert length(unreachable(replace(known, kubernetes="v1.31.4"))) == Interval(30, 45)
    unknown = replace(known, kubernetes=NotAvailable("nobody says"))
    assert length(unreachable(unknown)) == Interval(30, 55)


def test_a_lease_is_taken_over_after_its_duration_and_a_look() -> None:
    found = length(new_leader(settings(), "kube-scheduler"))
    assert (found.least, found.most) == pytest.approx((15 - 2, 15 + 4.4 + 4.4))
    flags = {
        "cp-1": (component("cp-1", "kube-scheduler", leader_elect_lease_duration="30s"),),
        "cp-2": (component("cp-2", "kube-scheduler"),),
    }
    found = length(new_leader(replace(settings(), components=flags), "kube-scheduler"))
    assert (found.least, found.most) == pytest.approx((15 - 2, 30 + 8.8))
