"""Whether Pods that lost their place find another: the scheduler's rules, as far as they matter.

Requests, taints, selectors, affinity to nodes, required anti-affinity and spread among a
controller's own Pods, and volumes bound to places are heeded; what Pods of different controllers
ask of each other is not. First fit: where it finds a place for all there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from chaos.cluster.facts import KubernetesNode, NodeFact, PodGroup
from chaos.conformance.nodes import HOST


@dataclass(slots=True)
class Room:
    """What is still free on a node."""

    node: NodeFact
    known: KubernetesNode
    cpu: int
    memory: int
    pods: int

    def fits(self, group: PodGroup) -> bool:
        """Whether one Pod more of it finds room here."""
        return self.pods > 0 and self.cpu >= group.cpu and self.memory >= group.memory

    def take(self, group: PodGroup) -> None:
        """Put one Pod of it here."""
        self.cpu -= group.cpu
        self.memory -= group.memory
        self.pods -= 1


@dataclass(frozen=True, slots=True)
class Homeless:
    """Pods of a controller that find no place, and what stands in the way."""

    owner: str
    count: int
    why: str


def rooms(nodes: Iterable[NodeFact], groups: Iterable[PodGroup]) -> dict[str, Room]:
    """What is free on each Ready node that takes Pods."""
    found = {
        n.name: Room(n, n.kubernetes, n.kubernetes.cpu, n.kubernetes.memory, n.kubernetes.pods)
        for n in nodes
        if n.kubernetes and n.kubernetes.ready
    }
    for group in groups:
        for name in group.nodes:
            if name in found:
                found[name].take(group)
    return found


def homeless(
    rooms: Mapping[str, Room], groups: Iterable[PodGroup], gone: frozenset[str]
) -> list[Homeless]:
    """Who finds no place when these nodes are gone."""
    left = {
        name: Room(r.node, r.known, r.cpu, r.memory, r.pods)
        for name, r in rooms.items()
        if name not in gone and r.known.schedulable
    }
    lost = [(g, sum(name in gone for name in g.nodes)) for g in groups if g.moves]
    lost = [(group, count) for group, count in lost if count]
    lost.sort(key=lambda one: (-one[0].priority, -one[0].cpu, -one[0].memory, one[0].owner))
    places, found = Places(left), []
    for group, count in lost:
        placed, why = places.place(group, count)
        if placed < count:
            found.append(Homeless(group.owner, count - placed, why))
    return found


@dataclass(slots=True)
class Places:
    """The nodes that are left. What thousands of groups ask alike is looked up once.

    Args:
        left: by name.
    """

    left: Mapping[str, Room]
    _may: dict[Hashable, list[Room]] = field(default_factory=dict)
    _domains: dict[Hashable, frozenset[str]] = field(default_factory=dict)
    _next: dict[Hashable, int] = field(default_factory=dict)

    def place(self, group: PodGroup, count: int) -> tuple[int, str]:
        """How many Pods of a group find a place, and what stands in the way of the others."""
        asked = (
            *(group.tolerations, group.anywhere, group.bound),
            tuple(sorted(group.selector.items())),
        )
        if asked not in self._may:
            self._may[asked] = [room for room in self.left.values() if may(room.known, group)]
        may_ = self._may[asked]
        if not may_:
            return 0, "no node that is left may take it, by taints, labels or volumes"
        # What is kept apart already stands somewhere.
        taken = {key: Counter[str]() for key in (*group.apart, *group.spread)}
        for name in group.nodes if taken else ():
            if name in self.left:
                for key, counts in taken.items():
                    counts[domain(self.left[name].node, key)] += 1
        for placed in range(count):
            index = self._find(group, asked, taken)
            if index is None:
                fits = any(room.fits(group) for room in may_)
                asks = f"{group.cpu}m of a processor and {_mib(group.memory)}"
                apart = f"it must be apart over {', '.join(taken)}, and no such place is left"
                return placed, apart if fits else f"nowhere are {asks} free"
            may_[index].take(group)
            for key, counts in taken.items():
                counts[domain(may_[index].node, key)] += 1
        return count, ""

    def _find(
        self, group: PodGroup, asked: Hashable, taken: Mapping[str, Counter[str]]
    ) -> int | None:
        """The next node that takes one, from where the last was found: those before are full."""
        rooms, first = self._may[asked], self._next.get(asked, 0)
        most = {
            key: self._fewest(asked, key, taken[key]) + skew for key, skew in group.spread.items()
        }
        for step in range(len(rooms)):
            index = (first + step) % len(rooms)
            room = rooms[index]
            if not room.fits(group):
                continue
            if any(taken[key][domain(room.node, key)] for key in group.apart):
                continue
            if all(taken[key][domain(room.node, key)] < limit for key, limit in most.items()):
                self._next[asked] = index
                return index
        return None

    def _fewest(self, asked: Hashable, key: str, counts: Counter[str]) -> int:
        """How many stand where fewest do, of all places that it may be in."""
        known = (asked, key)
        if known not in self._domains:
            self._domains[known] = frozenset(domain(r.node, key) for r in self._may[asked])
        domains = self._domains[known]
        if len(domains) > len(counts):
            return 0
        return min(counts[one] for one in domains)


def may(known: KubernetesNode, group: PodGroup) -> bool:
    """Whether a node may take a Pod of it, by labels, volumes and taints."""
    labels = known.labels
    if any(labels.get(key) != value for key, value in group.selector.items()):
        return False
    if group.anywhere and not any(all(r.holds(labels) for r in term) for term in group.anywhere):
        return False
    if not all(requirement.holds(labels) for requirement in group.bound):
        return False
    hard = [taint for taint in known.taints if not taint.endswith(":PreferNoSchedule")]
    return all(any(t.tolerates(taint) for t in group.tolerations) for taint in hard)


def domain(node: NodeFact, key: str) -> str:
    """What a label has a node fail together with."""
    labels = node.kubernetes.labels if node.kubernetes else {}
    return labels.get(key, node.name if key == HOST else "")


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
