"""What is still free on the nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chaos.cluster.facts import KubernetesNode, NodeFact, PodGroup


@dataclass(slots=True)
class Room:
    """What is still free on a node.

    Args:
        more: of what else it has, by its name.
        ports: those that are taken.
    """

    node: NodeFact
    known: KubernetesNode
    cpu: int
    memory: int
    pods: int
    more: dict[str, int]
    ports: set[str]

    @classmethod
    def of(cls, node: NodeFact, known: KubernetesNode) -> Room:
        """A node on which nothing runs."""
        return cls(node, known, known.cpu, known.memory, known.pods, dict(known.gives), set())

    def copy(self) -> Room:
        """The same, to put Pods there in thought."""
        return replace(self, more=dict(self.more), ports=set(self.ports))

    def fits(self, group: PodGroup) -> bool:
        """Whether one Pod more of it finds room here."""
        if self.pods <= 0 or self.cpu < group.cpu or self.memory < group.memory:
            return False
        if any(self.more.get(name, 0) < asked for name, asked in group.more.items() if asked):
            return False
        return not any(_clash(mine, other) for mine in group.ports for other in self.ports)

    def take(self, group: PodGroup) -> None:
        """Put one Pod of it here."""
        self.cpu -= group.cpu
        self.memory -= group.memory
        self.pods -= 1
        for name, asked in group.more.items():
            self.more[name] = self.more.get(name, 0) - asked
        self.ports.update(group.ports)


def _clash(mine: str, other: str) -> bool:
    """Whether two cannot both be had; without an address a port is that of all addresses."""
    address, _, port = mine.partition("/")
    another, _, same = other.partition("/")
    return port == same and (address == another or not address or not another)


def rooms(nodes: Iterable[NodeFact], groups: Iterable[PodGroup]) -> dict[str, Room]:
    """What is free on each node, whether it takes Pods now or not."""
    found = {n.name: Room.of(n, n.kubernetes) for n in nodes if n.kubernetes}
    for group in groups:
        for name in group.nodes:
            if name in found:
                found[name].take(group)
    return found
