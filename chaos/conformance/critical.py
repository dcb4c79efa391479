"""The workloads that must survive."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, NotAvailable, Workload
from chaos.conformance.outcome import Findings

DNS, COREDNS = "the cluster's DNS", "Deployment kube-system/coredns"


def critical(facts: Facts, inventory: Declared, findings: Findings) -> Iterator[Workload]:
    """Those that are not scaled to 0; what must be among them and is not is noted."""
    if isinstance(facts.workloads, NotAvailable):
        findings.gap("the critical workloads", facts.workloads)
        return
    _expected(facts.workloads, inventory, findings)
    for workload in facts.workloads:
        if workload.replicas == 0:
            findings.good.append(f"{workload} is scaled to 0")
        else:
            yield workload


def _expected(workloads: tuple[Workload, ...], inventory: Declared, findings: Findings) -> None:
    """What must be among them; a list that is empty proves nothing."""
    if not any(w.critical == DNS or str(w) == COREDNS for w in workloads):
        findings.gap(DNS, "no Deployment of kube-system has the label k8s-app=kube-dns")
    for namespace in inventory.critical_namespaces:
        if not any(w.namespace == namespace for w in workloads):
            findings.gap(f"the namespace {namespace}", "it has no Deployment and no StatefulSet")
