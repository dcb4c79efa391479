"""Where a cluster stands on the ladder of availability."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered
from chaos.conformance.standing import Standing, by_region, by_zone, left_without, unplaced

FEWEST = 3


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: what it is called, and what leads from it to the next."""

    name: str
    up: str
    enough: bool


ONE_NODE = Rung("one node", "a second machine, and three control planes behind a balancer", False)
ONE = Rung("one control plane", "three control planes with three members of etcd", False)
PLACE = Rung(
    "several control planes in one place",
    "a control plane and a voter of etcd in each of 3 zones, so that any may be lost",
    True,
)
ZONES = Rung(
    "several control planes over zones",
    "over 3 regions with one etcd, where they are near enough for it; else a second cluster",
    True,
)
REGIONS = Rung(
    "several control planes over regions",
    "a second cluster with an etcd of its own, with traffic split",
    True,
)


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
    rung, why = _rung(facts, there, findings)
    told = f"{rung.name}: {why}"
    if rung.enough:
        findings.good += [told, f"the next step up: {rung.up}"]
    else:
        findings.wrong += [told, f"the next step up: {rung.up}"]
    return findings.outcome()


def _rung(facts: Facts, there: list[NodeFact], findings: Findings) -> tuple[Rung, str]:
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    names = listed(node.name for node in there)
    planes = f"{counted(len(there), 'control plane')} Ready ({names})"
    known = [node.name for node in nodes if node.kubernetes]
    if len(known) == 1:
        return ONE_NODE, f"{known[0]} is all there is"
    voters = 0
    if isinstance(facts.etcd, NotAvailable):
        findings.gap("etcd's members, which count as well", facts.etcd)
    else:
        voters = len(facts.etcd.voters)
        planes += f", {counted(voters, 'voter')} of etcd"
        answer = sum(map(facts.etcd.answering, facts.etcd.voters))
        if answer < voters:
            planes += f", of which {answer} {'answers' if answer == 1 else 'answer'}"
        if voters < FEWEST or answer - 1 < facts.etcd.quorum:
            return ONE, f"{planes}: without one of them nothing is decided"
    if len(there) < FEWEST:
        return ONE, f"{planes}: three are needed for one to be lost"
    zones = by_zone(nodes)
    found = {zones[node.name] for node in there}
    if None in found or len(found) < 2:
        return PLACE, f"{planes}, all in {listed(str(zone) for zone in found if zone) or 'no zone'}"
    planes += f", over the zones {listed(sorted(str(zone) for zone in found))}"
    if fatal := _fatal("zone", zones, facts, there, findings):
        return PLACE, f"{planes}; {fatal}"
    regions = by_region(nodes)
    several = {regions[node.name] for node in there} - {None}
    if len(several) < 2:
        return ZONES, planes
    planes += f", and the regions {listed(sorted(str(region) for region in several))}"
    if fatal := _fatal("region", regions, facts, there, findings):
        return ZONES, f"{planes}; {fatal}"
    return REGIONS, planes


def _fatal(
    what: str, standing: Standing, facts: Facts, there: list[NodeFact], findings: Findings
) -> str:
    """A place whose loss takes the quorum, or every apiserver, with it; empty if there is none."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return ""
    if unknown := unplaced(standing, etcd):
        findings.gap(f"the {what} of etcd's {listed(unknown)}", "nobody says it")
    places = {standing.get(node.name) for node in there}
    places |= {standing.get(member.node or "") for member in etcd.voters}
    for place in sorted(str(place) for place in places if place):
        if all(standing.get(node.name) == place for node in there):
            return f"without {place} no apiserver is left"
        if left_without(place, standing, etcd) < etcd.quorum:
            return f"without {place} no quorum is left"
    return ""
