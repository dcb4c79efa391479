"""What would be left of etcd's voters without a place: a host, a zone, a region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chaos.cluster.facts import EtcdFacts, NodeFact
from chaos.conformance.etcd import name_of
from chaos.conformance.machines import zone_of

REGION = "topology.kubernetes.io/region"
Standing = Mapping[str, str | None]
"""By machine, the place that it stands in; None where nobody says it."""


def left_without(place: str, standing: Standing, etcd: EtcdFacts) -> int:
    """How many voters would still answer, among them those that stand nobody knows where."""
    return sum(etcd.answering(m) and standing.get(m.node or "") != place for m in etcd.voters)


def held_by(place: str, standing: Standing, etcd: EtcdFacts) -> list[str]:
    """The voters that stand there."""
    return [name_of(m) for m in etcd.voters if standing.get(m.node or "") == place]


def unplaced(standing: Standing, etcd: EtcdFacts) -> list[str]:
    """The voters of which nobody says where they stand."""
    return [name_of(m) for m in etcd.voters if not standing.get(m.node or "")]


def by_host(nodes: Iterable[NodeFact]) -> Standing:
    """The hosts that the inventory names."""
    return {node.name: node.host for node in nodes}


def by_zone(nodes: Iterable[NodeFact]) -> Standing:
    """The zones, by inventory or by label."""
    return {node.name: zone_of(node) for node in nodes}


def by_region(nodes: Iterable[NodeFact]) -> Standing:
    """The regions, by label; of a machine that is no node, that of the others in its zone."""
    all_of_them = tuple(nodes)
    own = {n.name: n.kubernetes.labels.get(REGION) for n in all_of_them if n.kubernetes}
    of_zone = {zone_of(n): own[n.name] for n in all_of_them if own.get(n.name) and zone_of(n)}
    return {n.name: own.get(n.name) or of_zone.get(zone_of(n)) for n in all_of_them}
