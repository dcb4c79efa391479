"""Workloads that must survive, and the budgets that hold drains back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.cluster.facts.scheduling import Requirement, Toleration


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
        waiting: why a container of it does not run (`ImagePullBackOff`, …).
        started: how long from when it had a node until its last container ran; None where one was
            started again since, and while it is not ready.
    """

    pod: str
    node: str | None
    ready: bool
    waiting: str = ""
    started: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of a workload.

    Args:
        requests, limits: as the API has filled them in; what its Pod has as a whole is its own too.
        kind: `init` where it ends before the others begin, `sidecar` where it goes on beside them.
        given: whether it is none of the template's: something put it into the Pods.
    """

    name: str
    image: str
    pull: str = "IfNotPresent"
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    readiness: bool = False
    liveness: bool = False
    kind: str = ""
    given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of a workload that keeps something.

    Args:
        kind: `claim` or `hostPath`.
        name: the claim's, or the path.
        modes: how it may be attached (`ReadWriteOnce`, …).
        node_bound: what binds the volume's data to one node, whatever its labels: `hostPath`.
        reach: the terms of which a node that attaches it must meet one; empty: any node may.
        shared: whether all Pods of the workload have this one; else each has its own.
        zones: those that it can be attached in; empty: any.
        binding: its class's `volumeBindingMode`.
        missing: why nothing more is known of it.
    """

    kind: str
    name: str
    storage_class: str = ""
    modes: tuple[str, ...] = ()
    node_bound: str = ""
    reach: tuple[tuple[Requirement, ...], ...] = ()
    shared: bool = False
    zones: tuple[str, ...] = ()
    binding: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A Deployment or StatefulSet that must survive.

    Args:
        critical: why: the inventory names its namespace, the namespace's label, cluster DNS.
        replicas: how many are wanted.
        anti_affinity, spread: what is declared to keep its Pods apart.
        pods: those that are not ending.
        priority: of its class, as its Pods have it.
        selector, anywhere: what it asks of a node's labels; of `anywhere` one list must hold.
        borne: what its Pods tolerate, each once: the API gives them more than the template says.
        readied: how long from when the last Pod of its newest release had a node until all of them
            were ready; None: not known.
        strategy: how a release replaces its Pods (`RollingUpdate`, …); empty: not known.
        max_unavailable, max_surge: of a RollingUpdate: a number or a percentage, as written.
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
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    priority_class: str = ""
    priority: int | None = None
    tolerations: tuple[Toleration, ...] = ()
    selector: Mapping[str, str] = field(default_factory=dict)
    anywhere: tuple[tuple[Requirement, ...], ...] = ()
    borne: tuple[tuple[Toleration, ...], ...] = ()
    readied: timedelta | None = None
    strategy: str = ""
    max_unavailable: str | None = None
    max_surge: str | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisruptionBudget:
    """A PodDisruptionBudget.

    Args:
        selects: the workloads above (as text) whose Pods it selects.
        min_available, max_unavailable: a number or a percentage, as written.
        allowed: how many Pods may go now; healthy, desired, expected: as its status counts Pods.
        reason: of its condition DisruptionAllowed (`SyncFailed`, …); empty: not known.
        overlaps: the names of those that select a Pod of it as well.
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
    reason: str = ""
    overlaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesNode:
    """A node as the API has it.

    Args:
        zone: its label topology.kubernetes.io/zone.
        addresses: all that it is known by, its IP addresses alone.
        taints: as `KEY=VALUE:EFFECT`.
        conditions: by type, `True`, `False` or `Unknown`.
        cpu, memory, pods: what Pods may ask for: thousandths of a processor, bytes, how many.
        gives: what else they may ask for, by its name, as `ephemeral-storage`.
        capacity_cpu, capacity_memory, capacity_disk: what the machine has.
        images: the names of those that it has, by tag and by digest.
        images_told: how many those are; kubelet tells 50 by default. 0: not known.
        machine, boot: the machine's id, and that of its last boot.
        runtime, kernel, system: what runs it, as `containerd://2.3.7`.
        families: 4 and 6, those of its Pods' addresses; empty where that is not known.
    """

    ready: bool
    schedulable: bool
    control_plane: bool
    zone: str | None
    kubelet: str
    labels: Mapping[str, str]
    addresses: tuple[str, ...] = ()
    taints: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    cpu: int = 0
    memory: int = 0
    pods: int = 0
    gives: Mapping[str, int] = field(default_factory=dict)
    capacity_cpu: int = 0
    capacity_memory: int = 0
    capacity_disk: int = 0
    images: tuple[str, ...] = ()
    images_told: int = 0
    machine: str = ""
    boot: str = ""
    runtime: str = ""
    kernel: str = ""
    system: str = ""
    families: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFact:
    """A machine.

    Args:
        roles, zone: as the inventory has them.
        declared: whether the inventory has it at all.
        kubernetes: None where the API has no node of this name.
        host: the hypervisor or chassis that it stands on, where the inventory names it.
    """

    name: str
    address: str
    roles: tuple[str, ...]
    zone: str | None
    declared: bool
    kubernetes: KubernetesNode | None
    host: str | None = None
