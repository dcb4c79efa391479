"""What would be left of the control plane, zone by zone."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import SPARE, is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.programs import APISERVER, MANAGER, SCHEDULER, running


def leaves_control_plane(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Without any one zone a quorum, an apiserver, a scheduler, a controller-manager are left.

    Those that run now count, on nodes that are Ready.
    """
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = {n.name: n for n in facts.nodes}
    zones = sorted({z for n in nodes.values() if (z := zone_of(n))})
    if not zones:
        findings.wrong.append("no machine stands in a zone: all are lost together")
        return findings.outcome()
    places: dict[str, list[NodeFact]] = {}
    for name in (APISERVER, SCHEDULER, MANAGER):
        on = {one.node for one in running(name, facts, findings)}
        places[name] = [n for n in nodes.values() if n.name in on and _serves(n)]
        if not places[name] and not _unseen(facts, nodes):
            where = f", but on {listed(sorted(on))}" if on else ""
            findings.wrong.append(f"no {name} runs on a node that is Ready and not spare{where}")
    for zone in zones:
        _without(zone, facts, nodes, places, findings)
    return findings.outcome()


def _unseen(facts: Facts, nodes: dict[str, NodeFact]) -> list[NodeFact]:
    """Where any program may serve for all that is known; everywhere, if no control plane is."""
    planes = [node for node in nodes.values() if is_control_plane(node)]
    unseen = [n for n in planes if not isinstance(facts.components.get(n.name), tuple)]
    return [n for n in unseen if _serves(n)] if planes else list(nodes.values())


def _serves(node: NodeFact) -> bool:
    return node.kubernetes is not None and node.kubernetes.ready and SPARE not in node.roles


def _without(
    zone: str,
    facts: Facts,
    nodes: dict[str, NodeFact],
    places: dict[str, list[NodeFact]],
    findings: Findings,
) -> None:
    wrong, left = [], []
    for name, on in places.items():
        others = [n.name for n in on if zone_of(n) != zone]
        if others:
            left.append(f"{name} on {listed(others)}")
        elif on and not any(zone_of(n) != zone for n in _unseen(facts, nodes)):
            wrong.append(f"no {name} (all run there: {listed(n.name for n in on)})")
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        findings.gap(f"etcd without the zone {zone}", etcd)
    else:
        unknown = [m for m in etcd.voters if not (m.node in nodes and zone_of(nodes[m.node]))]
        if unknown:
            names = listed(m.name or m.id for m in unknown)
            findings.gap(f"etcd without the zone {zone}", f"nobody says where {names} stand")
        stay = [
            m
            for m in etcd.voters
            if m.node in nodes and zone_of(nodes[m.node]) != zone and etcd.answering(m)
        ]
        of = f"{len(stay)} voters of etcd, and a quorum is {etcd.quorum}"
        (left if len(stay) >= etcd.quorum or unknown else wrong).append(of)
    if wrong:
        findings.wrong.append(f"without the zone {zone} there is {'; '.join(wrong)}")
    elif left:
        findings.good.append(f"without the zone {zone} are left: {'; '.join(left)}")
