"""What was promised, what a Prometheus of long standing has seen of it, and alerts too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chaos.cluster.facts import AlertRule, Facts, MonitoringFacts, Objectives, Route
from selftests.planted.recorded import changes as the
from selftests.planted.recording import Change, recorded

WINDOW = timedelta(days=30)


def kept(facts: Facts) -> Facts:
    """The sources' promises, and all of them kept for as long as they are for.

    A lab's own are what machines need that are broken on purpose.
    """
    facts = the.declared(objectives=Objectives())(facts)
    for name, value in (("api", 0.9999), ("etcd leader", 1.0), ("pod start", 4.0)):
        facts = measured(name, value)(facts)
    return facts


def measured(name: str, value: float) -> Change:
    """With this measured for an objective."""

    def change(facts: Facts) -> Facts:
        known: MonitoringFacts = the.known(facts.monitoring)
        objectives = the.where(
            known.objectives, lambda one: one.name == name, value=value, window=WINDOW
        )
        return the.of("monitoring", objectives=objectives)(facts)

    return change


@recorded("slo-api", r"^api: 0\.9981 over 30 days, promised 0\.999", first=kept)
def api_away_too_long(facts: Facts) -> Facts:
    """The API was away for 82 minutes of 30 days, and 43 were promised at most."""
    return measured("api", 0.9981)(facts)


@recorded("slo-etcd-leader", r"^etcd leader: 0\.9996 over 30 days, promised 1", first=kept)
def leaderless_now_and_then(facts: Facts) -> Facts:
    """etcd was without a leader for 17 minutes of 30 days, a few seconds at a time."""
    return measured("etcd leader", 0.9996)(facts)


@recorded("slo-pod-start", r"^pod start: 47 s over 30 days, promised 30 s", first=kept)
def pods_start_slowly(facts: Facts) -> Facts:
    """One Pod of twenty takes 47 s and longer to start: a failover is as slow."""
    return measured("pod start", 47.0)(facts)


@recorded(
    "alert-no-leader",
    r"^the rule EtcdNoLeader waits 180 min before it alerts: 15 min are enough",
)
def rule_that_waits(facts: Facts) -> Facts:
    """The alert that etcd has no leader was made to wait for three hours: it came too often."""
    known: MonitoringFacts = the.known(facts.monitoring)

    def is_it(rule: AlertRule) -> bool:
        return rule.name == "EtcdNoLeader"

    return the.of("monitoring", rules=the.where(known.rules, is_it, duration=timedelta(hours=3)))(
        facts
    )


@recorded(
    "alerts-reach-somebody",
    r"^the alert EtcdNoLeader is muted at all times by maintenance",
)
def maintenance_without_end(facts: Facts) -> Facts:
    """Alerts were muted for some work on the machines, and the interval was given no end."""
    known: MonitoringFacts = the.known(facts.monitoring)
    first, *_ = the.known(known.receivers)
    rules = tuple(replace(one, labels={"severity": "critical"}) for one in known.rules)
    route = Route(receiver=first, routes=(Route(receiver=first, muted="maintenance"),))
    return the.of("monitoring", rules=rules, route=route)(facts)
