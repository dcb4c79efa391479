"""Faults: what one is, and how it is found.

A fault is one file in this folder with one subclass of `Fault`; nothing else has to be edited. Its
`actions` are data, POSIX shell for each node, which `chaos.safety` carries out: so the dead man on
the node can take the fault away with nobody connected. A fault never waits for recovery and never
judges.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import ClassVar

from chaos.measure.budget import Budget
from chaos.registry import by_name, classes
from chaos.safety.plan import NodeAction, Plan

KILL = "kill"
SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetNode:
    """A node that the target was resolved to, as far as a fault needs to know it."""

    name: str
    address: str
    roles: frozenset[str]
    zone: str = ""

    @property
    def is_control_plane(self) -> bool:
        """Kubernetes' own components run here."""
        return "control-plane" in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who a fault is done to, and what of the cluster it has to know.

    Attributes:
        targets: the nodes that the target was resolved to.
        etcd: `stacked` (static Pods), `systemd` or `external`.
        virtual_ip: the endpoint's address, where balancers share one.
        pods: Pod networks of the targets, as CIDR, where Pods' packets are routed as they are.
        units: units that have another name here than usual: {"etcd": "etcd-server"}.
        still: shell for each target that exits other than 0, and prints why, if it is not the
            target any more: the leader may have changed. Asked under the fence's lock.
    """

    targets: tuple[TargetNode, ...]
    etcd: str = "stacked"
    virtual_ip: str = ""
    pods: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    still: str = ""

    def unit(self, name: str) -> str:
        """What a unit is called here, with its suffix."""
        called = self.units.get(name, name)
        return called if "." in called else f"{called}.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """What a fault takes while it lasts: names of nodes, by what they lose."""

    etcd_voters: frozenset[str] = frozenset()
    control_planes: frozenset[str] = frozenset()
    balancers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requires:
    """What a cluster must have for a fault to say something.

    Attributes:
        capabilities: of the target's nodes: `systemd`, `containerd`, `nft`, `keepalived`.
        control_planes, workers, balancers, zones: how many at least.
    """

    capabilities: frozenset[str] = frozenset({"systemd"})
    control_planes: int = 0
    workers: int = 0
    balancers: int = 0
    zones: int = 0


class Fault(ABC):
    """One cause. The docstring of each says what is expected to survive it, and why.

    Attributes:
        name: what it is called in inventories, reports and on the command line.
        requires: what the cluster must have.
        targets: the kinds of target that it can be done to.
        variants: `kill`, where peers get a reset; `silent`, where they get nothing.
        renewable: False if it may cut the runner off from the node.
        shows_within: how long its evidence may take to show. What needs traffic takes longer.
        budget: what every judged probe may suffer, where that is less than the sources allow.
    """

    name: ClassVar[str]
    requires: ClassVar[Requires] = Requires()
    targets: ClassVar[tuple[str, ...]]
    variants: ClassVar[tuple[str, ...]] = (KILL,)
    renewable: ClassVar[bool] = True
    shows_within: ClassVar[timedelta] = timedelta(seconds=10)
    budget: ClassVar[Budget] = Budget()

    @abstractmethod
    def blast(self, scene: Scene) -> Blast:
        """What it takes."""

    @abstractmethod
    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:
        """The scripts for one node: precheck, inject, undo, manifested, projection."""

    @property
    def survives(self) -> str:
        """What is expected to survive, and why."""
        return inspect.getdoc(type(self)) or ""

    def plan(self, scene: Scene, *, variant: str, hold: timedelta) -> Plan:
        """What would be done, to whom, as data; touches nothing.

        Raises:
            ValueError: it has no such variant, or there is no target.
        """
        if variant not in self.variants:
            raise ValueError(f"{self.name} has no variant {variant}: {', '.join(self.variants)}.")
        if not scene.targets:
            raise ValueError(f"{self.name} has no target.")
        return Plan(
            fault=self.name,
            variant=variant,
            hold=hold,
            actions=tuple(
                replace(action, precheck=f"{action.precheck}\n{scene.still}\n")
                for action in (self.action(target, scene, variant) for target in scene.targets)
            ),
            renewable=self.renewable,
        )


@cache
def registry() -> Mapping[str, Fault]:
    """All faults by name: of each module in this folder, but those whose names begin with `_`.

    Raises:
        ValueError: two have one name.
    """
    every = (kind() for kind in classes(__name__) if issubclass(kind, Fault))
    return by_name(every, "faults")
