"""What is left of a critical workload when a node, or a zone, is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from chaos.cluster.facts import Declared, Facts, NotAvailable, Workload
from chaos.conformance.critical import critical, not_judged
from chaos.conformance.machines import zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed


def replicas_are_there(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Two replicas or more are wanted, and as many as are wanted are ready."""
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        told = f"{workload}: {workload.ready} of {counted(workload.replicas, 'replica')} ready"
        waiting = [f"{p.pod} ({p.waiting})" for p in workload.pods if p.waiting]
        if not workload.replicas:
            findings.wrong.append(f"{workload} is scaled to 0: no name is resolved")
        elif workload.replicas < 2:
            findings.wrong.append(f"{told}: one alone is gone with its node")
        elif workload.ready < workload.replicas:
            why = f"; waiting: {listed(waiting)}" if waiting else ""
            findings.wrong.append(f"{told}{why}")
        else:
            findings.good.append(told)
    for owner in not_judged(facts, inventory):
        findings.gap(owner, "Deployments and StatefulSets are looked at, and nothing else")
    return findings.outcome()


def any_node_may_go(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Without any one node, a ready Pod is left of each."""
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        on = _ready(workload)
        _left(workload, on, "the node", findings)
    return findings.outcome()


def any_zone_may_go(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Without any one zone, a ready Pod is left of each."""
    findings = Findings()
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the nodes", facts.nodes)
        return findings.outcome()
    zones = {node.name: zone_of(node) for node in facts.nodes}
    for workload in critical(facts, inventory, findings):
        by_zone: Counter[str] = Counter()
        unknown = False
        for node, count in _ready(workload).items():
            zone = zones.get(node)
            if zone is None:
                findings.gap(f"the zone of {workload}", f"nobody says where {node} stands")
                unknown = True
            else:
                by_zone[zone] += count
        if not unknown:
            _left(workload, by_zone, "the zone", findings)
    return findings.outcome()


def _ready(workload: Workload) -> Counter[str]:
    return Counter(place.node for place in workload.pods if place.ready and place.node)


def _left(workload: Workload, by: Mapping[str, int], what: str, findings: Findings) -> None:
    """Whether something is left without any one of these."""
    total = sum(by.values())
    if not total:
        findings.wrong.append(f"{workload} has no ready Pod at all")
        return
    fatal = [name for name, count in sorted(by.items()) if count == total]
    told = listed(f"{name} {count}" for name, count in sorted(by.items()))
    if fatal:
        findings.wrong.append(f"without {what} {fatal[0]} nothing is left of {workload} ({told})")
    else:
        worst = max(by.values())
        findings.good.append(f"{workload}: {told}; without the worst, {total - worst} are left")
