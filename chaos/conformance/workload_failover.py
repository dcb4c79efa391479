"""How long a critical workload's Pod is away when its node dies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, NotAvailable, Toleration, Workload
from chaos.conformance.critical import critical
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import go_time, told
from chaos.conformance.workload_storage import by_many

MANAGER, GRACE = "kube-controller-manager", "node-monitor-grace-period"
GONE = "node.kubernetes.io/unreachable=:NoExecute"
# What the admission plugin DefaultTolerationSeconds gives to Pods that say nothing.
TOLERATED = timedelta(seconds=300)
# Kubernetes 1.32 made it 50 s, to be more than an HTTP/2 connection's time-out of 45 s.
LONGER_SINCE = 32


def away_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The node's grace, the Pod's toleration and its start together fit the budget."""
    findings, budget = Findings(), inventory.objectives.workload
    grace = _grace(facts, findings)
    for workload in critical(facts, inventory, findings):
        if grace is None:
            continue
        tolerated = _tolerated(workload)
        starts = [p.started for p in workload.pods if p.started is not None]
        if tolerated is None:
            findings.wrong.append(f"{workload} stays on a dead node: it tolerates that for ever")
        elif workload.kind == "StatefulSet":
            why = "a StatefulSet's Pod is made anew only when somebody removes the dead node"
            findings.gap(f"how long a Pod of {workload} is away", why)
        elif not starts:
            findings.gap(f"how long a Pod of {workload} takes to start", "no start was seen whole")
        else:
            _away(workload, grace, tolerated, max(starts), budget, findings)
    return findings.outcome()


def _away(
    workload: Workload,
    grace: timedelta,
    tolerated: timedelta,
    ran: timedelta,
    budget: timedelta,
    findings: Findings,
) -> None:
    """How long a Pod of it is away at least, and whether that is all."""
    # Of a release whose Pods came one by one, or that was held up, it is more than one took.
    start = max(ran, workload.readied or ran)
    if grace + tolerated + start > budget >= grace + tolerated + ran:
        why = f"it ran after {told(ran)}, and its release was complete after {told(start)}"
        findings.gap(f"how long a Pod of {workload} takes to be ready", why)
        return
    away = grace + tolerated + start
    what = (
        f"a Pod of {workload} is away for {told(away)} (grace {told(grace)}, toleration "
        f"{told(tolerated)}, start {told(start)})"
    )
    alone = [v.name for v in workload.volumes if v.kind == "claim" and not by_many(v)]
    if away > budget:
        findings.wrong.append(f"{what}, and {told(budget)} are allowed")
    elif alone:
        why = f"{listed(alone)} may have to be taken from the dead node, which takes 6 min more"
        findings.gap(what, why)
    else:
        findings.good.append(f"{what}, of {told(budget)}")


def _grace(facts: Facts, findings: Findings) -> timedelta | None:
    """How long a node may be silent, as the controller-managers have it: the longest."""
    found, seen = [], False
    for node, components in facts.components.items():
        if isinstance(components, NotAvailable):
            continue
        for component in components:
            if component.name == MANAGER:
                seen = True
                text = component.flags.get(GRACE)
                time = go_time(text) if text else _default(facts)
                if time is None:
                    findings.gap(f"{GRACE} on {node}", f'"{text}" is no duration')
                else:
                    found.append(time)
    if not seen:
        findings.gap(f"--{GRACE}", f"no {MANAGER} was seen")
    return max(found, default=None)


def _default(facts: Facts) -> timedelta:
    version = "" if isinstance(facts.kubernetes, NotAvailable) else facts.kubernetes
    minor = re.match(r"v1\.(\d+)", version)
    longer = minor is None or int(minor[1]) >= LONGER_SINCE
    return timedelta(seconds=50 if longer else 40)


def _tolerated(workload: Workload) -> timedelta | None:
    """How long its Pods bear that their node is unreachable, the longest; None: for ever.

    What the API gave them counts; where there are none it is foretold.
    """
    times = [_borne(one, timedelta()) for one in workload.borne]
    times = times or [_borne(workload.tolerations, TOLERATED)]
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def _borne(tolerations: Iterable[Toleration], otherwise: timedelta) -> timedelta | None:
    """How long one bears it, and where it says nothing of it; None: for ever."""
    mine = [one for one in tolerations if one.tolerates(GONE)]
    if not mine:
        return otherwise
    times = [one.seconds for one in mine if one.seconds is not None]
    return timedelta(seconds=max(0, min(times))) if times else None
