"""The workloads that must survive."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, NotAvailable, Workload
from chaos.conformance.outcome import Findings

DNS, COREDNS = "the cluster's DNS", "Deployment kube-system/coredns"


def critical(facts: Facts, inventory: Declared, findings: Findings) -> Iterator[Workload]:
    """Those of which something should run; what must be among them and is not is noted.

    What is scaled to 0 has nothing to look at; a cluster whose DNS is has none, and it is looked at
    all the same.
    """
    if isinstance(facts.workloads, NotAvailable):
        findings.gap("the critical workloads", facts.workloads)
        return
    _expected(facts.workloads, inventory, findings)
    resolved = any(is_dns(one) and one.replicas for one in facts.workloads)
    for workload in facts.workloads:
        if workload.replicas or (is_dns(workload) and not resolved):
            yield workload
        else:
            findings.gap(str(workload), "it is scaled to 0: nothing of it runs")


def is_dns(workload: Workload) -> bool:
    """Whether it is the cluster's DNS, for whatever else it is critical."""
    return workload.critical == DNS or str(workload) == COREDNS


def not_judged(facts: Facts, inventory: Declared) -> list[str]:
    """Whose Pods are in a critical namespace as well, and are looked at by no item.

    A DaemonSet, an operator's own kind, a lone Pod. Jobs end; static Pods, and DaemonSets that the
    cluster is made of, are another item's.
    """
    if isinstance(facts.workloads, NotAvailable) or isinstance(facts.pods, NotAvailable):
        return []
    namespaces = set(inventory.critical_namespaces)
    if not isinstance(facts.network, NotAvailable):
        namespaces |= set(facts.network.namespaces)
    judged = set(map(str, facts.workloads))
    if not isinstance(facts.system, NotAvailable):
        judged |= set(map(str, facts.system.daemonsets))
    found = {group.owner for group in facts.pods}
    return sorted(
        owner
        for owner in found
        if _namespace(owner) in namespaces
        and not owner.startswith(("Job ", "Node "))
        and _workload(owner) not in judged
    )


def _namespace(owner: str) -> str:
    return owner.partition(" ")[2].partition("/")[0]


def _workload(owner: str) -> str:
    """A ReplicaSet's Deployment, whose name it has and a hash; else the same."""
    kind, _, name = owner.partition(" ")
    return f"Deployment {name.rpartition('-')[0]}" if kind == "ReplicaSet" else owner


def _expected(workloads: tuple[Workload, ...], inventory: Declared, findings: Findings) -> None:
    """What must be among them; a list that is empty proves nothing."""
    if not any(map(is_dns, workloads)):
        findings.gap(DNS, "no Deployment of kube-system has the label k8s-app=kube-dns")
    for namespace in inventory.critical_namespaces:
        if not any(w.namespace == namespace for w in workloads):
            findings.gap(f"the namespace {namespace}", "it has no Deployment and no StatefulSet")
