"""A control plane that somebody else runs: what can be seen of it from outside."""

from __future__ import annotations

from collections import Counter

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

POOLS = (
    "eks.amazonaws.com/nodegroup",
    "karpenter.sh/nodepool",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
)
# EKS puts every control plane into several zones; the others leave it to whoever orders it.
ALWAYS = ("eks",)


def control_plane_is_regional(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A managed control plane stands in several zones."""
    if inventory.managed is None:
        return _own(facts)
    findings = Findings()
    what = inventory.managed
    if inventory.regional is False:
        findings.wrong.append(f"{what}: the inventory says that the control plane has one zone")
        return findings.outcome()
    known = () if isinstance(facts.apiservers, NotAvailable) else facts.apiservers
    several = len({address.rpartition(":")[0] for address in known}) > 1
    if several:
        findings.good.append(f"{what}: several apiservers answer ({listed(known)})")
    if inventory.regional:
        findings.good.append(f"{what}: the inventory says that the control plane is regional")
    if what in ALWAYS:
        findings.good.append(f"{what} has every control plane in several zones")
    if not findings.good:
        why = "its owner does not say (cluster.regional), and it shows one address"
        findings.gap(f"whether {what} has this control plane in several zones", why)
    return findings.outcome()


def _own(facts: Facts) -> CheckOutcome:
    """Nothing is asked of a control plane that can be seen to be the owner's own."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("who runs the control plane", facts.nodes)
    findings = Findings()
    if any(node.kubernetes and is_control_plane(node) for node in facts.nodes):
        findings.good.append("the control plane is the owner's own: this is for managed ones")
    else:
        why = "the API has no such node, and the inventory does not say (cluster.managed)"
        findings.gap("who runs the control plane", why)
    return findings.outcome()


def pools_are_even(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The nodes of each pool are spread over the zones, with one more here or there at most."""
    if inventory.managed is None:
        return _own(facts)
    findings = Findings()
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    nodes = [node for node in facts.nodes if node.kubernetes]
    zones = {zone_of(node) for node in nodes} - {None}
    pools: dict[str, Counter[str | None]] = {}
    for node in nodes:
        labels = node.kubernetes.labels if node.kubernetes else {}
        pool = next((labels[key] for key in POOLS if key in labels), None)
        if pool is None:
            findings.gap(f"the pool of {node.name}", "no label says it")
        else:
            pools.setdefault(pool, Counter())[zone_of(node)] += 1
    for pool, counts in sorted(pools.items()):
        told = listed(f"{zone or 'no zone'} {counts[zone]}" for zone in sorted(zones, key=str))
        skew = max(counts.values()) - min(counts[zone] for zone in zones) if zones else 0
        if None in counts or not zones:
            findings.wrong.append(f"pool {pool}: nodes without a zone ({counts[None]})")
        elif len(zones) < 2:
            findings.wrong.append(f"pool {pool}: all its nodes stand in one zone ({told})")
        elif skew > 1:
            findings.wrong.append(f"pool {pool} is uneven by {skew}: {told}")
        else:
            findings.good.append(f"pool {pool}: {told}")
    return findings.outcome()
