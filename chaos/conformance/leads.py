"""Where a URL leads: to the endpoint, to a machine's own apiserver, or to one machine alone."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chaos.cluster.addresses import is_address, plain
from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import Findings
from chaos.conformance.programs import APISERVER

PORT = 6443
LOCAL = ("127.0.0.1", "::1", "localhost")
_BALANCER = "load-balancer"


@dataclass(frozen=True, slots=True)
class Own:
    """A machine's own apiserver.

    Args:
        node: whose.
        hosts: the addresses and names by which it is meant.
        port: None where that is not known.
    """

    node: NodeFact
    hosts: tuple[str, ...]
    port: int | None


def own(node: NodeFact, facts: Facts) -> Own:
    """The apiserver of a control plane: also where it says that others find it."""
    components = facts.components.get(node.name)
    if not isinstance(components, tuple):
        return Own(node, (plain(node.address), plain(node.name)), None)
    flags = next((one.flags for one in components if one.name == APISERVER), {})
    told = flags.get("advertise-address", "")
    hosts = tuple(plain(host) for host in (node.address, node.name, told) if host)
    port = flags.get("secure-port", "")
    return Own(node, hosts, int(port) if port.isdigit() else PORT)


def lead(
    who: str,
    where: str,
    facts: Facts,
    inventory: Declared,
    findings: Findings,
    *,
    mine: Own | None = None,
    as_it_is: str = "",
) -> None:
    """Whether a URL, or `HOST:PORT`, is the endpoint's.

    Args:
        mine: the apiserver that it may lead to as well.
        as_it_is: what is told where it does.
    """
    host, port = host_port(where)
    if is_endpoint(host, inventory):
        if port == inventory.endpoint_port:
            findings.good.append(f"{who} goes to {where}")
        else:
            findings.wrong.append(f"{who} goes to {where}: the port is {inventory.endpoint_port}")
    elif mine and host in (*mine.hosts, *LOCAL):
        _at_home(who, where, mine, findings, as_it_is)
    elif host in LOCAL:
        findings.gap(f"where {who} goes", f"{where} is a balancer of the machine's own")
    elif single := _single(host, facts):
        findings.wrong.append(f"{who} goes to {where}, which is {single.name} alone")
    else:
        findings.wrong.append(f"{who} goes to {where}, and not to {inventory.endpoint_name}")


def _at_home(who: str, where: str, mine: Own, findings: Findings, as_it_is: str) -> None:
    host, port = host_port(where)
    if port == (mine.port or PORT):
        findings.good.append(f"{who} goes to its own apiserver{as_it_is}")
    elif mine.port is None:
        findings.gap(f"where {who} goes", f"{where}: its apiserver's port is not known")
    elif host in LOCAL or _BALANCER in mine.node.roles:
        findings.gap(f"where {who} goes", f"{where} is a balancer of the machine's own")
    else:
        findings.wrong.append(f"{who} goes to {where}: its own apiserver's port is {mine.port}")


def is_endpoint(host: str, inventory: Declared) -> bool:
    """Whether this is the endpoint's name or its address."""
    return host in {plain(x) for x in (inventory.endpoint_name, inventory.endpoint_address) if x}


def _single(host: str, facts: Facts) -> NodeFact | None:
    nodes: tuple[NodeFact, ...] = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    planes = (node for node in nodes if is_control_plane(node))
    return next((node for node in planes if host in own(node, facts).hosts), None)


def host_port(where: str) -> tuple[str, int]:
    """The host, written as `plain` does, and the port; a bare address of IPv6 has none of its own.

    >>> host_port("https://API.test"), host_port("fd00::10"), host_port("[fd00::10]:8443")
    (('api.test', 443), ('fd00::10', 6443), ('fd00::10', 8443))
    """
    if is_address(where):
        return plain(where), PORT
    try:
        parts = urlsplit(where if "://" in where else f"//{where}")
        port = parts.port or (443 if parts.scheme == "https" else PORT)
        return plain(parts.hostname or ""), port
    except ValueError:
        return where, 0
