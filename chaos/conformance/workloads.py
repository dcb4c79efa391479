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
from chaos.conformance.critical import critical
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered
from chaos.conformance.taking import takes


def replicas_are_apart(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Something keeps their Pods apart, over labels that nodes have; and they are apart.

    Apart: no node holds more than half of a workload's ready Pods, and no zone all of them.
    """
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = {n.name: n for n in facts.nodes if n.kubernetes}
    zones = len({zone_of(n) for n in nodes.values()} - {None})
    for workload in critical(facts, inventory, findings):
        wrong = [*_declared(workload, nodes), *_placed(workload, nodes, zones)]
        findings.wrong += [f"{workload} {what}" for what in wrong]
        if not wrong:
            rules = listed(sorted({rule.topology_key for rule in _own(workload)}))
            on = listed(sorted({place.node for place in workload.pods if place.node}))
            if not any(rule.required for rule in _own(workload)):
                rules += " if possible"
            findings.good.append(f"{workload} is kept apart over {rules}, and runs on {on}")
    return findings.outcome()


def budgets_let_one_go(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Exactly one PodDisruptionBudget each; it lets a Pod go now, and not all of them."""
    if isinstance(facts.disruption_budgets, NotAvailable):
        return not_covered("the PodDisruptionBudgets", facts.disruption_budgets)
    findings = Findings()
    for workload in critical(facts, inventory, findings):
        if not workload.replicas:
            findings.gap(f"what the budget of {workload} allows", "it is scaled to 0")
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


def budgets_block_no_drain(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No PodDisruptionBudget of the cluster keeps every Pod where it is, for good."""
    if isinstance(facts.disruption_budgets, NotAvailable):
        return not_covered("the PodDisruptionBudgets", facts.disruption_budgets)
    findings, fine = Findings(), 0
    for budget in facts.disruption_budgets:
        if why := _blocks(budget):
            where = f"PodDisruptionBudget {budget.namespace}/{budget.name}"
            findings.wrong.append(f"{where} never lets a Pod go: {why}")
        else:
            fine += 1
    if fine or not findings.wrong:
        findings.good.append(
            f"{counted(fine, 'PodDisruptionBudget')} that let a drain come to an end"
        )
    return findings.outcome()


def _blocks(budget: DisruptionBudget) -> str:
    """Why no Pod of it is ever let go; empty where some Pods that are not well are all it lacks."""
    if budget.overlaps:
        return f"{listed(budget.overlaps)} is over the same Pods, and two refuse every eviction"
    if budget.reason == "SyncFailed":
        return "its Pods could not be counted (SyncFailed)"
    if budget.expected and budget.desired >= budget.expected:
        return f"{budget.desired} of {budget.expected} must be healthy"
    return ""


def _useless(budget: DisruptionBudget) -> str:
    counts = f"{budget.healthy} of {budget.expected} are healthy, {budget.desired} must be"
    if budget.allowed < 1:
        return f"lets none go ({counts}): it blocks every drain"
    return "" if budget.desired else f"lets all go at once ({counts}): it holds nothing back"


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
        if node.name in used or (_takes(node, workload) and not is_control_plane(node))
    ]
    for key in sorted({rule.topology_key for rule in _own(workload)}):
        lacking = [n.name for n in places if n.kubernetes and key not in n.kubernetes.labels]
        if lacking:
            yield f"is to be kept apart over {key}, a label that {listed(lacking)} lacks"


def _takes(node: NodeFact, workload: Workload) -> bool:
    return node.kubernetes is not None and takes(node.kubernetes, workload)


def _placed(workload: Workload, nodes: Mapping[str, NodeFact], zones: int) -> Iterator[str]:
    ready = [place.node for place in workload.pods if place.ready and place.node]
    if not workload.replicas:
        yield "is scaled to 0"
        return
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
