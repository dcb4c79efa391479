"""Room and time that etcd needs: its database, its disk, its heartbeat."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from chaos.cluster.facts import Component, Declared, EtcdFacts, EtcdMetrics, Facts, NotAvailable
from chaos.conformance.etcd import name_of, silent
from chaos.conformance.etcd_running import decided_by, members_that_run, process_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

# What etcd takes where --quota-backend-bytes is not given.
DEFAULT_QUOTA = 2 * 1024**3
UNBOUND = 2**63 - 1
FULL, LOOSE = 0.8, 0.5
# Below this, what is free inside is of no account.
SMALL = 100 * 1024**2
FEWEST = 100
HEARTBEAT, ELECTION = timedelta(milliseconds=100), timedelta(milliseconds=1000)
LONGEST = timedelta(seconds=50)
# raft waits for one to two times as long, so that not all members stand for election at once.
AT_RANDOM = 2


def has_room(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No database takes more than 80 % of its quota, at which etcd refuses all writes."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    # Whose flags were not read is of account where the status does not tell the quota.
    processes = members_that_run(facts, Findings())
    for status in etcd.statuses:
        member = etcd.member(status.member)
        who = name_of(member) if member else status.endpoint
        quota = status.quota or _quota(process_of(member, processes) if member else None)
        if quota is None:
            why = "its status does not tell it, as of before 3.6, and its flags could not be read"
            findings.gap(f"the quota of {who}", why)
            continue
        part = status.db_size / quota
        told = f"{who}: {_mib(status.db_size)} of {_mib(quota)}, {part:.0%}"
        (findings.wrong if part > FULL else findings.good).append(told)
    silent(etcd, findings)
    return findings.outcome()


def _quota(one: Component | None) -> int | None:
    """The quota that a process is told; None where that is not known."""
    if one is None or decided_by(one):
        return None
    told = one.flags.get("quota-backend-bytes", "0")
    if not re.fullmatch(r"-?\d+", told):
        return None
    # 0 is etcd's own; below it there is none, and it takes what a file can be.
    return int(told) or DEFAULT_QUOTA if int(told) >= 0 else UNBOUND


def not_fragmented(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Not more than half of a database that is large at all is free inside."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    for status in etcd.statuses:
        member = etcd.member(status.member)
        who = name_of(member) if member else status.endpoint
        free = status.db_size - status.db_in_use
        told = f"{who}: {_mib(free)} of {_mib(status.db_size)} are free inside"
        loose = status.db_size > SMALL and free > LOOSE * status.db_size
        (findings.wrong if loose else findings.good).append(told)
    silent(etcd, findings)
    return findings.outcome()


def log_is_written_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The 99th percentile of fsync, since each member started."""
    return _disk(
        "writing its log",
        facts,
        inventory.fsync_p99,
        lambda m: (m.fsync_p99, m.fsyncs),
    )


def database_is_committed_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The 99th percentile of the backend's commit, since each member started."""
    return _disk(
        "committing its database",
        facts,
        inventory.commit_p99,
        lambda m: (m.commit_p99, m.commits),
    )


def _disk(
    what: str,
    facts: Facts,
    limit: timedelta,
    read: Callable[[EtcdMetrics], tuple[timedelta | None, int]],
) -> CheckOutcome:
    if isinstance(facts.etcd, NotAvailable) and not facts.etcd_metrics:
        return not_covered("etcd's metrics", facts.etcd)
    findings = Findings()
    for node, metrics in facts.etcd_metrics.items():
        if isinstance(metrics, NotAvailable):
            findings.gap(f"etcd's metrics on {node}", metrics)
            continue
        p99, count = read(metrics)
        if p99 is None or count < FEWEST:
            findings.gap(f"{what} on {node}", f"it was done {counted(count, 'time')} only")
            continue
        told = f"{node}: {what} took {_ms(p99)} at most, 99 times of 100 (n = {count})"
        if p99 > limit:
            findings.wrong.append(f"{told}, and {_ms(limit)} is allowed")
        else:
            findings.good.append(told)
    if not facts.etcd_metrics:
        findings.gap("etcd's metrics", "no machine was asked for them")
    elif isinstance(facts.etcd, EtcdFacts):
        for member in facts.etcd.members:
            if member.started and member.node not in facts.etcd_metrics:
                findings.gap(f"the metrics of {name_of(member)}", "its machine was not asked")
    return findings.outcome()


def timing_is_sane(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Heartbeat and election equal on all members, and right for the measured way between them."""
    findings = Findings()
    members = members_that_run(facts, findings)
    for one in members:
        if file := decided_by(one):
            findings.gap(f"the timing of etcd on {one.node}", f"{file} decides it")
    settings = {
        one.node: (
            _flag(one.flags.get("heartbeat-interval"), HEARTBEAT),
            _flag(one.flags.get("election-timeout"), ELECTION),
        )
        for one in members
        if not decided_by(one)
    }
    if len(set(settings.values())) > 1:
        told = listed(f"{node} {_ms(h)}/{_ms(e)}" for node, (h, e) in sorted(settings.items()))
        findings.wrong.append(f"heartbeat and election time-out differ: {told}")
    trips = [
        (trip, node)
        for node, metrics in facts.etcd_metrics.items()
        if isinstance(metrics, EtcdMetrics)
        for trip in metrics.round_trips.values()
    ]
    trip, node = max(trips, default=(None, ""))
    for heartbeat, election in sorted(set(settings.values())):
        told = f"heartbeat {_ms(heartbeat)}, election time-out {_ms(election)}"
        if election < 5 * heartbeat:
            findings.wrong.append(f"{told}: one late heartbeat or two are an election")
        elif election > LONGEST:
            findings.wrong.append(f"{told}: more than etcd takes")
        elif election * AT_RANDOM > inventory.objectives.service:
            findings.wrong.append(
                f"{told}: after a loss nobody leads for up to {_ms(election * AT_RANDOM)}, and "
                f"{_ms(inventory.objectives.service)} is allowed"
            )
        elif trip is not None and heartbeat < trip:
            findings.wrong.append(f"{told}, and the way from {node} and back takes {_ms(trip)}")
        elif trip is not None and election < 10 * trip:
            findings.wrong.append(
                f"{told}, not ten times the way from {node} and back ({_ms(trip)})"
            )
        else:
            findings.good.append(told)
    if trip is not None:
        findings.good.append(f"the longest way between two and back: {_ms(trip)}")
    elif len(members) > 1:
        findings.gap("the way between members", "no member has connections of which `ss` tells it")
    return findings.outcome()


def _flag(text: str | None, default: timedelta) -> timedelta:
    return timedelta(milliseconds=int(text)) if text and text.isdigit() else default


def _mib(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"


def _ms(time: timedelta) -> str:
    number = time / timedelta(milliseconds=1)
    return f"{number:.0f} ms" if number >= 100 else f"{number:.3g} ms"
