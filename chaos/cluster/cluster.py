r"""A cluster as Holdfast sees it: its machines, its API, its etcd. Its state is never cached.

>>> cluster = Cluster(load(Path("clusters/staging.yaml")))
>>> cluster.node("cp-1").run("hostname").out
'cp-1\n'
>>> cluster.etcd.look().leader.node
'cp-2'
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, partial

from chaos.cluster.access import ApiAccess
from chaos.cluster.addresses import has_address
from chaos.cluster.etcd import Etcd
from chaos.cluster.facts import EtcdFacts
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.kubeconfig import Kubeconfig
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.unreachable import NodeError
from chaos.errors import HoldfastError

ASKING = timedelta(seconds=10)


class Cluster:
    """What an inventory describes. Making one reaches nothing.

    Args:
        inventory: which cluster.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.nodes = tuple(Node.of(part, folder=inventory.folder) for part in inventory.nodes)
        self._lock = threading.Lock()

    def node(self, name: str) -> Node:
        """The node of this name.

        Raises:
            InventoryError: there is none.
        """
        self.inventory.node(name)
        return next(n for n in self.nodes if n.name == name)

    def with_role(self, *roles: Role) -> tuple[Node, ...]:
        """The nodes that have one of these roles, in the inventory's order."""
        return tuple(n for n in self.nodes if n.roles & set(roles))

    def in_zone(self, zone: str) -> tuple[Node, ...]:
        """The nodes of a zone."""
        return tuple(n for n in self.nodes if n.zone == zone)

    def api(self) -> ApiAccess:
        """How to reach the API through its endpoint, as plain data.

        Raises:
            KubeconfigError: the kubeconfig is missing or cannot be used.
            HoldfastError: its certificate has expired, or its plugin fails.
        """
        part = self.inventory.cluster
        return Kubeconfig.read(self.inventory.kubeconfig).access(part.context)

    def apiserver(self, name: str, *, port: int = 6443) -> ApiAccess:
        """How to reach one apiserver by itself, past the balancer, as plain data.

        Raises:
            InventoryError: there is no such node.
            HoldfastError: as `api`.
        """
        address = self.inventory.node(name).address
        host = f"[{address}]" if ":" in address else address
        return replace(self.api(), server=f"https://{host}:{port}", server_name=None)

    @cached_property
    def kube(self) -> Kube:
        """The API through its endpoint.

        Raises:
            HoldfastError: as `api`.
        """
        with self._lock:
            return Kube(self.api())

    @property
    def etcd_nodes(self) -> tuple[Node, ...]:
        """Where etcd can be asked: its own machines, or those that reach its endpoints."""
        return self.with_role(Role.ETCD) or self.with_role(Role.CONTROL_PLANE)

    @property
    def etcd(self) -> Etcd:
        """etcd, as the inventory says that it is asked.

        Raises:
            HoldfastError: the inventory says nothing of it.
        """
        part = self.inventory.etcd
        if part is None:
            raise HoldfastError(
                "The inventory says nothing of etcd.",
                "Add the section etcd, unless somebody else runs it.",
            )
        return Etcd(self.etcd_nodes, part, {n.address: n.name for n in self.nodes})

    def etcd_facts(self) -> EtcdFacts:
        """etcd's members now, and who leads them.

        Raises:
            HoldfastError: the inventory says nothing of etcd, or it cannot be asked.
        """
        return self.etcd.look()

    def uid(self) -> str:
        """The UID of the namespace kube-system: which cluster this really is.

        Raises:
            ApiError: the API does not say.
        """
        namespace = self.kube.get("/api/v1/namespaces/kube-system")
        return str(namespace["metadata"]["uid"])

    def holders(self) -> tuple[Node, ...]:
        """The balancers that have the endpoint's address on an interface: one, if all is well.

        Without balancers, the control planes: something on them may move the address.

        Raises:
            HoldfastError: the endpoint has no fixed address, or no balancer can be asked.
        """
        address = self.inventory.endpoint.address
        if address is None:
            raise HoldfastError(
                "The endpoint has no fixed address.", "Give it in the inventory (endpoint.address)."
            )
        balancers = self.with_role(Role.LOAD_BALANCER) or self.with_role(Role.CONTROL_PLANE)
        answers = together({n.name: partial(_holds, n, address) for n in balancers})
        failed = [a for a in answers.values() if isinstance(a, NodeError)]
        if failed and len(failed) == len(answers):
            raise failed[0]
        # One that cannot be reached may be the holder; that nobody else has it is all we know.
        return tuple(n for n in balancers if answers[n.name] is True)


def _holds(node: Node, address: str) -> bool:
    shown = node.run("ip -o addr show", timeout=ASKING, check=True).out
    return has_address(shown, address)
