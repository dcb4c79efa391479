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
    upgraded,
    without,
)
from selftests.unit.conformance_changes import status as etcd_status
from selftests.unit.conformance_deep import PLANES
from selftests.unit.conformance_parts import NOW, members, node
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

CP = ("control-plane", "spare")

ELSEWHERE = (
    *("control-planes-odd", "control-planes-over-hosts", "control-plane-taints"),
    *("zone-loss-leaves-control-plane", "control-planes-over-zones"),
    "kubernetes-service-endpoints",
)


def four(facts: f.Facts) -> f.Facts:
    """With a fourth control plane."""
    return replace(
        facts, nodes=(*known(facts.nodes), node("cp-4", 4, "control-plane")), etcd=members(4)
    )


UNSEEN: list[tuple[str, Change]] = [
    ("nodes-replaced", lambda facts: replace(facts, replacing=SILENT)),
    ("control-planes-over-hosts", kubernetes(1, machine="")),
    (
        "control-planes-odd",
        lambda facts: four(replace(declared(etcd_topology=None)(facts), kubeadm=SILENT)),
    ),
    ("control-planes-over-hosts", nodes(0, host="h1")),
    ("zone-loss-leaves-control-plane", of("components", "cp-2", SILENT)),
    (
        "zone-loss-leaves-control-plane",
        both(without("kube-scheduler"), of("components", "cp-2", SILENT)),
    ),
    ("zone-loss-leaves-control-plane", lambda facts: replace(facts, components={})),
    ("control-plane-uses-endpoint", of("kubeconfigs", "cp-2", SILENT)),
    ("control-plane-uses-endpoint", of("kubeconfigs", "cp-2", ())),
    ("kubeadm-cert-sans", lambda facts: replace(facts, services=SILENT)),
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
    ("version-skew", both(upgraded("cp-1", index=0), of("kubeconfigs", "cp-1", SILENT))),
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
    ("encryption-config-equal", of("encryption_configs", "cp-2", deep.encryption(changed=True))),
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
    ("cluster-admin-bindings", lambda facts: replace(facts, powerful=SILENT)),
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
    theirs = replace(facts, nodes=mine, components={}, apiservers=("192.0.2.1:443",))
    return declared(etcd_topology=None)(theirs)


FINE: list[tuple[str, Change, str]] = [
    ("control-planes-odd", declared(etcd_topology="external"), "cp-3): 2 may be lost"),
    (
        "control-planes-odd",
        both(
            declared(etcd_topology=None), one("kubeadm", etcd_endpoints=("https://etcd-1",)), four
        ),
        "cp-4): 3 may be lost",
    ),
    (
        "control-planes-odd",
        lambda facts: replace(spare(spare(facts)), etcd=members(5)),
        "3 control planes (cp-1, cp-2, cp-3): 2 may be lost, and 2 of etcd's 5 voters",
    ),
    ("spare-control-planes", lambda facts: spare(facts), "cp-4 is joined, Ready and spare"),
    (
        "control-planes-over-hosts",
        both(nodes(0, host="h1"), nodes(1, host="h2"), nodes(2, host="h3")),
        "h3 holds cp-3; without it a quorum is left",
    ),
    ("control-plane-taints", lambda facts: alone(facts), "there is no worker"),
    (
        "kubernetes-service-endpoints",
        lambda facts: both(
            flag("kube-apiserver", "advertise-address", "10.9.0.2", "cp-2"), sent("10.9.0.2")
        )(facts),
        "it sends to 10.9.0.2:6443, 198.51.100.21:6443, 198.51.100.23:6443, and all answer",
    ),
    (
        "kubernetes-service-endpoints",
        lambda facts: both(
            kubernetes(1, addresses=("198.51.100.22", "2001:db8::2")), sent("[2001:db8::2]")
        )(facts),
        "[2001:db8::2]:6443, and all answer",
    ),
    ("version-skew", upgraded("cp-1", index=0), "apiservers: v1.36, v1.37"),
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


def sent(address: str) -> Change:
    """With the Service kubernetes sending to this address in the place of cp-2's."""

    def change(facts: f.Facts) -> f.Facts:
        first, _, last = known(facts.apiservers)
        return replace(facts, apiservers=(first, f"{address}:6443", last))

    return change


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
