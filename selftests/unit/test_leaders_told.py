"""What a timeline tells of leaders is read, and what it does not tell is not covered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chaos.leaders.facts import MemberStatus
from chaos.leaders.summary import leaders
from chaos.leaders.told import acting_statuses, lease_writes, member_statuses
from chaos.measure.lines import Header, ProbeInfo
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Event, Sample
from chaos.measure.span import Span
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict

FAULT = 10.0


def timeline(
    samples: dict[tuple[str, str], list[Sample]], events: list[Event] | None = None
) -> Timeline:
    """Of probes by kind and path."""
    probes = tuple(ProbeInfo(f"{k}@{path}", k, path, 1.0, 1.0) for k, path in samples)
    header = Header("here", "boot", datetime(2026, 1, 1, tzinfo=UTC), 0.0, probes)
    by_name = {f"{k}@{path}": tuple(each) for (k, path), each in samples.items()}
    return Timeline(header, by_name, tuple(events or []), (), Span(0.0, 40.0))


def sample(at: float, outcome: Outcome = Outcome.OK, **detail: Any) -> Sample:
    return Sample("p", at, at, at + 0.1, outcome, detail)


def lease(at: float, version: int, holder: str = "a", **data: Any) -> Event:
    told = {"lease": "kube-scheduler", "version": str(version), "holder": holder, **data}
    return Event(at, "lease", told)


def test_what_was_read_at_once_goes_before_the_status_call() -> None:
    line = timeline(
        {
            ("etcd-member", "cp-1"): [
                sample(1.0, term=4, leader="a1", raft_term=5, raft_leader="b2"),
                sample(2.0, term=4, leader="a1"),
                sample(3.0, Outcome.TIMEOUT),
                sample(4.0, raft_term=5, raft_leader="0"),
                sample(5.0, member="c3", raft_term=6, raft_leader="c3", raft_state="StateLeader"),
                sample(6.0, member="c3", raft_term=6, raft_leader="d4", raft_state="StateLeader"),
                sample(7.0, member="c3", raft_term=6, raft_leader="c3", raft_state="StateFollower"),
            ]
        }
    )
    *others, itself, odd, follows = member_statuses(line)
    assert [one.leads for one in (itself, odd, follows)] == [True, False, False]
    assert tuple(others) == (
        MemberStatus(member="cp-1", begin=1.0, end=1.1, term=5, leader="b2", at_once=True),
        MemberStatus(member="cp-1", begin=2.0, end=2.1, term=4, leader="a1", at_once=False),
        MemberStatus(member="cp-1", begin=4.0, end=4.1, term=5, leader="", at_once=True),
    )


def test_a_lease_found_by_a_watch_was_written_before() -> None:
    line = timeline(
        {("leader-leases", "endpoint"): []},
        [
            lease(1.0, 5, renewed="2026-01-01T00:00:02.500000Z", acquired=""),
            lease(3.0, 6, transitions=2, duration=15, writers=["kube-scheduler"]),
            Event(4.0, "watch-gap", {"watch": "node-conditions"}),
            lease(5.0, 7),
            Event(6.0, "watch-gap", {"watch": "leader-leases"}),
            lease(6.1, 7),  # as it was found again
            lease(8.0, 8),
            Event(8.5, "watch-gap", {"watch": "leader-leases"}),
            lease(9.0, 11, "b"),
        ],
    )
    writes = lease_writes(line)
    assert [(w.version, w.whole) for w in writes] == [
        (5, False),
        (6, True),
        (7, True),
        (8, True),
        (11, False),
    ]
    assert writes[0].renewed == datetime(2026, 1, 1, 0, 0, 2, 500000, tzinfo=UTC).timestamp()
    assert writes[0].acquired is None
    assert (writes[1].transitions, writes[1].duration) == (2, 15)
    assert writes[1].writers == ("kube-scheduler",)


def test_a_process_that_could_not_be_asked_says_nothing() -> None:
    told = [
        sample(1.0, Outcome.OK, **{"kube-scheduler": True, "kube-controller-manager": False}),
        sample(2.0, Outcome.CONNECT, **{"kube-scheduler": True, "error": "refused"}),
        sample(3.0, Outcome.NOT_SENT),
    ]
    statuses = acting_statuses(timeline({("leader-acting", "cp-1"): told}))
    assert {s.process for s in statuses} == {"cp-1"}
    assert [(s.begin, s.component, s.acting) for s in statuses] == [
        (1.0, "kube-controller-manager", False),
        (1.0, "kube-scheduler", True),
        (2.0, "kube-controller-manager", None),
        (2.0, "kube-scheduler", True),
        (3.0, "kube-controller-manager", None),
        (3.0, "kube-scheduler", None),
    ]


def acting(*moments: float) -> list[Sample]:
    """A scheduler that leads at these, and at none of those around them."""
    return [
        sample(at, Outcome.OK, **{"kube-scheduler": moments[0] <= at <= moments[-1]})
        for at in (moments[0] - 0.5, *moments, moments[-1] + 0.5)
    ]


def test_all_of_it() -> None:
    members = [sample(at, raft_term=4, raft_leader="a1") for at in (1.0, 2.0, 3.0, 20.0)]
    writes = [lease(n, n, transitions=3) for n in (1, 3, 5, 7, 9)]
    writes += [lease(n, n, "b", transitions=4) for n in (25, 27)]
    line = timeline(
        {
            ("etcd-member", "cp-1"): members,
            ("leader-leases", "endpoint"): [],
            ("leader-acting", "cp-1"): acting(1.0, 2.0, 20.0),
            ("leader-acting", "cp-2"): acting(19.0, 21.0, 30.0),
            ("scheduling-canary", "endpoint"): [sample(5.0), sample(11.0)],
        },
        writes,
    )
    found = leaders(line, fault=FAULT)
    etcd, controllers = found.judgements
    assert etcd.verdict is Verdict.PASS
    assert controllers.verdict is Verdict.INCONCLUSIVE
    assert "0 of kube-controller-manager" in controllers.reason
    assert [(one.old, one.new, one.first) for one in found.takeovers] == [("a", "b", 15.0)]
    (overlap,) = found.overlaps or ()
    assert (overlap.component, overlap.processes) == ("kube-scheduler", ("cp-1", "cp-2"))
    assert overlap.lower == pytest.approx(0.9)
    assert found.working
    assert found.working.upper == 1.1


def test_what_nobody_looked_at_is_not_covered() -> None:
    found = leaders(timeline({}), fault=FAULT)
    assert {one.verdict for one in found.judgements} == {Verdict.NOT_COVERED}
    assert (found.takeovers, found.overlaps, found.working) == ((), None, None)
