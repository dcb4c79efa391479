"""What turns the items of etcd red, and what the evidence then names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import (
    Case,
    Change,
    both,
    declared,
    flag,
    is_red,
    member,
    named,
    nodes,
    of,
    one,
    status,
    stranger,
)
from selftests.unit.conformance_parts import members
from selftests.unit.conformance_support import good, known, told, verdict


def without(field: str, key: str) -> Change:
    """Without an entry in a mapping of the facts."""

    def change(facts: f.Facts) -> f.Facts:
        left: dict[str, Any] = {k: v for k, v in getattr(facts, field).items() if k != key}
        changed: dict[str, Any] = {field: left}
        return replace(facts, **changed)

    return change


RED: list[Case] = [
    (
        "etcd-members-sound",
        member(name="", node=None),
        "e2 (never started) was added and never started",
    ),
    ("etcd-members-sound", member(learner=True), "cp-2 is a learner yet"),
    (
        "etcd-members-sound",
        member(node=None),
        "cp-2 (https://198.51.100.22:2380) stands on no machine",
    ),
    (
        "etcd-members-sound",
        lambda facts: replace(
            facts, etcd=replace(known(facts.etcd), statuses=known(facts.etcd).statuses[:2])
        ),
        "cp-3 does not answer",
    ),
    (
        "etcd-topology",
        nodes(1, roles=("control-plane",)),
        "a member stands on cp-2, which has not the role etcd",
    ),
    (
        "etcd-topology",
        declared(etcd_topology="external"),
        "a member stands on the control plane cp-1: not external",
    ),
    (
        "etcd-topology",
        lambda facts: replace(facts, etcd=members(2)),
        "cp-3 has the role etcd, and no member stands there",
    ),
    (
        "etcd-topology",
        one("kubeadm", etcd_endpoints=("https://x:2379",)),
        "stacked by the inventory and external by kubeadm's",
    ),
    (
        "etcd-one-cluster",
        status(cluster="c2"),
        "the cluster id is not one: c1 on cp-1, cp-3; c2 on cp-2",
    ),
    ("etcd-one-cluster", status(version="3.5.9"), "the version is not one: 3.5.9 on cp-2"),
    ("etcd-one-cluster", status(leader=None), "cp-2 know of no leader"),
    (
        "etcd-one-cluster",
        status(leader="e3"),
        "the leader is not one: cp-1 on cp-1, cp-3; cp-3 on cp-2",
    ),
    (
        "etcd-raft-lag",
        status(index=5000, applied=5000),
        "cp-1 is 4900 entries behind",
    ),
    (
        "etcd-raft-lag",
        status(index=1200, applied=100),
        "cp-2 has 1100 entries that it has not applied",
    ),
    (
        "etcd-no-alarms",
        one("etcd", alarms=(f.EtcdAlarm(member="e3", kind="NOSPACE"),)),
        "cp-3 has raised the alarm NOSPACE",
    ),
    (
        "etcd-no-alarms",
        status(errors=("memberID:2 alarm:CORRUPT",)),
        "cp-2 tells of: memberID:2 alarm:CORRUPT",
    ),
    ("etcd-space", status(db_size=2**31, quota=2**31), "cp-2: 2048.0 MiB of 2048.0 MiB, 100%"),
    ("etcd-space", status(db_size=1_900_000_000), "cp-2: 1812.0 MiB of 2048.0 MiB"),
    (
        "etcd-fragmentation",
        status(db_size=400 * 2**20, db_in_use=100 * 2**20),
        "cp-2: 300.0 MiB of 400.0 MiB are free inside",
    ),
    (
        "etcd-wal-fsync",
        of("etcd_metrics", "cp-2", deep.metrics("cp-2", fsync=0.031)),
        "cp-2: writing its log took 31 ms at most, 99 times of 100 (n = 5000), and 10 ms",
    ),
    (
        "etcd-backend-commit",
        of("etcd_metrics", "cp-2", deep.metrics("cp-2", commit=0.120)),
        "committing its database took 120 ms at most",
    ),
    (
        "etcd-timing",
        flag("etcd", "election-timeout", "2000", "cp-2"),
        "differ: cp-1 100 ms/1000 ms, cp-2 100 ms/2000 ms",
    ),
    (
        "etcd-timing",
        flag("etcd", "election-timeout", "400"),
        "one late heartbeat or two are an election",
    ),
    (
        "etcd-timing",
        both(flag("etcd", "heartbeat-interval", "3000"), flag("etcd", "election-timeout", "15001")),
        "nobody leads for up to 30002 ms, and 30000 ms is allowed",
    ),
    (
        "etcd-timing",
        flag("etcd", "heartbeat-interval", "1"),
        "heartbeat 1 ms, election time-out 1000 ms, and the way from",
    ),
    (
        "etcd-client-tls",
        stranger("etcd client", "cp-2", "/version", 200),
        "cp-2 (198.51.100.22:2379) answers /version to a client without a certificate (200)",
    ),
    (
        "etcd-client-tls",
        flag("etcd", "client-cert-auth", None, "cp-3"),
        "etcd on cp-3 runs without --client-cert-auth",
    ),
    (
        "etcd-client-tls",
        member(client_urls=("http://198.51.100.22:2379",)),
        "cp-2 serves clients without TLS",
    ),
    (
        "etcd-peer-tls",
        stranger("etcd peer", "cp-2", "/version", 404),
        "cp-2 (198.51.100.22:2380) answers /version to a peer",
    ),
    (
        "etcd-peer-tls",
        flag("etcd", "peer-client-cert-auth", "false", "cp-3"),
        "etcd on cp-3 runs without --peer-client-cert-auth",
    ),
    (
        "apiservers-know-etcd",
        flag("kube-apiserver", "etcd-servers", "https://198.51.100.29:2379", "cp-2"),
        "the apiserver of cp-2 knows https://198.51.100.29:2379, where no member is",
    ),
    (
        "apiservers-know-etcd",
        flag("kube-apiserver", "etcd-servers", "http://127.0.0.1:2379", "cp-2"),
        "the apiserver of cp-2 speaks to http://127.0.0.1:2379 without TLS",
    ),
    (
        "apiservers-know-etcd",
        both(
            declared(etcd_topology="external"),
            flag("kube-apiserver", "etcd-servers", "https://198.51.100.21:2379"),
        ),
        "knows 1 of 3 members",
    ),
    (
        "apiservers-know-etcd",
        flag("kube-apiserver", "etcd-servers", "https://198.51.100.21:2379"),
        "the apiserver of cp-2 knows 1 of 3 members, and not its own: https://198.51.100.21:2379",
    ),
    (
        "apiservers-know-etcd",
        lambda facts: replace(facts, etcd=members(2)),
        "the apiserver of cp-3 knows https://127.0.0.1:2379, and no member is on its machine",
    ),
    (
        "etcd-corruption-check",
        flag("etcd", "feature-gates", None, "cp-2"),
        "etcd on cp-2 never compares its data",
    ),
]


@pytest.mark.parametrize(("item", "change", "said"), named(RED))
def test_what_is_wrong_is_told_by_name(item: str, change: Change, said: str) -> None:
    is_red(item, change, said)


def second(flags: dict[str, str], on: str = "cp-2") -> Change:
    """With another etcd beside the programs of a machine."""

    def change(facts: f.Facts) -> f.Facts:
        more = f.Component(node=on, name="etcd", flags=flags, source="process")
        return of("components", on, (*known(facts.components.get(on, ())), more))(facts)

    return change


def by_file(facts: f.Facts) -> f.Facts:
    """With a configuration file that decides how cp-2's etcd runs."""
    programs = known(facts.components["cp-2"])
    told = {"config-file": "/etc/etcd.yaml"}
    changed = tuple(replace(c, flags=told) if c.name == "etcd" else c for c in programs)
    return of("components", "cp-2", changed)(facts)


URL = {"advertise-client-urls": "https://198.51.100.22:2379"}
EVENTS = {"advertise-client-urls": "https://198.51.100.22:2383"}
TLS = ("etcd-client-tls", "etcd-peer-tls")
MEMBERS = (*TLS, "etcd-timing", "etcd-corruption-check")
UNROLED = both(of("components", "cp-2", ()), without("etcd_metrics", "cp-2"))
NAMED = member(
    node=None,
    client_urls=("https://e2.example.com:2379",),
    peer_urls=("https://e2.example.com:2380",),
)
UNDECLARED = both(*(nodes(n, roles=("control-plane",)) for n in range(3)))
BIG = status(db_size=3 * 2**30)
ALL = ",".join(f"https://198.51.100.2{n}:2379" for n in (1, 2, 3))
ENDS: list[tuple[str, Change, Verdict, str]] = [
    *(
        (
            item,
            both(flag("etcd", "advertise-client-urls", *URL.values(), "cp-2"), second(EVENTS)),
            Verdict.PASS,
            "",
        )
        for item in MEMBERS
    ),
    *((item, second({}, on="worker-9"), Verdict.PASS, "") for item in MEMBERS),
    ("etcd-client-tls", second(URL), Verdict.FAIL, "etcd on cp-2 runs without --client-cert-auth"),
    ("etcd-timing", by_file, Verdict.NOT_COVERED, "etcd on cp-2: /etc/etcd.yaml decides it"),
    ("etcd-corruption-check", by_file, Verdict.NOT_COVERED, "/etc/etcd.yaml decides it"),
    *((item, by_file, Verdict.PASS, "cp-2 (198.51.100.22") for item in TLS),
    *((item, UNROLED, Verdict.NOT_COVERED, "process of cp-2: it was not seen") for item in MEMBERS),
    *(
        (item, UNROLED, Verdict.NOT_COVERED, "the metrics of cp-2: its machine was not asked")
        for item in ("etcd-wal-fsync", "etcd-backend-commit")
    ),
    (
        "etcd-space",
        both(BIG, flag("etcd", "quota-backend-bytes", "8589934592", "cp-2")),
        Verdict.PASS,
        "cp-2: 3072.0 MiB of 8192.0 MiB",
    ),
    ("etcd-space", both(BIG, flag("etcd", "quota-backend-bytes", "0")), Verdict.FAIL, "of 2048.0"),
    *(
        ("etcd-space", both(BIG, unread), Verdict.NOT_COVERED, "the quota of cp-2: its status does")
        for unread in (UNROLED, by_file)
    ),
    *(
        (
            "apiservers-know-etcd",
            flag("kube-apiserver", "etcd-servers", urls, "cp-2"),
            Verdict.PASS,
            "of cp-2 knows https://",
        )
        for urls in (ALL, "https://198.51.100.22:2379", "https://cp-2:2379")
    ),
    (
        "apiservers-know-etcd",
        flag("kube-apiserver", "etcd-servers", ALL[:-27]),
        Verdict.FAIL,
        "of cp-3 knows 2 of 3 members, and not its own",
    ),
    ("etcd-topology", both(UNROLED, second({})), Verdict.PASS, "a member stands on cp-2"),
]


@pytest.mark.parametrize(("item", "change", "ends", "said"), ENDS, ids=range(len(ENDS)))
def test_whose_etcd_is_judged(item: str, change: Change, ends: Verdict, said: str) -> None:
    facts = change(good())
    assert (verdict(item, facts), said in told(item, facts)) == (ends, True), told(item, facts)
