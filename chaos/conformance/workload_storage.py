"""Whether what a critical workload keeps can follow its Pods."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, KubernetesNode, NotAvailable, Volume, Workload
from chaos.conformance.critical import critical
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed
from chaos.conformance.taking import takes

# Access modes with which more than one node has a volume.
_BY_MANY = ("ReadWriteMany", "ReadOnlyMany")


def data_follow(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What a Pod keeps can be attached where it moves to."""
    findings = Findings()
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the nodes", facts.nodes)
        return findings.outcome()
    nodes = {n.name: n.kubernetes for n in facts.nodes if n.kubernetes}
    for workload in critical(facts, inventory, findings):
        may = {name: node for name, node in nodes.items() if takes(node, workload)}
        wrong = [why for volume in workload.volumes if (why := _stuck(volume, workload, may))]
        unknown = [volume for volume in workload.volumes if volume.missing]
        for volume in unknown:
            findings.gap(f"the claim {volume.name} of {workload}", volume.missing)
        if wrong:
            findings.wrong += [f"{workload}: {why}" for why in wrong]
        elif not workload.volumes:
            findings.good.append(f"{workload} keeps nothing in a volume")
        elif not unknown:
            names = listed(volume.name for volume in workload.volumes)
            findings.good.append(f"{workload}: another node can attach {names}")
    return findings.outcome()


def by_many(volume: Volume) -> bool:
    """Whether another node can attach it while a dead one still does."""
    return any(mode in _BY_MANY for mode in volume.modes)


def _stuck(volume: Volume, workload: Workload, nodes: dict[str, KubernetesNode]) -> str:
    """Why the data stay behind; empty if they do not."""
    if volume.kind == "hostPath":
        return f"{volume.name} is a folder of its node (hostPath), and stays there"
    if volume.node_bound:
        return f"the volume of {volume.name} is bound to one node by {volume.node_bound}"
    if volume.shared and volume.modes and not by_many(volume) and workload.replicas > 1:
        return (
            f"its {counted(workload.replicas, 'replica')} have {volume.name} in common, which one "
            f"node at a time can attach ({listed(volume.modes)})"
        )
    reach = [
        name
        for name, node in nodes.items()
        if any(term and all(one.holds(node.labels) for one in term) for term in volume.reach)
    ]
    if volume.reach and len(reach) < 2:
        keys = listed(sorted({one.key for term in volume.reach for one in term}))
        return f"the volume of {volume.name} is bound by {keys} to {listed(reach) or 'no node'}"
    if volume.zones and volume.binding == "Immediate":
        return (
            f"{volume.name} (class {volume.storage_class}) is bound at once and to the zone "
            f"{listed(volume.zones)}, wherever its Pod may run: WaitForFirstConsumer is needed"
        )
    return ""
