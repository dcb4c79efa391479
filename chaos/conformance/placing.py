"""Whether Pods that lost their place find another: the scheduler's rules, as far as they matter.

Requests, ports of nodes, taints, selectors, affinity to nodes, required anti-affinity and spread
among a controller's own Pods, and volumes bound to places are heeded; what Pods of different
controllers ask of each other is not. First fit: where it finds a place for all there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from chaos.cluster.facts import PodGroup
from chaos.conformance.rooms import Room
from chaos.conformance.spreading import Even, Spreading, domain, may


@dataclass(frozen=True, slots=True)
class Homeless:
    """Pods of a controller that find no place, and what stands in the way."""

    owner: str
    count: int
    why: str


def homeless(
    rooms: Mapping[str, Room], groups: Iterable[PodGroup], gone: frozenset[str]
) -> list[Homeless]:
    """Who finds no place when these nodes are gone."""
    left = {
        name: room.copy()
        for name, room in rooms.items()
        if name not in gone and room.known.ready and room.known.schedulable
    }
    lost = [(g, sum(name in gone for name in g.nodes)) for g in groups if g.moves]
    lost = [(group, count) for group, count in lost if count]
    lost.sort(key=lambda one: (-one[0].priority, -one[0].cpu, -one[0].memory, one[0].owner))
    places, found = Places(left, Spreading({n: r.node for n, r in rooms.items()}, gone)), []
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
    spreading: Spreading
    _may: dict[Hashable, list[Room]] = field(default_factory=dict)
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
        taken = {(key, self.spreading.at(name, key)) for key in group.apart for name in group.nodes}
        evenly = self.spreading.of(group, asked)
        for placed in range(count):
            index = self._find(group, asked, taken, evenly)
            if index is None:
                if any(room.fits(group) for room in may_):
                    return placed, _apart(group)
                return placed, f"nowhere are {_asks(group)} free"
            node = may_[index].node
            may_[index].take(group)
            taken |= {(key, domain(node, key)) for key in group.apart}
            for even in evenly:
                even.counts[domain(node, even.key)] += 1
        return count, ""

    def _find(
        self,
        group: PodGroup,
        asked: Hashable,
        taken: Collection[tuple[str, str]],
        evenly: Iterable[Even],
    ) -> int | None:
        """The next node that takes one, from where the last was found: those before are full."""
        rooms, first = self._may[asked], self._next.get(asked, 0)
        most = [(even, even.most()) for even in evenly]
        for step in range(len(rooms)):
            index = (first + step) % len(rooms)
            room = rooms[index]
            if not room.fits(group):
                continue
            # Without the label nothing is kept apart, and nothing is spread.
            apart = ((key, domain(room.node, key)) for key in group.apart)
            if any(where and (key, where) in taken for key, where in apart):
                continue
            wheres = ((even, domain(room.node, even.key), limit) for even, limit in most)
            if all(where and even.counts[where] < limit for even, where, limit in wheres):
                self._next[asked] = index
                return index
        return None


def _apart(group: PodGroup) -> str:
    """What keeps it from the nodes that have room."""
    even = [
        f"{key}, where nodes that are gone or tainted count as empty places"
        if key in group.counted and not group.counted[key].taints
        else key
        for key in group.spread
        if key not in group.apart
    ]
    return f"it must be apart over {', '.join((*group.apart, *even))}, and no such place is left"


def _asks(group: PodGroup) -> str:
    more = [f"{count} of {name}" for name, count in group.more.items()]
    if group.ports:
        more.append(f"the ports {', '.join(one.lstrip('/') for one in group.ports)} of a node")
    return " and ".join((f"{group.cpu}m of a processor and {group.memory / 2**20:.0f} MiB", *more))
