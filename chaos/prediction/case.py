"""What is predicted for: one fault on its target, met by one probe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chaos.cluster.facts import NotAvailable
from chaos.cluster.settings import Settings
from chaos.prediction.client import Client

KILL, SILENT = "kill", "silent"


class Struck(Protocol):
    """A node that a fault is done to; chaos.faults.TargetNode is one."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...


class Stage(Protocol):
    """Who a fault is done to; chaos.faults.Scene is one."""

    @property
    def targets(self) -> Sequence[Struck]: ...
    @property
    def etcd(self) -> str: ...
    @property
    def virtual_ip(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Case:
    """One fault on one stage, as one client meets it."""

    variant: str
    stage: Stage
    settings: Settings
    client: Client

    def having(self, *roles: str) -> list[Struck]:
        """The targets with one of these roles."""
        return [node for node in self.stage.targets if node.roles & set(roles)]

    @property
    def balancers(self) -> frozenset[str]:
        """The balancers among the targets."""
        return frozenset(node.name for node in self.having("load-balancer"))

    @property
    def holder(self) -> bool | None:
        """Whether the virtual IP's holder is among the targets; None: that is not known."""
        found = self.settings.holder
        return None if isinstance(found, NotAvailable) else found in self.balancers

    @property
    def leader(self) -> bool | None:
        """Whether etcd's leader is among the targets; None: that is not known."""
        found = self.settings.leader
        if isinstance(found, NotAvailable):
            return None
        return any(node.name == found for node in self.stage.targets)
