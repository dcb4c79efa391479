"""What a timeline tells of leaders: as its probes noted it, made into plain facts.

Read are the probes `etcd-member`, `leader-leases`, `leader-acting` and `scheduling-canary`, by
their kind, and the events `lease` and `watch-gap`. What a timeline does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chaos.leaders.facts import ActingStatus, LeaseWrite, MemberStatus
from chaos.measure.sample import Sample
from chaos.measure.timeline import Timeline

MEMBER, LEASES, ACTING, CANARY = (
    "etcd-member",
    "leader-leases",
    "leader-acting",
    "scheduling-canary",
)
LEASE, GAP = "lease", "watch-gap"

COMPONENTS = ("kube-controller-manager", "kube-scheduler")
"""The controllers that every control plane has, by the names of their Leases."""

# As Raft calls a member that leads.
_LEADS = "StateLeader"


def has(timeline: Timeline, kind: str) -> bool:
    """Whether a probe of this kind was there."""
    return any(probe.kind == kind for probe in timeline.header.probes)


def member_statuses(timeline: Timeline) -> tuple[MemberStatus, ...]:
    """What etcd's members said.

    A sample's detail has `term` and `leader`, from the status call; or, what goes before that,
    `raft_term`, `raft_leader` and `raft_state`, which were read at once, with the `member` that
    they are of. An id of 0 is no leader.
    """
    found = []
    for path, sample in _samples(timeline, MEMBER):
        detail: dict[str, Any] = dict(sample.detail)
        prefix = "raft_" if "raft_term" in detail else ""
        if f"{prefix}term" not in detail:
            continue
        leader = str(detail.get(f"{prefix}leader", ""))
        found.append(
            MemberStatus(
                member=path,
                begin=sample.start,
                end=sample.end,
                term=int(detail[f"{prefix}term"]),
                leader="" if leader == "0" else leader,
                at_once=bool(prefix),
                leads=detail.get("raft_state") == _LEADS and detail.get("member") == leader,
            )
        )
    return tuple(found)


def lease_writes(timeline: Timeline) -> tuple[LeaseWrite, ...]:
    """The writes that the watch on leases told, each once.

    What it tells of a lease first, and first after a gap, is how it was found: a write that was
    made before, and after others that nobody was told of.
    """
    found: list[LeaseWrite] = []
    newest: dict[str, int] = {}
    whole: set[str] = set()
    for event in timeline.events:
        if event.kind == GAP and event.data.get("watch") == LEASES:
            whole.clear()
        if event.kind != LEASE:
            continue
        data: dict[str, Any] = dict(event.data)
        lease, version = str(data["lease"]), int(data["version"])
        if version > newest.get(lease, 0):
            newest[lease] = version
            found.append(_write(data, event.at, lease, version, whole=lease in whole))
        whole.add(lease)
    return tuple(found)


def _write(data: dict[str, Any], at: float, lease: str, version: int, *, whole: bool) -> LeaseWrite:
    return LeaseWrite(
        lease=lease,
        at=at,
        version=version,
        holder=data.get("holder") or "",
        renewed=_seconds(data.get("renewed")),
        acquired=_seconds(data.get("acquired")),
        transitions=data.get("transitions"),
        duration=data.get("duration"),
        writers=tuple(data.get("writers") or ()),
        strategy=data.get("strategy") or "",
        whole=whole,
    )


def acting_statuses(timeline: Timeline) -> tuple[ActingStatus, ...]:
    """Who held itself for the leader.

    A sample is of all components of a machine; its detail has what each of them answered under its
    name.
    """
    return tuple(
        ActingStatus(
            component=component,
            process=path,
            begin=sample.start,
            end=sample.end,
            acting=bool(sample.detail[component]) if component in sample.detail else None,
        )
        for path, sample in _samples(timeline, ACTING)
        for component in COMPONENTS
    )


def canary(timeline: Timeline) -> tuple[Sample, ...]:
    """The samples of the canary."""
    return tuple(sample for _, sample in _samples(timeline, CANARY))


def _samples(timeline: Timeline, kind: str) -> Iterator[tuple[str, Sample]]:
    """The samples of every probe of a kind, each with the probe's path."""
    for probe in timeline.header.probes:
        if probe.kind == kind:
            for sample in timeline.samples[probe.name]:
                yield probe.path, sample


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None
