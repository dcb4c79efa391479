"""A control plane that somebody else runs: what can be seen of it from outside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

POOLS = (
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    "karpenter.sh/nodepool",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
)
# EKS puts every control plane into several zones; the others leave it to whoever orders it.
ALWAYS = ("eks",)
Places = Counter[str | None]


def control_plane_is_regional(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A managed control plane stands in several zones."""
    if inventory.managed is None:
        return _own(facts)
    findings = Findings()
    what = inventory.managed
    if inventory.regional is False:
        findings.wrong.append(f"{what}: the inventory says that the control plane has one zone")
        return findings.outcome()
    if inventory.regional:
        findings.good.append(f"{what}: the inventory says that the control plane is regional")
    if what in ALWAYS:
        findings.good.append(f"{what} has every control plane in several zones, by its own word")
    if not findings.good:
        # However many addresses it shows: they say nothing of zones.
        why = "its owner does not say (cluster.regional), and nothing of it shows its zones"
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
    """The nodes of each pool are spread over the zones, and no pool lags behind.

    With one more here or there at most. Pools of one zone each, a group for each zone as EKS is
    often ordered, are one pool in this.
    """
    if inventory.managed is None:
        return _own(facts)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = [node for node in facts.nodes if node.kubernetes]
    pools: dict[str, list[NodeFact]] = {}
    for node in nodes:
        labels = node.kubernetes.labels if node.kubernetes else {}
        pool = next((labels[key] for key in POOLS if key in labels), None)
        if pool is None:
            findings.gap(f"the pool of {node.name}", "no label says it")
        else:
            pools.setdefault(pool, []).append(node)
    if not nodes:
        return not_covered("the pools", "the API has no nodes")
    zones = sorted({zone for node in nodes if (zone := zone_of(node))})
    for name, counts in _together({name: _places(mine) for name, mine in pools.items()}):
        _spread(name, counts, zones, findings)
    for pool, mine in sorted(pools.items()):
        _lag(pool, mine, facts.kubernetes, findings)
    return findings.outcome()


def _places(nodes: Iterable[NodeFact]) -> Places:
    return Counter(zone_of(node) for node in nodes)


def _together(pools: Mapping[str, Places]) -> list[tuple[str, Places]]:
    """Each pool of several zones; those of one zone all as one, if there are several."""
    single = sorted(name for name, counts in pools.items() if len(counts) == 1)
    found = [(f"pool {name}", pools[name]) for name in sorted(pools) if name not in single]
    if single:
        counts = sum((pools[name] for name in single), Counter[str | None]())
        found.append((f"pool{'s' * (len(single) > 1)} {listed(single)}", counts))
    return found


def _spread(name: str, counts: Places, zones: list[str], findings: Findings) -> None:
    told = listed(f"{zone} {counts[zone]}" for zone in zones)
    skew = max(counts.values()) - min((counts[zone] for zone in zones), default=0)
    if None in counts:
        findings.wrong.append(f"{name}: nodes without a zone ({counts[None]})")
    elif len(zones) < 2:
        findings.wrong.append(f"{name}: all its nodes stand in one zone ({told})")
    elif skew > 1:
        verb = "are" if name.startswith("pools ") else "is"
        findings.wrong.append(f"{name} {verb} uneven by {skew}: {told}")
    else:
        findings.good.append(f"{name}: {told}")


def _lag(pool: str, nodes: Iterable[NodeFact], api: str | NotAvailable, findings: Findings) -> None:
    """A pool is upgraded after its control plane, and one minor version behind it at most."""
    served = None if isinstance(api, NotAvailable) else _minor(api)
    if served is None:
        findings.gap("the control plane's version", api)
        return
    for node in nodes:
        kubelet = node.kubernetes.kubelet if node.kubernetes else ""
        minor = _minor(kubelet)
        if minor is None:
            findings.gap(f"the version of the kubelet on {node.name}", "the API does not say it")
        elif served - minor > 1:
            behind = f"{served - minor} minor versions behind the control plane ({api})"
            findings.wrong.append(f"pool {pool}: {node.name} has {kubelet}, {behind}")


def _minor(version: str) -> int | None:
    """Of `v1.31.2-eks-7f9249a` the 31."""
    found = re.match(r"v?1\.(\d+)", version)
    return int(found[1]) if found else None
