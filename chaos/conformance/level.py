"""Where a cluster stands on the ladder of availability."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import control_planes, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

REGION = "topology.kubernetes.io/region"
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: what it is called, and what leads from it to the next."""

    name: str
    up: str
    enough: bool


ONE_NODE = Rung("one node", "a second machine, and three control planes behind a balancer", False)
ONE = Rung("one control plane", "three control planes with three members of etcd", False)
PLACE = Rung("several control planes in one place", "one control plane in each of 3 zones", True)
ZONES = Rung("several control planes over zones", "a second cluster in another region", True)
REGIONS = Rung("several control planes over regions", "a second cluster, with traffic split", True)


def level(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The cluster stands on a rung from which one machine may be lost.

    What there is counts, not what is declared: a zone too many that takes the quorum with it is
    none.
    """
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = [node for node in facts.nodes if node.kubernetes is not None]
    if not nodes:
        return not_covered("the nodes", "the API has none")
    there = [n for n in control_planes(nodes) if n.kubernetes and n.kubernetes.ready]
    if inventory.managed:
        return not_covered("the control planes", f"{inventory.managed} runs them, out of sight")
    rung, why = _rung(facts, nodes, there, findings)
    told = f"{rung.name}: {why}"
    if rung.enough:
        findings.good += [told, f"the next step up: {rung.up}"]
    else:
        findings.wrong += [told, f"the next step up: {rung.up}"]
    return findings.outcome()


def _rung(
    facts: Facts, nodes: list[NodeFact], there: list[NodeFact], findings: Findings
) -> tuple[Rung, str]:
    names = listed(node.name for node in there)
    planes = f"{counted(len(there), 'control plane')} Ready ({names})"
    if len(nodes) == 1:
        return ONE_NODE, f"{nodes[0].name} is all there is"
    voters = 0
    if isinstance(facts.etcd, NotAvailable):
        findings.gap("etcd's members, which count as well", facts.etcd)
    else:
        voters = len(facts.etcd.voters)
        planes += f", {counted(voters, 'voter')} of etcd"
        if voters < FEWEST:
            return ONE, f"{planes}: without one of them nothing is decided"
    if len(there) < FEWEST:
        return ONE, f"{planes}: three are needed for one to be lost"
    zones = {zone_of(node) for node in there}
    if None in zones or len(zones) < 2:
        return PLACE, f"{planes}, all in {listed(str(zone) for zone in zones if zone) or 'no zone'}"
    planes += f", over the zones {listed(sorted(str(zone) for zone in zones))}"
    if fatal := _fatal(facts, there):
        return PLACE, f"{planes}; without {fatal} no quorum is left"
    regions = {n.kubernetes.labels.get(REGION) for n in there if n.kubernetes} - {None}
    if len(regions) > 1:
        return REGIONS, f"{planes}, and the regions {listed(sorted(str(r) for r in regions))}"
    return ZONES, planes


def _fatal(facts: Facts, there: list[NodeFact]) -> str:
    """A zone whose loss takes the quorum, or every apiserver, with it; empty if there is none."""
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    zones = {node.name: zone_of(node) for node in nodes}
    for zone in sorted({str(zone_of(node)) for node in there}):
        if all(zone_of(node) == zone for node in there):
            return zone
        if not isinstance(facts.etcd, NotAvailable):
            left = sum(zones.get(m.node or "") != zone for m in facts.etcd.voters)
            if left < facts.etcd.quorum:
                return zone
    return ""
