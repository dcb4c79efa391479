"""Which apiservers a program goes to, by its kubeconfig."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from chaos.cluster.facts import Facts, NotAvailable
from chaos.conformance.programs import KUBELET, MANAGER, PROXY, SCHEDULER

FILES = {
    MANAGER: "/controller-manager.conf",
    SCHEDULER: "/scheduler.conf",
    KUBELET: "/kubelet.conf",
}
_T = TypeVar("_T")


def asked_by(
    name: str, node: str, facts: Facts, servers: Mapping[str, _T]
) -> tuple[_T, ...] | None:
    """Those of these apiservers that it may go to; None where nobody says it.

    What kubeadm makes of the control plane goes to the apiserver of its own machine, the rest to
    the endpoint, behind which are all.
    """
    if name == PROXY:
        return tuple(servers.values())
    files = facts.kubeconfigs.get(node)
    for one in files if isinstance(files, tuple) else ():
        if one.path.endswith(FILES[name]):
            host = _host(one.server)
            nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
            if not host or host.startswith("127.") or host in ("localhost", "::1"):
                # Its own, or a balancer on its machine.
                return None
            own = [n.name for n in nodes if host in (n.address, n.name) and n.name in servers]
            return tuple(servers[n] for n in own) or tuple(servers.values())
    return None


def _host(server: str) -> str:
    try:
        return urlsplit(server).hostname or ""
    except ValueError:
        return ""
