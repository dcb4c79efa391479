"""What must hold before anything is injected. Pure: functions over plain data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from chaos.safety.errors import Denied, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of etcd as it is now.

    Attributes:
        name: the node's name in the inventory.
        healthy: it answers, and agrees with the others.
        learner: it has no vote.
    """

    name: str
    healthy: bool
    learner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumLeft:
    """What a fault would leave of etcd's voters.

    Attributes:
        voters: how many there are, learners not counted.
        down: the names of those already down and those that the fault takes.
        allowed: how many may be down at once: (voters - 1) // 2.
    """

    voters: int
    down: tuple[str, ...]
    allowed: int

    @property
    def holds(self) -> bool:
        """Whether a majority is left."""
        return len(self.down) <= self.allowed


def cluster_is_the_one(*, inventory_uid: str, live_uid: str) -> None:
    """The cluster must be the one that the inventory names. Raises Denied."""
    if not inventory_uid:
        raise Denied(
            "The inventory does not say which cluster it is for.",
            f"Its cluster.uid is the UID of namespace kube-system; the one reached has {live_uid}.",
        )
    if inventory_uid != live_uid:
        raise Denied(
            f"The inventory is for cluster {inventory_uid}, and the one reached is {live_uid}.",
            "Check the inventory's kubeconfig.",
        )


def environment_allows(environment: str, *, confirmed: bool) -> None:
    """Production is left alone unless confirmed for this very run. Raises Denied."""
    if environment == "production" and not confirmed:
        raise Denied(
            "The inventory says production: nothing is injected there by default.",
            "Confirm it for this run if you mean it.",
        )


def fault_is_allowed(fault: str, *, allowed: Collection[str]) -> None:
    """Deny by default: only what the inventory lists, or all of it by `all`. Raises Denied."""
    if fault not in allowed and "all" not in allowed:
        listed = ", ".join(sorted(allowed)) or "none"
        raise Denied(
            f"The inventory does not allow {fault}: it allows {listed}.",
            "Its chaos.allowed lists the faults that may be injected.",
        )


def quorum_left(members: Iterable[Member], *, takes: Collection[str]) -> QuorumLeft:
    """What is left of etcd's voters when a fault takes those of some nodes.

    Args:
        members: the live membership.
        takes: names of nodes whose member the fault takes.
    """
    voters = [member for member in members if not member.learner]
    down = tuple(sorted(m.name for m in voters if not m.healthy or m.name in takes))
    return QuorumLeft(voters=len(voters), down=down, allowed=max(0, (len(voters) - 1) // 2))


def quorum_holds(members: Iterable[Member], *, takes: Collection[str]) -> QuorumLeft:
    """Never more than a minority of the voters is down. Raises Refused."""
    left = quorum_left(members, takes=takes)
    if takes and not left.voters:
        raise Refused("etcd's members are not known, so neither is what would be left of them.")
    # A fault that takes no voter is refused too while too many are down: it cannot be told apart.
    if not left.holds:
        raise Refused(
            f"{len(left.down)} of etcd's {left.voters} voters would be down "
            f"({', '.join(left.down)}); {left.allowed} may be.",
            "Choose another target, or bring the members back first.",
        )
    return left


def not_in_a_worker(environ: Mapping[str, str]) -> None:
    """Faults are injected by one process alone, never by pytest-xdist's workers. Raises Denied."""
    worker = environ.get("PYTEST_XDIST_WORKER")
    if worker:
        raise Denied(
            f"This is pytest-xdist's worker {worker}: faults are not injected in parallel.",
            "Run these tests without -n.",
        )
