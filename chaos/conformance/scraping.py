"""Whether somebody measures every part of the control plane, and every node."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable, Target
from chaos.conformance.machines import control_planes, is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

# A target belongs to a part by its port, or else by its job's name.
PORTS = {
    "apiserver": ("6443", "443", "8443"),
    "etcd": ("2379", "2381", "4001"),
    "scheduler": ("10259",),
    "controller-manager": ("10257",),
    "kubelet": ("10250",),
    "haproxy": ("8404", "9101"),
}


def apiservers(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every apiserver is scraped."""
    return _scraped(facts, "apiserver", control_planes(_nodes(facts)))


def etcd(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every member of etcd is scraped."""
    if inventory.etcd_topology is None:
        return not_covered("the members of etcd", "somebody else runs it")
    return _scraped(facts, "etcd", [n for n in _nodes(facts) if "etcd" in n.roles])


def schedulers(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every scheduler is scraped."""
    return _scraped(facts, "scheduler", [n for n in _nodes(facts) if is_control_plane(n)])


def controller_managers(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every controller-manager is scraped."""
    return _scraped(facts, "controller-manager", [n for n in _nodes(facts) if is_control_plane(n)])


def kubelets(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every kubelet is scraped."""
    return _scraped(facts, "kubelet", [n for n in _nodes(facts) if n.kubernetes])


def balancers(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every balancer is scraped."""
    return _scraped(facts, "haproxy", [n for n in _nodes(facts) if "load-balancer" in n.roles])


def _nodes(facts: Facts) -> tuple[NodeFact, ...]:
    return () if isinstance(facts.nodes, NotAvailable) else facts.nodes


def _scraped(facts: Facts, part: str, nodes: Iterable[NodeFact]) -> CheckOutcome:
    if isinstance(facts.monitoring, NotAvailable):
        return not_covered(f"what scrapes the {part}s", facts.monitoring)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("which machines there are", facts.nodes)
    findings, well = Findings(), []
    mine = [target for target in facts.monitoring.targets if _is(target, part)]
    for node in nodes:
        here = [target for target in mine if _host(target) in (node.address, node.name)]
        sick = [target for target in here if not target.up]
        if not here:
            findings.wrong.append(f"nobody scrapes the {part} of {node.name} ({node.address})")
        elif len(sick) == len(here):
            told = f"{sick[0].address} of job {sick[0].job}: {sick[0].error or 'it is down'}"
            findings.wrong.append(f"the {part} of {node.name} is scraped in vain: {told}")
        else:
            well.append(node.name)
    if well:
        findings.good.append(f"{part} scraped: {listed(well)}")
    if not findings.good and not findings.wrong:
        findings.gap(f"the {part}s", "no machine has one")
    return findings.outcome()


def _host(target: Target) -> str:
    return target.address.rpartition(":")[0].strip("[]")


def _is(target: Target, part: str) -> bool:
    return target.address.rpartition(":")[2] in PORTS[part] or part in target.job
