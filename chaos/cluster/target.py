"""Targets: who a fault is done to, as data. What it means is found out when it is needed.

>>> target = Target.parse("etcd_leader")
>>> chosen = target.resolve(cluster, seed=7)
>>> print(chosen)
etcd_leader: cp-2 (leads etcd in term 4)
>>> chosen.still(cluster)  # None, or why it is not that any more

Words: `one control plane`, `one worker`, `one etcd member`, `any balancer`, `etcd_leader`,
`etcd_follower`, `vip_holder`, `zone NAME`, `one zone`, `node NAME`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chaos.cluster.facts import EtcdFacts
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_errors import nearest
from chaos.cluster.inventory_parts import NodePart, Role
from chaos.cluster.lookout import Lookout
from chaos.errors import HoldfastError, UsageError


class Kind(StrEnum):
    """What is aimed at."""

    CONTROL_PLANE = "one control plane"
    WORKER = "one worker"
    ETCD_MEMBER = "one etcd member"
    BALANCER = "any balancer"
    ETCD_LEADER = "etcd_leader"
    ETCD_FOLLOWER = "etcd_follower"
    VIP_HOLDER = "vip_holder"
    ONE_ZONE = "one zone"
    ZONE = "zone"
    NODE = "node"


_ROLES = {
    Kind.CONTROL_PLANE: Role.CONTROL_PLANE,
    Kind.WORKER: Role.WORKER,
    Kind.ETCD_MEMBER: Role.ETCD,
    Kind.BALANCER: Role.LOAD_BALANCER,
}
# Other ways to write them.
_ALIASES = {
    "control plane": Kind.CONTROL_PLANE,
    "worker": Kind.WORKER,
    "etcd member": Kind.ETCD_MEMBER,
    "lb": Kind.BALANCER,
    "balancer": Kind.BALANCER,
    "one balancer": Kind.BALANCER,
}


class TargetError(HoldfastError):
    """There is nobody now that the target means."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who is meant.

    Args:
        name: of the zone or node, for those two kinds.
    """

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()

    @classmethod
    def parse(cls, text: str) -> Target:
        """The target of these words.

        Raises:
            UsageError: there are none such.
        """
        words = " ".join(text.split())
        for kind in (Kind.ZONE, Kind.NODE):
            if words.startswith(f"{kind} "):
                return cls(kind, words.partition(" ")[2])
        known = {kind.value: kind for kind in Kind if kind not in (Kind.ZONE, Kind.NODE)} | _ALIASES
        if words not in known:
            told = nearest(words, [*known, "zone NAME", "node NAME"])
            raise UsageError(f'There is no target "{text}"{told}')
        return cls(known[words])

    def resolve(self, cluster: Lookout, *, seed: int) -> Chosen:
        """Who it is now; among equals the seed chooses, and the same seed the same one.

        Raises:
            TargetError: there is nobody.
            HoldfastError: the cluster does not tell.
        """
        groups = self._candidates(cluster)
        names = sorted(groups)
        if not names:
            raise TargetError(f"There is nobody that `{self}` means now.")
        # A generator of its own for each target: another target drawn first changes nothing.
        chosen = random.Random(f"{seed} {self}").choice(names)
        why, nodes = groups[chosen]
        among = f", one of {len(names)}" if len(names) > 1 else ""
        return Chosen(self, nodes, f"{why}{among}", seed)

    def _candidates(self, cluster: Lookout) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """By a name to choose by: why, and the nodes."""
        inventory = cluster.inventory
        match self.kind:
            case Kind.NODE:
                return {self.name: ("as named", (inventory.node(self.name).name,))}
            case Kind.ZONE | Kind.ONE_ZONE:
                return self._zones(inventory)
            case Kind.VIP_HOLDER:
                address = inventory.endpoint.address
                holders = [node.name for node in cluster.holders()]
                if len(holders) > 1:
                    told = f"{address} is held by {' and '.join(holders)} at once."
                    raise TargetError(told, "Find out why before anything is broken.")
                return {name: (f"holds {address}", (name,)) for name in holders}
            case Kind.ETCD_LEADER | Kind.ETCD_FOLLOWER:
                return self._etcd(cluster.etcd_facts())
            case Kind.ETCD_MEMBER if inventory.etcd:
                voters = cluster.etcd_facts().voters
                return {m.node: ("votes in etcd", (m.node,)) for m in voters if m.node}
            case kind:
                role = _ROLES[kind]
                parts = inventory.with_role(role)
                fit = [p for p in parts if _serves(p, role)]
                return {p.name: (f"has the role {role}", (p.name,)) for p in fit}

    def _zones(self, inventory: Inventory) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        zones = inventory.zones
        if self.kind is Kind.ZONE and self.name not in zones:
            raise UsageError(f'There is no zone "{self.name}"{nearest(self.name, zones)}')
        return {
            zone: (f"zone {zone}", tuple(n.name for n in inventory.nodes if n.zone == zone))
            for zone in zones
            if self.kind is Kind.ONE_ZONE or zone == self.name
        }

    def _etcd(self, facts: EtcdFacts) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        leader = facts.leader
        if leader is None:
            raise TargetError("etcd has no leader that its members agree on.", "Wait for one.")
        term = max(status.term for status in facts.statuses)
        if self.kind is Kind.ETCD_LEADER:
            if leader.node is None:
                told = f"etcd's leader {leader.name} is no node of the inventory."
                raise TargetError(told, "Add it to the inventory's nodes.")
            return {leader.node: (f"leads etcd in term {term}", (leader.node,))}
        followers = [m for m in facts.voters if m.id != leader.id and facts.answering(m)]
        return {m.node: (f"follows in term {term}", (m.node,)) for m in followers if m.node}


def _serves(part: NodePart, role: Role) -> bool:
    """A spare control plane is not behind the balancer: breaking it would show nothing."""
    return role is not Role.CONTROL_PLANE or Role.SPARE not in part.roles


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who a target was, at the time when it was resolved.

    Args:
        nodes: their names; several for a zone.
        why: what makes them it.
    """

    target: Target
    nodes: tuple[str, ...]
    why: str
    seed: int

    def __str__(self) -> str:
        return f"{self.target}: {', '.join(self.nodes)} ({self.why})"

    def still(self, cluster: Lookout) -> str | None:
        """Look again. None: they still are it; else one sentence why not.

        Raises:
            HoldfastError: the cluster does not tell.
        """
        try:
            groups = self.target._candidates(cluster)
        except TargetError as wrong:
            return wrong.problem
        if any(nodes == self.nodes for _, nodes in groups.values()):
            return None
        now = ", ".join(sorted(groups)) or "nobody"
        return f"{', '.join(self.nodes)} is not {self.target} any more: {now} is."
