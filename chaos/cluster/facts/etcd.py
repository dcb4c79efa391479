"""etcd, as its members tell it, and what lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts.basics import UNREAD, NotAvailable

# So many keys of a resource at most are put in the order of their age: for it etcd reads them all.
ORDERED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdMember:
    """A member, as the member list has it.

    Args:
        id: in hexadecimal, as etcd logs it.
        name: empty until it has started for the first time.
        node: the inventory's node that has one of its addresses, or is called as it is.
    """

    id: str
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...]
    learner: bool = False
    node: str | None = None

    @property
    def started(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdStatus:
    """What a member says of itself.

    Args:
        leader: the id of the member that it takes for the leader; None: it knows of none.
        db_size, db_in_use, quota: bytes.
        errors: corruption and alarms that it knows of.
        cluster: the id of the cluster that it belongs to, in hexadecimal.
        revision: of its store, which every write raises by one; 0: not known.
    """

    endpoint: str
    member: str
    version: str
    leader: str | None
    term: int
    index: int
    applied: int
    db_size: int
    db_in_use: int
    quota: int | None = None
    learner: bool = False
    errors: tuple[str, ...] = ()
    cluster: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdAlarm:
    """An alarm that is raised.

    Args:
        kind: `NOSPACE`, `CORRUPT`.
    """

    member: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdMetrics:
    """What a member has measured since it started.

    Args:
        fsync_p99, commit_p99: 99th percentile of writing its log, and of committing its database,
            to disk; None where nothing was written yet.
        fsyncs, commits: how many there were.
        round_trips: the shortest time to each peer and back of the last minutes, by its address.
    """

    fsync_p99: timedelta | None
    fsyncs: int
    commit_p99: timedelta | None
    commits: int
    round_trips: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdHealth:
    """Whether a member took a proposal to its end, and how long that took."""

    endpoint: str
    healthy: bool
    took: timedelta | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdFacts:
    """All members; those that did not answer are in `members` alone.

    Args:
        asked: the node that was asked.
        cluster_id: in hexadecimal.
        keys: how many keys there are.
    """

    asked: str
    cluster_id: str
    members: tuple[EtcdMember, ...]
    statuses: tuple[EtcdStatus, ...]
    health: tuple[EtcdHealth, ...] = ()
    alarms: tuple[EtcdAlarm, ...] | NotAvailable = UNREAD
    keys: int | NotAvailable = UNREAD

    @property
    def voters(self) -> tuple[EtcdMember, ...]:
        """The members that count for a quorum."""
        return tuple(m for m in self.members if not m.learner)

    @property
    def quorum(self) -> int:
        """How many voters must be there."""
        return len(self.voters) // 2 + 1

    @property
    def leader(self) -> EtcdMember | None:
        """The leader, as those of the highest term have it; None while they do not agree."""
        top = max((s.term for s in self.statuses), default=0)
        named = {s.leader for s in self.statuses if s.term == top and s.leader}
        return self.member(named.pop()) if len(named) == 1 else None

    def member(self, member: str) -> EtcdMember | None:
        """The member of this id."""
        return next((m for m in self.members if m.id == member), None)

    def answering(self, member: EtcdMember) -> bool:
        """Whether it gave its status and, where that was asked, is healthy."""
        sick = {h.endpoint for h in self.health if not h.healthy}
        return any(s.member == member.id and s.endpoint not in sick for s in self.statuses)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key of etcd and how its value begins.

    Args:
        prefix: the first bytes, with those that are no text escaped as Go does; what came after
            them never left the machine.
    """

    key: str
    prefix: str

    @property
    def encrypted(self) -> bool:
        """Whether an apiserver encrypted it: then it begins with `k8s:enc:PROVIDER:`.

        Source: kubernetes.io, "Encrypting Confidential Data at Rest", which reads it the same way.
        """
        return self.prefix.startswith("k8s:enc:")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKeys:
    """Keys of one resource: those that were looked at, of how many.

    They are those that were written longest ago; of more than ORDERED the first by name.
    """

    resource: str
    looked_at: tuple[StoredKey, ...]
    count: int

    @property
    def by_name(self) -> bool:
        """Whether some were left out that may be older."""
        return self.count > max(ORDERED, len(self.looked_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionFacts:
    """How etcd's raw values begin."""

    asked: str
    resources: tuple[StoredKeys, ...]
