"""Whether the workers have more to give than what is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable, PodGroup
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

# 150 for each 100, as a fraction: nothing is rounded.
TIMES, OF = 3, 2
GIB = 2**30


def workers_have_headroom(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """The workers have half as much again as their Pods ask for."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    if isinstance(facts.pods, NotAvailable):
        return not_covered("what runs, and what it asks for", facts.pods)
    kept = {node.name for node in facts.nodes if _keeps_pods_out(node)}
    giving = {
        node.name: node.kubernetes
        for node in facts.nodes
        if node.kubernetes and node.kubernetes.schedulable and node.kubernetes.ready
        if node.name not in kept
    }
    what = "what workers have to give"
    if not giving:
        return not_covered(what, "none is ready and takes Pods")
    if bare := [n for n, one in giving.items() if not (one.cpu and one.memory and one.pods)]:
        return not_covered(what, f"{listed(bare)} did not tell")
    nodes = giving.values()
    cpu, memory, pods = _asked(facts.pods, giving, kept)
    findings = Findings()
    _weigh("processors", sum(one.cpu for one in nodes), cpu, 1000, findings)
    _weigh("GiB of memory", sum(one.memory for one in nodes), memory, GIB, findings)
    _weigh("Pods", sum(one.pods for one in nodes), pods, 1, findings)
    return findings.outcome()


def _keeps_pods_out(node: NodeFact) -> bool:
    """Whether it is a control plane that takes none but the system's own."""
    taints = node.kubernetes.taints if node.kubernetes else ()
    return is_control_plane(node) and any(not t.endswith(":PreferNoSchedule") for t in taints)


def _asked(
    groups: Iterable[PodGroup], giving: Collection[str], kept: Collection[str]
) -> tuple[int, int, int]:
    """Thousandths of a processor, bytes, and how many Pods.

    A Pod that waits for a place, or is on a node that takes no more, needs one among these.
    """
    cpu = memory = pods = 0
    for group in groups:
        count = sum(name in giving or (group.moves and name not in kept) for name in group.nodes)
        cpu += count * group.cpu
        memory += count * group.memory
        pods += count
    return cpu, memory, pods


def _weigh(what: str, has: int, asked: int, one: int, findings: Findings) -> None:
    """Hold what there is against what is asked for; `one` of the unit told is so many."""
    told = f"workers have {round(has / one, 2):g} {what}"
    if not asked:
        findings.good.append(f"{told}, and nobody asks for any")
        return
    # Rounded down: what is less than needed never reads as enough.
    told += f", {has * 100 // asked / 100:g} times the {round(asked / one, 2):g} asked for"
    if has * OF < asked * TIMES:
        findings.wrong.append(f"{told}: {TIMES / OF} times are needed")
    else:
        findings.good.append(told)
