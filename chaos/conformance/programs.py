"""The control plane's programs, as several items need them."""

from __future__ import annotations

from chaos.cluster.facts import Component, Facts, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import Findings

APISERVER, ETCD = "kube-apiserver", "etcd"
MANAGER, SCHEDULER = "kube-controller-manager", "kube-scheduler"
KUBELET, PROXY = "kubelet", "kube-proxy"


def running(name: str, facts: Facts, findings: Findings) -> list[Component]:
    """A program wherever it runs; a machine that could not be looked at is a gap."""
    found, gaps = [], False
    for node, components in facts.components.items():
        if isinstance(components, NotAvailable):
            findings.gap(f"{name} on {node}", components)
            gaps = True
        else:
            found += [one for one in components if one.name == name]
    if not found and not gaps:
        findings.gap(name, "it was seen on no node")
    elif name == APISERVER and not gaps:
        _missing(found, facts, findings)
    return found


def _missing(found: list[Component], facts: Facts, findings: Findings) -> None:
    """Control planes whose apiserver was not seen: what holds for the others may not for them."""
    seen = {one.node for one in found}
    for node in () if isinstance(facts.nodes, NotAvailable) else facts.nodes:
        if is_control_plane(node) and node.kubernetes and node.name not in seen:
            findings.gap(f"{APISERVER} on {node.name}", "it was not seen there")


def setting(
    one: Component, flag: str, *, file: str = "config", first: bool = True
) -> str | NotAvailable | None:
    """What a program is told, by its flag or, where it has one, by a file; None: nothing.

    Args:
        file: the flag that names it.
        first: whether the flag counts beside a file.
    """
    value, path = one.flags.get(flag), one.flags.get(file)
    if not path or (first and value is not None):
        return value
    if one.unread:
        return NotAvailable(f"{path} decides it, and {one.unread}")
    return one.settings.get(flag)


def is_off(value: str) -> bool:
    """Whether a flag's value means no, as Go's flags read it."""
    return value.lower() in ("false", "f", "0")


def is_on(value: str) -> bool:
    """Whether a flag's value means yes."""
    return value.lower() in ("true", "t", "1")
