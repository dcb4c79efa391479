"""What was promised, and what a Prometheus of long standing has seen of it."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Facts, MonitoringFacts, Objectives
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
