"""The control plane's items where something could not be looked at, and where a fault is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster import facts as f
from chaos.conformance.outcome import Findings
from chaos.measure.verdict import Verdict
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import (
    Change,
    both,
    declared,
    flag,
    kubernetes,
    nodes,
    of,
    one,
)
from selftests.unit.conformance_changes import status as etcd_status
from selftests.unit.conformance_deep import PLANES
from selftests.unit.conformance_parts import NOW, members, node
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

CP = ("control-plane", "spare")

ELSEWHERE = (
    *("control-planes-odd", "control-planes-over-hosts", "control-plane-taints"),
    "zone-loss-leaves-control-plane",
)

UNSEEN: list[tuple[str, Change]] = [
    ("nodes-replaced", lambda facts: replace(facts, replacing=SILENT)),
    ("control-planes-over-hosts", kubernetes(1, machine="")),
    ("control-planes-over-hosts", nodes(0, host="h1")),
    ("zone-loss-leaves-control-plane", of("components", "cp-2", SILENT)),
    ("workers-use-endpoint", of("kubeconfigs", "worker-2", SILENT)),
    ("workers-use-endpoint", of("kubeconfigs", "worker-2", ())),
    (
        "workers-use-endpoint",
        of(
            "kubeconfigs",
            "worker-2",
            (
                f.KubeconfigFile(
                    path="/etc/kubernetes/kubelet.conf", server="https://127.0.0.1:8443"
                ),
            ),
        ),
    ),
    ("kube-proxy-uses-endpoint", of("pointers", "kube-proxy", SILENT)),
    ("cluster-info-uses-endpoint", of("pointers", "cluster-info", SILENT)),
    ("version-skew", lambda facts: replace(facts, versions=SILENT)),
    ("control-plane-versions-equal", lambda facts: replace(facts, versions=())),
    ("etcd-one-cluster", lambda facts: replace(facts, etcd=few(1))),
    ("etcd-raft-lag", lambda facts: replace(facts, etcd=few(1))),
    ("etcd-no-alarms", one("etcd", alarms=SILENT)),
    ("etcd-space", lambda facts: replace(facts, etcd=few(3))),
    ("etcd-fragmentation", lambda facts: replace(facts, etcd=few(3))),
    ("etcd-wal-fsync", of("etcd_metrics", "cp-2", SILENT)),
    ("etcd-wal-fsync", of("etcd_metrics", "cp-2", replace(deep.metrics("cp-2"), fsyncs=99))),
    ("etcd-backend-commit", of("etcd_metrics", "cp-2", SILENT)),
    ("etcd-timing", lambda facts: replace(facts, etcd_metrics={})),
    ("etcd-client-tls", lambda facts: replace(facts, anonymous=())),
    ("etcd-peer-tls", lambda facts: replace(facts, anonymous=SILENT)),
    ("apiservers-know-etcd", flag("kube-apiserver", "etcd-servers", None, "cp-2")),
    ("etcd-corruption-check", of("components", "cp-2", SILENT)),
    ("encryption-config-equal", of("encryption_configs", "cp-2", SILENT)),
    ("encryption-provider-first", of("encryption_configs", "cp-2", SILENT)),
    ("encryption-key-own", of("encryption_configs", "cp-2", SILENT)),
    ("encryption-resources", lambda facts: replace(facts, encryption=SILENT)),
    (
        "encryption-resources",
        of(
            "encryption_configs",
            "cp-2",
            deep.encryption(
                rules=(f.EncryptionRule(resources=("tokens.example.com",), providers=("kms",)),)
            ),
        ),
    ),
    ("backup-schedule", lambda facts: replace(facts, schedules={"cp-1": SILENT})),
    ("backup-last-run", of("schedules", "cp-2", SILENT)),
    ("backup-last-run", of("schedules", "cp-2", (deep.timer(kind="cron", last=None),))),
    ("backup-size", lambda facts: replace(facts, etcd=SILENT)),
    ("backup-restores", lambda facts: replace(facts, restored=SILENT)),
    ("backup-restores", one("restored", live_keys=None, ours=None)),
    ("backup-restores", one("restored", ours=None)),
    ("backup-pki", lambda facts: replace(facts, nodes=SILENT)),
    ("authorities-one-year", of("stored_certificates", "cp-2", SILENT)),
    ("certificates-names-complete", lambda facts: replace(facts, served_certificates=())),
    ("certificates-names-complete", lambda facts: replace(facts, services=SILENT)),
    ("certificates-names-complete", lambda facts: replace(facts, services=())),
    ("certificates-names-complete", of("components", "cp-2", SILENT)),
    ("certificates-chain", of("stored_certificates", "cp-2", SILENT)),
    ("certificates-usage", of("stored_certificates", "cp-2", SILENT)),
    ("certificates-live-equal-disk", of("stored_certificates", "cp-2", SILENT)),
    ("kubelet-certificate-rotation", of("kubelets", "worker-2", SILENT)),
    ("authorities-equal", of("stored_certificates", "cp-2", SILENT)),
    ("authorities-equal", of("keys", "cp-2", SILENT)),
    ("service-account-keys-equal", of("keys", "cp-2", ())),
    ("private-keys-private", lambda facts: replace(facts, keys={})),
    ("private-keys-private", of("keys", "etcd-1", SILENT)),
    ("apiserver-tls", of("components", "cp-2", SILENT)),
    ("apiserver-authorization", flag("kube-apiserver", "authorization-config", "/etc/x.yaml")),
    ("apiserver-node-restriction", lambda facts: replace(facts, components={})),
    ("apiserver-anonymous", lambda facts: replace(facts, anonymous=SILENT)),
    ("cluster-admin-bindings", lambda facts: replace(facts, bindings=())),
    ("default-service-accounts", lambda facts: replace(facts, bindings=SILENT)),
    (
        "profiling-off",
        both(
            flag("kube-scheduler", "profiling", None, "cp-2"),
            flag("kube-scheduler", "config", "/etc/s.yaml", "cp-2"),
        ),
    ),
    ("kubelet-authentication", lambda facts: replace(facts, anonymous=())),
    ("leader-election-settings", lambda facts: replace(facts, leases=SILENT)),
    ("leader-election-release", lambda facts: replace(facts, versions=())),
    *((item, lambda facts: elsewhere(facts)) for item in ELSEWHERE),
    ("apiserver-anonymous", lambda facts: closed("apiserver")(facts)),
    (
        "kubelet-authentication",
        lambda facts: both(closed("kubelet"), of("kubelets", "cp-1", SILENT))(facts),
    ),
]


def closed(what: str) -> Change:
    """With ports that nobody here can reach."""

    def change(facts: f.Facts) -> f.Facts:
        tried = tuple(
            replace(t, status=None, ended="timed out", reached=False) if t.what == what else t
            for t in known(facts.anonymous)
        )
        return replace(facts, anonymous=tried)

    return change


def elsewhere(facts: f.Facts) -> f.Facts:
    """With a control plane that somebody else runs."""
    mine = tuple(n for n in known(facts.nodes) if n.name not in PLANES)
    return declared(etcd_topology=None)(replace(facts, nodes=mine))


FINE: list[tuple[str, Change, str]] = [
    ("control-planes-odd", declared(etcd_topology="external"), "2 may be lost"),
    ("spare-control-planes", lambda facts: spare(facts), "cp-4 is joined, Ready and spare"),
    (
        "control-planes-over-hosts",
        both(nodes(0, host="h1"), nodes(1, host="h2"), nodes(2, host="h3")),
        "h3 holds cp-3; without it a quorum is left",
    ),
    ("control-plane-taints", lambda facts: alone(facts), "there is no worker"),
    ("version-skew", kubernetes(4, kubelet="v1.33.9"), "kubelet: v1.33.9, v1.36.2"),
    ("etcd-fragmentation", etcd_status(db_size=90 * 2**20, db_in_use=2**20), "free inside"),
    (
        "etcd-corruption-check",
        both(
            flag("etcd", "feature-gates", None),
            flag("etcd", "experimental-corrupt-check-time", "4h0m0s"),
        ),
        "compares its data every 4h0m0s",
    ),
    (
        "backup-last-run",
        both(
            of("schedules", "cp-2", (deep.timer(last=None, result=""),)),
            lambda facts: replace(facts, created=NOW - timedelta(minutes=5)),
        ),
        "etcd-backup.timer on cp-2 has not run yet, and the cluster is 5 min old",
    ),
    (
        "backup-retention",
        both(
            declared(backup_keep=9),
            lambda facts: replace(facts, created=NOW - timedelta(minutes=50)),
        ),
        "the cluster is 50 min old",
    ),
    (
        "kubelet-authentication",
        of("kubelets", "worker-2", SILENT),
        "6 kubelets turned a stranger away",
    ),
    (
        "leader-election-release",
        flag(
            "kube-controller-manager",
            "feature-gates",
            "ControllerManagerReleaseLeaderElectionLockOnExit=true",
        ),
        "kube-controller-manager on cp-1, cp-2, cp-3 gives its lease up at a clean end",
    ),
    ("leader-election-release", lambda facts: facts, "the next leads after 15 s to 17.4 s"),
    (
        "kubelet-authentication",
        closed("kubelet"),
        "worker-3: closed to us, and told to turn strangers away",
    ),
    (
        "etcd-peer-tls",
        closed("etcd peer"),
        "cp-2 (198.51.100.22:2380) is closed to us, and told to demand certificates",
    ),
    (
        "backup-last-run",
        of("schedules", "cp-2", (deep.timer(result=""),)),
        "on cp-2 ran 12 min ago; how it ended is not kept",
    ),
]


def few(count: int) -> f.EtcdFacts:
    """With as many members that gave no status."""
    return replace(members(3), statuses=members(3).statuses[count:])


def spare(facts: f.Facts) -> f.Facts:
    """With a spare control plane."""
    one_more = replace(node("cp-4", 4, "control-plane"), roles=CP)
    return replace(facts, nodes=(*known(facts.nodes), one_more))


def alone(facts: f.Facts) -> f.Facts:
    """Without workers, and without taints."""
    mine = tuple(n for n in known(facts.nodes) if n.name in PLANES)
    seen = replace(known(mine[0].kubernetes), taints=())
    return replace(facts, nodes=at(mine, 0, kubernetes=seen))


@pytest.mark.parametrize(
    ("item", "change"), [pytest.param(*c, id=f"{c[0]}-{n}") for n, c in enumerate(UNSEEN)]
)
def test_what_could_not_be_looked_at_never_passes(item: str, change: Change) -> None:
    facts = change(good())
    assert verdict(item, facts) is Verdict.NOT_COVERED, told(item, facts)


@pytest.mark.parametrize(
    ("item", "change", "said"), [pytest.param(*c, id=f"{c[0]}-{n}") for n, c in enumerate(FINE)]
)
def test_what_is_no_fault(item: str, change: Change, said: str) -> None:
    facts = change(good())
    assert verdict(item, facts) is Verdict.PASS, told(item, facts)
    assert said in told(item, facts)


def test_whoever_runs_etcd_backs_it_up() -> None:
    facts = declared(etcd_topology=None, backup_max_age=None)(good())
    for item in ("backup-schedule", "backup-last-run", "backup-size", "backup-restores"):
        assert verdict(item, facts) is Verdict.NOT_COVERED
    nobody = declared(backup_max_age=None)(good())
    for item in ("backup-size", "backup-retention", "backup-pki"):
        assert verdict(item, nobody) is Verdict.FAIL
        assert "nobody knows of any" in told(item, nobody)


def test_of_a_thousand_good_nodes_the_first_are_told() -> None:
    findings = Findings(good=[f"node {n}" for n in range(1000)])
    *first, last = findings.outcome().evidence
    assert first == [f"node {n}" for n in range(40)]
    assert last == "and 960 more that are as they should be"
    assert len(Findings(good=["a"] * 40, wrong=["b"] * 99).outcome().evidence) == 139
