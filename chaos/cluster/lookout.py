"""What targets ask of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chaos.cluster.facts import EtcdFacts
from chaos.cluster.inventory import Inventory


class Named(Protocol):
    """Something with a node's name."""

    @property
    def name(self) -> str: ...


class Lookout(Protocol):
    """What targets ask of a cluster: chaos.cluster.cluster.Cluster, or a stand-in for it."""

    @property
    def inventory(self) -> Inventory: ...

    def etcd_facts(self) -> EtcdFacts:
        """etcd's members now."""

    def holders(self) -> Sequence[Named]:
        """Who has the endpoint's address now."""
