"""Workloads that must survive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from chaos.cluster.facts import (
    Apart,
    Declared,
    DisruptionBudget,
    Facts,
    NodeFact,
    NotAvailable,
    Workload,
)
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

DNS, COREDNS = "the cluster's DNS", "Deployment kube-system/coredns"


def replicas_are_apart(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Something keeps their Pods apart, over labels that nodes have; and they are apart.

    Apart: no node holds more than half of a workload's ready Pods, and no zone all of them.
    """
    if isinstance(facts.workloads, NotAvailable):
        return not_covered("the critical workloads", facts.workloads)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = {n.name: n for n in facts.nodes if n.kubernetes}
    zones = len({zone_of(n) for n in nodes.values()} - {None})
    _expected(facts.workloads, inventory, findings)
    for workload in facts.workloads:
        if workload.replicas == 0:
            findings.good.append(f"{workload} is scaled to 0")
            continue
        wrong = [*_declared(workload, nodes), *_placed(workload, nodes, zones)]
        findings.wrong += [f"{workload} {what}" for what in wrong]
        if not wrong:
            rules = listed(sorted({rule.topology_key for rule in _own(workload)}))
            on = listed(sorted({place.node for place in workload.pods if place.node}))
            findings.good.append(f"{workload} is kept apart over {rules}, and runs on {on}")
    return findings.outcome()


def budgets_let_one_go(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Exactly one PodDisruptionBudget each; it lets a Pod go now, and not all of them."""
    if isinstance(facts.workloads, NotAvailable):
        return not_covered("the critical workloads", facts.workloads)
    if isinstance(facts.disruption_budgets, NotAvailable):
        return not_covered("the PodDisruptionBudgets", facts.disruption_budgets)
    findings = Findings()
    _expected(facts.workloads, inventory, findings)
    for workload in facts.workloads:
        if workload.replicas == 0:
            findings.good.append(f"{workload} is scaled to 0")
            continue
        budgets = [b for b in facts.disruption_budgets if str(workload) in b.selects]
        names = listed(b.name for b in budgets)
        if not budgets:
            findings.wrong.append(f"{workload} has no PodDisruptionBudget")
        elif len(budgets) > 1:
            findings.wrong.append(f"{workload} has several ({names}): then no eviction is allowed")
        elif why := _useless(budgets[0]):
            findings.wrong.append(f"{workload}: its PodDisruptionBudget {names} {why}")
        else:
            allowed = budgets[0].allowed
            findings.good.append(f"{workload}: {names} lets {allowed} of {workload.ready} go")
    return findings.outcome()


def _useless(budget: DisruptionBudget) -> str:
    counts = f"{budget.healthy} of {budget.expected} are healthy, {budget.desired} must be"
    if budget.allowed < 1:
        return f"lets none go ({counts}): it blocks every drain"
    return "" if budget.desired else f"lets all go at once ({counts}): it holds nothing back"


def _expected(workloads: tuple[Workload, ...], inventory: Declared, findings: Findings) -> None:
    """What must be among them; a list that is empty proves nothing."""
    if not any(w.critical == DNS or str(w) == COREDNS for w in workloads):
        findings.gap(DNS, "no Deployment of kube-system has the label k8s-app=kube-dns")
    for namespace in inventory.critical_namespaces:
        if not any(w.namespace == namespace for w in workloads):
            findings.gap(f"the namespace {namespace}", "it has no Deployment and no StatefulSet")


def _rules(workload: Workload) -> tuple[Apart, ...]:
    return (*workload.anti_affinity, *workload.spread)


def _own(workload: Workload) -> list[Apart]:
    return [rule for rule in _rules(workload) if rule.own]


def _declared(workload: Workload, nodes: Mapping[str, NodeFact]) -> Iterator[str]:
    if not _rules(workload):
        yield "declares neither an anti-affinity nor a spread"
    elif not _own(workload):
        yield "declares rules that do not select its own Pods"
    used = {place.node for place in workload.pods}
    places = [
        node
        for node in nodes.values()
        if node.name in used or (_schedulable(node) and not is_control_plane(node))
    ]
    for key in sorted({rule.topology_key for rule in _own(workload)}):
        lacking = [n.name for n in places if n.kubernetes and key not in n.kubernetes.labels]
        if lacking:
            yield f"is to be kept apart over {key}, a label that {listed(lacking)} lacks"


def _schedulable(node: NodeFact) -> bool:
    return node.kubernetes is not None and node.kubernetes.schedulable


def _placed(workload: Workload, nodes: Mapping[str, NodeFact], zones: int) -> Iterator[str]:
    ready = [place.node for place in workload.pods if place.ready and place.node]
    if len(ready) < 2:
        of = f"{len(ready)} of {workload.replicas}"
        yield f"has {of} ready: nothing is left when that node is gone"
        return
    node, most = Counter(ready).most_common(1)[0]
    if most > len(ready) // 2:
        yield f"has {most} of {len(ready)} ready Pods on {node}"
    stand = Counter(zone_of(nodes[name]) if name in nodes else None for name in ready)
    zone, inside = stand.most_common(1)[0]
    if zones > 1 and zone is not None and inside == len(ready):
        yield f"has all {counted(len(ready), 'ready Pod')} in the zone {zone}"
