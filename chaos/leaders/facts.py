"""What is known of leaders, as plain data: somebody else collects it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStatus:
    """What one member of etcd said of who leads, between `begin` and `end` (monotonic seconds).

    Attributes:
        member: its name or address; one for each member.
        term: Raft's term, as this member has it.
        leader: the id of the leader that it follows, or its own; empty where it knows of none.
        at_once: term and leader were read together, as `/debug/vars` has them (`raft.status`). The
            status call of the API has not: its `raftTerm` is the term of the entry that was applied
            last, and a new leader's first entry is applied some time after it was elected.
        leads: it said of itself that it is the leader, in that reading.
    """

    member: str
    begin: float
    end: float
    term: int
    leader: str
    at_once: bool
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseWrite:
    """A Lease as a watch told it after a write, at the monotonic moment `at`.

    Attributes:
        holder: its holderIdentity; empty where it was given back, or deleted.
        renewed, acquired: seconds of the epoch by the writer's own clock.
        transitions: how often it has changed hands, as the writers count it.
        duration: seconds that it is valid unless renewed.
        writers: the field managers of the fields by which it is held: programs, not processes.
        strategy: of coordinated election, in which the apiserver writes holders; else empty.
        whole: every write since the one before it was told.
    """

    lease: str
    at: float
    version: int
    holder: str
    renewed: float | None = None
    acquired: float | None = None
    transitions: int | None = None
    duration: float | None = None
    writers: tuple[str, ...] = ()
    strategy: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingStatus:
    """Whether a process held itself for the leader, between `begin` and `end` (monotonic seconds).

    By its metric `leader_election_master_status`. `acting` is None where it could not be asked:
    that says nothing.
    """

    component: str
    process: str
    begin: float
    end: float
    acting: bool | None
