"""etcd's members, and what they say of each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chaos.cluster.facts import EtcdAlarm, Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import Change, recorded

WHO = "cp-2"
MIB = 2**20


def status(**changes: Any) -> Change:
    """With something else said by etcd's member on cp-2."""

    def change(facts: Facts) -> Facts:
        etcd = the.known(facts.etcd)
        mine = _member(facts)
        told = the.where(etcd.statuses, lambda one: one.member == mine, **changes)
        return the.of("etcd", statuses=told)(facts)

    return change


def _member(facts: Facts) -> str:
    return next(one.id for one in the.known(facts.etcd).members if one.node == WHO)


@recorded("etcd-one-cluster", r"^the cluster id is not one: .*badc0de on cp-2")
def bootstrapped_anew(facts: Facts) -> Facts:
    """One member was started as a cluster of its own: two clusters take writes, one is lost."""
    return status(cluster="badc0de")(facts)


@recorded("etcd-one-cluster", r"^cp-2 know of no leader")
def member_without_a_leader(facts: Facts) -> Facts:
    """One member is cut off from the others, and knows of no leader."""
    return status(leader=None)(facts)


@recorded("etcd-raft-lag", r"^cp-2 is 4000 entries behind, and 1000 are allowed")
def member_far_behind(facts: Facts) -> Facts:
    """One member's disk is so slow that it is 4,000 entries behind: it is no redundancy."""
    top = max(one.index for one in the.known(facts.etcd).statuses)
    ahead = top + 4000
    etcd = the.known(facts.etcd)
    mine = _member(facts)
    others = the.where(etcd.statuses, lambda one: one.member != mine, index=ahead, applied=ahead)
    one = replace(facts, etcd=replace(etcd, statuses=others))
    return status(index=top, applied=top)(one)


@recorded("etcd-no-alarms", r"^cp-2 has raised the alarm NOSPACE")
def no_space(facts: Facts) -> Facts:
    """One member's database has reached its quota: all refuse every write until it is disarmed."""
    return the.of("etcd", alarms=(EtcdAlarm(member=_member(facts), kind="NOSPACE"),))(facts)


@recorded("etcd-space", r"^cp-2: 1900\.0 MiB of 2048\.0 MiB, 93%")
def nearly_full(facts: Facts) -> Facts:
    """One member's database takes 93 % of its quota, and nearly all of it is in use."""
    return status(db_size=1900 * MIB, db_in_use=1800 * MIB, quota=2048 * MIB)(facts)


@recorded("etcd-fragmentation", r"^cp-2: 300\.0 MiB of 400\.0 MiB are free inside")
def mostly_air(facts: Facts) -> Facts:
    """One member was never defragmented: of 400 MiB on disk three quarters are free inside."""
    return status(db_size=400 * MIB, db_in_use=100 * MIB)(facts)


@recorded("etcd-client-tls", rf"^etcd on {WHO} runs without --client-cert-auth")
def anybody_reads_it(facts: Facts) -> Facts:
    """One member asks its clients for no certificate: who reaches its port reads every Secret.

    In the lab its node is not Ready for so long, as etcd starts anew, that more than this goes red.
    """
    return the.flags("etcd", {"client-cert-auth": "false"}, WHO)(facts)
