"""Where the control plane stands."""

from __future__ import annotations

from collections import Counter

from chaos.cluster.facts import Declared, EtcdFacts, Facts, NodeFact, NotAvailable
from chaos.conformance.control_planes import ELSEWHERE, elsewhere
from chaos.conformance.etcd import name_of
from chaos.conformance.machines import control_planes, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

FEWEST = 3


def control_planes_over_zones(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Three control planes or more, over zones of which any may be lost.

    What is lost with a zone must leave a control plane, and etcd its quorum.
    """
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    if elsewhere(facts.nodes, inventory):
        return not_covered("the control planes", ELSEWHERE)
    findings = Findings()
    there = _there(control_planes(facts.nodes), findings)
    told = f"{counted(len(there), 'control plane')} ({listed(n.name for n in there)})"
    (findings.good if len(there) >= FEWEST else findings.wrong).append(told)
    _zones(there, findings)
    if isinstance(facts.etcd, NotAvailable):
        findings.gap("where etcd's voters stand", facts.etcd)
    else:
        _quorum(facts.etcd, facts.nodes, findings)
    return findings.outcome()


def _there(nodes: tuple[NodeFact, ...], findings: Findings) -> list[NodeFact]:
    """Those that are Ready; what is declared alone does not count."""
    there = []
    for node in nodes:
        if node.kubernetes is None:
            findings.wrong.append(f"{node.name} is declared, and the API has no such node")
        elif not node.kubernetes.ready:
            findings.wrong.append(f"{node.name} is not Ready")
        else:
            there.append(node)
    return there


def _zones(nodes: list[NodeFact], findings: Findings) -> None:
    zones: Counter[str] = Counter()
    for node in nodes:
        label = node.kubernetes.zone if node.kubernetes else None
        zone = zone_of(node)
        if zone is None:
            findings.wrong.append(f"nobody says which zone {node.name} stands in")
            continue
        zones[zone] += 1
        if label is not None and label != zone:
            findings.wrong.append(
                f"{node.name} stands in zone {zone} by the inventory and in {label} by its label"
            )
    told = "control planes by zone: " + listed(f"{z} {n}" for z, n in sorted(zones.items()))
    if len(zones) > 1:
        findings.good.append(told)
    elif zones:
        findings.wrong.append(f"all control planes stand in the zone {next(iter(zones))}")


def _quorum(etcd: EtcdFacts, nodes: tuple[NodeFact, ...], findings: Findings) -> None:
    by_name = {node.name: node for node in nodes}
    zones: Counter[str] = Counter()
    for member in etcd.voters:
        node = by_name.get(member.node or "")
        zone = zone_of(node) if node else None
        if zone is None:
            findings.gap(f"the zone of etcd's member {name_of(member)}", "nobody says it")
        else:
            zones[zone] += 1
    voters = len(etcd.voters)
    fatal = {z: n for z, n in sorted(zones.items()) if voters - n < etcd.quorum}
    for zone, count in fatal.items():
        left = voters - count
        findings.wrong.append(
            f"zone {zone} holds {count} of {counted(voters, 'voter')} of etcd: "
            f"without it {left} {'is' if left == 1 else 'are'} left, and a quorum is {etcd.quorum}"
        )
    if zones and not fatal:
        by_zone = listed(f"{z} {n}" for z, n in sorted(zones.items()))
        findings.good.append(f"etcd's voters by zone: {by_zone}; without any one a quorum is left")
