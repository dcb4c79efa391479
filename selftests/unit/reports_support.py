"""A run with every verdict in it, as the engine would hand it over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.findings import Bounds
from chaos.measure.verdict import Verdict
from chaos.result import (
    CheckResult,
    ClusterResult,
    ExperimentResult,
    OutageResult,
    Phase,
    ProbeResult,
    RunResult,
)

NONE = Bounds(lower=0.0, upper=0.0)


def outage(begins: float, lower: float, upper: float | None, failed: int = 20) -> OutageResult:
    return OutageResult(
        begins=begins,
        length=Bounds(lower=lower, upper=upper),
        failed=failed,
        attempted=failed,
        classes={"connect": failed - 1, "timeout": 1},
    )


def probe(name: str, *found: OutageResult, **other: Any) -> ProbeResult:
    failed = sum(one.failed for one in found)
    longest = max((one.length for one in found), key=lambda b: b.upper or 1e9, default=NONE)
    classes = {"ok": 1200 - failed, "connect": failed} if failed else {"ok": 1200}
    given: dict[str, Any] = {
        "probe": name,
        "path": "endpoint",
        "rate": 20.0,
        "samples": 1200,
        "ok": 1200 - failed,
        "failed": failed,
        "not_sent": 0,
        "classes": classes,
        "latency": {"p50": 0.004, "p95": 0.011, "p99": 0.031, "max": 0.208},
        "outages": found,
        "degradations": (),
        "longest_outage": longest,
        "total_outage": longest,
        "recover": longest,
        "budget": {"longest_outage": 30.0, "recover": 30.0},
        "budget_from": "sources",
        "judged": True,
        "verdict": Verdict.PASS,
        "reason": f"within budget: longest outage {longest.lower:.2f} to {longest.upper} s",
    }
    return ProbeResult(**given | other)


def told(name: str) -> ProbeResult:
    """A probe that is shown and not judged."""
    return probe(
        name, judged=False, budget={}, budget_from="", verdict=Verdict.NOT_COVERED, reason="told"
    )


def experiment(fault: str, target: str, *probes: ProbeResult, **other: Any) -> ExperimentResult:
    begins = "2026-11-20T14:02:11.250+00:00"
    name = other.get("name", f"{fault}-{target}".replace(" ", "-"))
    given: dict[str, Any] = {
        "name": name,
        "fault": fault,
        "variant": "kill",
        "target": target,
        "nodes": ("cp-2",),
        "seed": 7,
        "hold": 30.0,
        "begins": begins,
        "phases": tuple(
            Phase(name=phase, begins=begins, seconds=took)
            for phase, took in (("baseline", 10.0), ("inject", 0.4), ("hold", 30.0), ("heal", 1.2))
        ),
        "manifested": True,
        "evidence": dict.fromkeys(other.get("nodes", ["cp-2"]), "inactive since 14:02:21"),
        "probes": probes,
        "service": max((p.recover for p in probes if p.recover), key=str, default=None),
        "redundancy": 12.4,
        "redundancy_budget": 120.0,
        "timeline": f"experiments/{name}/timeline.jsonl",
        "verdict": Verdict.PASS,
        "reason": "api-read-new: within budget: longest outage 1.20 to 1.31 s, budget 30 s",
    }
    return ExperimentResult(**given | other)


def check(
    identity: str, title: str, verdict: Verdict = Verdict.PASS, *evidence: str, **other: Any
) -> CheckResult:
    given: dict[str, Any] = {
        "id": identity,
        "title": title,
        "severity": "high",
        "verdict": verdict,
        "evidence": evidence or ("cp-1, cp-2 and cp-3 were looked at.",),
        "remedy": "Do as the source says.",
        "source": "https://kubernetes.io/docs/setup/best-practices/",
        "topic": identity.split("-", maxsplit=1)[0],
        "seconds": 0.02,
    }
    return CheckResult(**given | other)


CHECKS = (
    check("etcd-odd-voters", "An odd number of etcd voters", severity="critical"),
    check("zones-quorum", "No zone holds a quorum of the control planes", severity="critical"),
    check(
        *("apiserver-names", "Every live certificate names the balancer", Verdict.FAIL),
        "cp-2 [10.0.0.12]:6443 does not name api.example | 10.0.0.100.",
        "cp-1 and cp-3 name both.",
        severity="critical",
        remedy="Renew it with the balancer among certSANs: kubeadm init phase certs apiserver.",
    ),
    check("certificates-expiry", "Certificates last more than 30 days"),
    check(
        *("spread-declared", "Critical workloads stand apart", Verdict.FAIL),
        "coredns: both replicas are on worker-1.",
        waiver="moves with the next upgrade, ends 2026-12-31",
    ),
    check(
        *("etcd-backup", "A fresh backup of etcd, off its node", Verdict.NOT_COVERED),
        "The inventory names no backups.",
        severity="critical",
    ),
    check(
        *("balancer-health", "The balancer checks every apiserver's health", Verdict.INCONCLUSIVE),
        "lb-2: the statistics were read twice and differ.",
    ),
    check("leader-election", "Leader election is on, with one fresh holder each"),
    check("pdb-present", "PodDisruptionBudgets", severity="low"),
    check(
        *("encryption-at-rest", "Secrets are encrypted in etcd", Verdict.NOT_COVERED),
        "No shell on the etcd nodes.",
        severity="low",
    ),
)

OPEN = outage(0.4, 29.1, None, 580)
SHORT = outage(0.31, 1.2, 1.31)
DEGRADED = OutageResult(
    begins=0.5, length=Bounds(lower=8.0, upper=8.3), failed=50, attempted=160, classes={"reset": 50}
)

EXPERIMENTS = (
    experiment(
        *("kubelet_stop", "one control plane", probe("api-read-new"), probe("api-write")),
        reason="api-read-new: within budget: longest outage 0.00 to 0.00 s, budget 30 s",
    ),
    experiment(
        *("etcd_stop", "etcd_leader", probe("api-read-new", SHORT), probe("api-write", SHORT)),
        told("api-read-reused"),
    ),
    experiment(
        "zone_partition",
        "zone b",
        probe("api-read-new", SHORT, degradations=(DEGRADED,)),
        probe(
            *("api-write", OPEN),
            recover=Bounds(lower=29.5, upper=None),
            verdict=Verdict.FAIL,
            reason="over budget: longest outage 29.10 to 31.20 s, budget 30 s",
        ),
        variant="silent",
        nodes=("cp-2", "worker-2"),
        service=Bounds(lower=29.5, upper=None),
        redundancy=None,
        verdict=Verdict.FAIL,
        reason="api-write: over budget: longest outage 29.10 to 31.20 s, budget 30 s",
    ),
    experiment(
        *("containerd_stop", "one control plane", probe("api-read-new")),
        manifested=False,
        evidence={},
        verdict=Verdict.INCONCLUSIVE,
        reason="the fault did not show: nothing was proved by surviving it",
    ),
    experiment(
        "balancer_kill",
        "vip_holder",
        probe("api-read-new", outage(0.1, 3.05, 3.2, 61)),
        nodes=("lb-1",),
        redundancy=None,
        verdict=Verdict.UNHEALED,
        reason="lb-1: haproxy.service is inactive after the heal, and was active before",
    ),
    experiment(
        *("etcd_stop", "one control plane"),
        name="etcd_stop-silent",
        variant="silent",
        nodes=(),
        begins="",
        phases=(),
        manifested=False,
        evidence={},
        service=None,
        redundancy=None,
        redundancy_budget=None,
        timeline="",
        verdict=Verdict.NOT_COVERED,
        reason="the inventory does not allow it",
    ),
)


def run_result(**other: Any) -> RunResult:
    """A gate that went as badly as can be: FAIL, INCONCLUSIVE, UNHEALED, NOT_COVERED, waived."""
    given: dict[str, Any] = {
        "run": "20261120T140155Z-3f9a",
        "profile": "gate",
        "begins": "2026-11-20T14:01:55.000+00:00",
        "seconds": 512.25,
        "seed": 7,
        "cluster": ClusterResult(
            name="staging",
            uid="6a1f0c52-9f0e-4c0a-8f0d-1b7a3d0f2c11",
            environment="staging",
            versions={"kubernetes": "v1.34.1", "etcd": "3.6.5"},
        ),
        "checks": CHECKS,
        "experiments": EXPERIMENTS,
        "verdict": Verdict.UNHEALED,
        "reason": "balancer_kill on vip_holder is not healed: haproxy.service is inactive on lb-1.",
        "interrupted": "SIGTERM after balancer_kill",
        "holdfast": "0.1.0",
    }
    return RunResult(**given | other)


def good_run(
    checks: Sequence[CheckResult] = (CHECKS[0], CHECKS[4]),
    experiments: Sequence[ExperimentResult] = EXPERIMENTS[:2],
    **other: Any,
) -> RunResult:
    """One that passed, with a waiver."""
    given: dict[str, Any] = {
        "checks": tuple(checks),
        "experiments": tuple(experiments),
        "verdict": Verdict.PASS,
        "reason": "2 checks and 2 experiments passed.",
        "interrupted": "",
    }
    return dataclasses.replace(run_result(), **given | other)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
