"""Workloads that must survive, and the budgets that hold drains back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A rule that keeps a workload's Pods apart.

    Args:
        topology_key: the node label over whose values they are kept apart.
        required: whether the scheduler must keep it, or would like to.
        own: whether its selector selects the workload's own Pods; else it keeps nothing apart.
        max_skew: of a topology spread constraint; 0 for an anti-affinity.
    """

    topology_key: str
    required: bool
    own: bool
    max_skew: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a Pod is.

    Args:
        node: None while it has none.
    """

    pod: str
    node: str | None
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment or StatefulSet that must survive.

    Args:
        critical: why: the inventory names its namespace, the namespace's label, cluster DNS.
        replicas: how many are wanted.
        anti_affinity, spread: what is declared to keep its Pods apart.
        pods: those that are not ending.
    """

    kind: str
    namespace: str
    name: str
    critical: str
    replicas: int
    ready: int
    anti_affinity: tuple[Apart, ...]
    spread: tuple[Apart, ...]
    pods: tuple[Place, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionBudget:
    """A PodDisruptionBudget.

    Args:
        selects: the workloads above (as text) whose Pods it selects.
        min_available, max_unavailable: a number or a percentage, as written.
        allowed: how many Pods may go now; healthy, desired, expected: as its status counts Pods.
    """

    namespace: str
    name: str
    selects: tuple[str, ...]
    min_available: str | None
    max_unavailable: str | None
    allowed: int
    healthy: int
    desired: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesNode:
    """A node as the API has it.

    Args:
        zone: its label topology.kubernetes.io/zone.
        taints: as `KEY=VALUE:EFFECT`.
    """

    ready: bool
    schedulable: bool
    control_plane: bool
    zone: str | None
    kubelet: str
    labels: Mapping[str, str]
    taints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFact:
    """A machine.

    Args:
        roles, zone: as the inventory has them.
        declared: whether the inventory has it at all.
        kubernetes: None where the API has no node of this name.
    """

    name: str
    address: str
    roles: tuple[str, ...]
    zone: str | None
    declared: bool
    kubernetes: KubernetesNode | None
