"""What several items ask of the machines."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.cluster.facts import NodeFact

CONTROL_PLANE, SPARE = "control-plane", "spare"


def is_control_plane(node: NodeFact) -> bool:
    """Whether the inventory or the API has it as a control plane."""
    kubernetes = node.kubernetes
    return CONTROL_PLANE in node.roles or (kubernetes is not None and kubernetes.control_plane)


def control_planes(nodes: Iterable[NodeFact]) -> tuple[NodeFact, ...]:
    """The control planes that serve: a spare one is joined and not (yet) behind the balancer."""
    return tuple(n for n in nodes if is_control_plane(n) and SPARE not in n.roles)


def zone_of(node: NodeFact) -> str | None:
    """Its zone: as the inventory has it, else as its label says."""
    return node.zone or (node.kubernetes.zone if node.kubernetes else None)
