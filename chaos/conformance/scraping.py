"""Whether somebody measures every part of the control plane, and every node."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable, Target
from chaos.conformance.machines import control_planes, is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

HOSTNAME = "kubernetes.io/hostname"
# A target belongs to a part by its port, or else by its job's name.
PORTS = {
    "apiserver": ("6443", "443", "8443"),
    "etcd": ("2379", "2381", "4001"),
    "scheduler": ("10259",),
    "controller-manager": ("10257",),
    "kubelet": ("10250",),
    "haproxy": ("8404", "9101"),
}
# What a job is about whose name says a part, and which is not that part.
OTHER = re.compile(r"backup|snapshot|defrag|cloud|operator|node-exporter", re.I)
NODE_EXPORTER = "9100"
# A kubelet that is asked through the apiserver.
_PROXIED = re.compile(r"/api/v1/nodes/(?P<node>[^/:]+)(:\d+)?/proxy/metrics")


def apiservers(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every apiserver is scraped."""
    if inventory.managed:
        return not_covered("the apiservers", f"{inventory.managed} runs them")
    return _scraped(facts, "apiserver", control_planes(_nodes(facts)))


def etcd(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every member of etcd is scraped."""
    if inventory.etcd_topology is None:
        return not_covered("the members of etcd", "somebody else runs it")
    return _scraped(facts, "etcd", [n for n in _nodes(facts) if "etcd" in n.roles])


def schedulers(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every scheduler is scraped."""
    if inventory.managed:
        return not_covered("the schedulers", f"{inventory.managed} runs them")
    return _scraped(facts, "scheduler", [n for n in _nodes(facts) if is_control_plane(n)])


def controller_managers(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every controller-manager is scraped."""
    if inventory.managed:
        return not_covered("the controller-managers", f"{inventory.managed} runs them")
    return _scraped(facts, "controller-manager", [n for n in _nodes(facts) if is_control_plane(n)])


def kubelets(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every kubelet is scraped."""
    return _scraped(facts, "kubelet", [n for n in _nodes(facts) if n.kubernetes])


def balancers(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every balancer is scraped."""
    if inventory.balancers == "other":
        return not_covered("the balancers", "load_balancers.kind is other, which has no known port")
    return _scraped(facts, "haproxy", [n for n in _nodes(facts) if "load-balancer" in n.roles])


def _nodes(facts: Facts) -> tuple[NodeFact, ...]:
    return () if isinstance(facts.nodes, NotAvailable) else facts.nodes


def _scraped(facts: Facts, part: str, nodes: Iterable[NodeFact]) -> CheckOutcome:
    if isinstance(facts.monitoring, NotAvailable):
        return not_covered(f"what scrapes the {part}s", facts.monitoring)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("which machines there are", facts.nodes)
    findings, well = Findings(), []
    mine = [target for target in facts.monitoring.targets if part_of(target, part)]
    for node in nodes:
        here = [target for target in mine if _is_of(target, node)]
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


def part_of(target: Target, part: str) -> bool:
    """Whether a target is this part: its own metrics, and not the others that it hands on."""
    if "/metrics/" in target.path:
        return False
    port = target.address.rpartition(":")[2]
    if port in PORTS[part]:
        return True
    if part == "kubelet" and _PROXIED.match(target.path):
        return True
    return port != NODE_EXPORTER and named(target.job, part)


def named(job: str, part: str) -> bool:
    """Whether a job's name says this part.

    >>> named("kube-etcd", "etcd"), named("etcd-backup", "etcd"), named("descheduler", "scheduler")
    (True, False, False)
    """
    pattern = rf"(?<![a-z])(kube)?{part}s?(?![a-z])"
    return bool(re.search(pattern, job, re.I)) and not OTHER.search(job)


def _is_of(target: Target, node: NodeFact) -> bool:
    """Whether a target stands on this machine: by its address or a name, in full or in short."""
    hosts = {_host(target.address), _host(target.labels.get("instance", ""))}
    hosts |= {target.labels.get(label, "") for label in ("node", "nodename", "hostname", "host")}
    if proxied := _PROXIED.match(target.path):
        hosts.add(proxied["node"])
    names = {node.address, node.name}
    if node.kubernetes:
        names.add(node.kubernetes.labels.get(HOSTNAME, ""))
    return any(_same(a.lower(), b.lower()) for a in hosts for b in names if a and b)


def _same(host: str, name: str) -> bool:
    if host == name:
        return True
    short, long = sorted((host, name), key=len)
    return bool(re.search("[a-z]", short)) and long.startswith(f"{short}.")


def _host(address: str) -> str:
    """The host of `HOST:PORT`, or of a URL."""
    bare = address.partition("://")[2] or address
    host, colon, port = bare.rpartition(":")
    return (host if colon and port.isdigit() else bare).strip("[]")
