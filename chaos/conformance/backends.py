"""Which of a balancer's backends and servers stand for the apiservers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.cluster.facts import (
    Balancer,
    Declared,
    Facts,
    HaproxyBackend,
    HaproxyConfig,
    HaproxyFrontend,
    HaproxyServer,
    NotAvailable,
)
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import Findings


@dataclass(frozen=True, slots=True)
class Behind:
    """What lies behind the endpoint's port on one balancer.

    Args:
        frontends, backends: those that the port leads through.
        apiservers: the names of the control planes that serve, by address.
    """

    balancer: Balancer
    frontends: tuple[HaproxyFrontend, ...]
    backends: tuple[HaproxyBackend, ...]
    apiservers: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.balancer.node

    def servers(self) -> Iterator[tuple[HaproxyBackend, HaproxyServer]]:
        """Every server that is not switched off."""
        for backend in self.backends:
            for server in enabled(backend):
                yield backend, server


def behind(facts: Facts, inventory: Declared, findings: Findings) -> Iterator[Behind]:
    """What lies behind each balancer; what cannot be looked at, or is not there, is noted."""
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("which apiservers there are", facts.nodes)
        return
    # A configuration may have them by address or by name.
    apiservers = {node.address: node.name for node in control_planes(facts.nodes)}
    if not facts.balancers:
        findings.gap("the balancers", "there is none")
    for balancer in facts.balancers:
        if isinstance(balancer.config, NotAvailable):
            findings.gap(f"the configuration of {balancer.node}", balancer.config)
            continue
        backends = _backends(balancer.config, inventory, apiservers)
        if not backends:
            port = inventory.endpoint_port
            findings.wrong.append(f"{balancer.node} has no backend behind port {port}")
            continue
        names = {backend.name for backend in backends}
        frontends = tuple(f for f in balancer.config.frontends if names & set(f.backends))
        yield Behind(balancer, frontends, tuple(backends), apiservers)


def _backends(
    config: HaproxyConfig, inventory: Declared, apiservers: Mapping[str, str]
) -> list[HaproxyBackend]:
    """Those that the endpoint's port leads to; else, behind another port, those with apiservers.

    Where one port is another's too, at another address or for some connections alone, what leads
    to no apiserver is another's.
    """
    ours = [b.name for b in config.backends if any(node_of(s, apiservers) for s in b.servers)]
    fits = {f.name: _fit(f, inventory) for f in config.frontends}
    best = max(fits.values(), default=0)
    fronts = [f for f in config.frontends if best and fits[f.name] == best]
    if best == _ELSEWHERE:
        fronts = [f for f in fronts if set(f.backends) & set(ours)] or fronts
    led = {name for f in fronts for name in f.backends}
    sure = {name for f in fronts for name in f.backends if name not in f.conditional}
    kept = {name for name in led if name in sure or name in ours} or led or set(ours)
    return [one for one in config.backends if one.name in kept]


# How well a `bind` fits the endpoint: it names another address, any, or the endpoint's own.
_ELSEWHERE, _ANY, _OWN = 1, 2, 3


def _fit(frontend: HaproxyFrontend, inventory: Declared) -> int:
    """How well the best of its binds that cover the endpoint's port fits; 0 where none does."""
    best = 0
    for bind in frontend.binds:
        for text in bind.partition(" ")[0].split(","):
            found = re.fullmatch(r"(?:\w+@)?(.*):(\d+)(?:-(\d+))?", text)
            if found and int(found[2]) <= inventory.endpoint_port <= int(found[3] or found[2]):
                host = found[1].strip("[]")
                # `*`, `::`, four zeros or nothing.
                any_ = _ANY if set(host) <= set("*:.0") else _ELSEWHERE
                best = max(best, _OWN if host == inventory.endpoint_address else any_)
    return best


def node_of(server: HaproxyServer, apiservers: Mapping[str, str]) -> str | None:
    """The control plane that a server is."""
    return node_at(server.host, apiservers)


def node_at(host: str, apiservers: Mapping[str, str]) -> str | None:
    """The control plane of an address or a name."""
    if host in apiservers.values():
        return host
    try:
        return apiservers.get(str(ipaddress.ip_address(host)))
    except ValueError:
        short = host.partition(".")[0]
        return short if short in apiservers.values() else None


def enabled(backend: HaproxyBackend) -> list[HaproxyServer]:
    """The servers that are not switched off."""
    return [one for one in backend.servers if "disabled" not in one.options]


def in_turn(backend: HaproxyBackend) -> list[HaproxyServer]:
    """The servers that take connections: backups only where there are no others."""
    servers = enabled(backend)
    first = [one for one in servers if not one.backup]
    return first or (servers if "allbackups" in backend.options else servers[:1])


def nameless(backend: HaproxyBackend, apiservers: Mapping[str, str]) -> list[HaproxyServer]:
    """Those given by a DNS name that only the balancer can resolve."""
    unknown = [one for one in enabled(backend) if not node_of(one, apiservers)]
    return [one for one in unknown if not re.fullmatch(r"[\d.]+|[\da-fA-F:]*:.*", one.host)]
