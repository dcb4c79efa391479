"""The balancers in front of the apiservers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from chaos.cluster.facts import (
    Balancer,
    Declared,
    Facts,
    HaproxyBackend,
    HaproxyConfig,
    HaproxyServer,
    NotAvailable,
)
from chaos.conformance.health_check import PATH, shallow
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered


def every_apiserver_is_checked(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every balancer asks /readyz of every apiserver over TLS, and sends to nobody else."""
    if isinstance(facts.balancers, NotAvailable):
        return not_covered("the balancers", facts.balancers)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("which apiservers there are", facts.nodes)
    # A configuration may have them by address or by name.
    apiservers = {node.address: node.name for node in control_planes(facts.nodes)}
    findings = Findings()
    for balancer in facts.balancers:
        if isinstance(balancer.config, NotAvailable):
            findings.gap(f"the configuration of {balancer.node}", balancer.config)
            continue
        backends = _backends(balancer.config, inventory.endpoint_port, apiservers)
        if not backends:
            port = inventory.endpoint_port
            findings.wrong.append(f"{balancer.node} has no backend behind port {port}")
            continue
        for name in sorted({s.host for one in backends for s in _nameless(one, apiservers)}):
            findings.gap(f"who {name} is, to which {balancer.node} sends", "no node is called so")
        wrong = [what for one in backends for what in _wrong(one, apiservers)]
        findings.wrong += [f"{balancer.node}, {what}" for what in wrong]
        seen = _states(balancer, backends, findings)
        if not wrong and seen:
            names = listed(apiservers.values())
            findings.good.append(f"{balancer.node} asks https {PATH} of {names}; all are UP")
    return findings.outcome()


def _backends(
    config: HaproxyConfig, port: int, apiservers: Mapping[str, str]
) -> list[HaproxyBackend]:
    """Those that the endpoint's port leads to; else, behind another port, those with apiservers."""
    led = {
        name
        for frontend in config.frontends
        if any(_binds(bind, port) for bind in frontend.binds)
        for name in frontend.backends
    }
    if led:
        return [one for one in config.backends if one.name in led]
    return [one for one in config.backends if any(_node(s, apiservers) for s in one.servers)]


def _binds(bind: str, port: int) -> bool:
    """Whether `ADDRESS:PORT[-PORT],…` covers this port."""
    for address in bind.partition(" ")[0].split(","):
        found = re.search(r":(\d+)(?:-(\d+))?$", address)
        if found and int(found[1]) <= port <= int(found[2] or found[1]):
            return True
    return False


def _node(server: HaproxyServer, apiservers: Mapping[str, str]) -> str | None:
    """The control plane that a server is."""
    if server.host in apiservers.values():
        return server.host
    try:
        return apiservers.get(str(ipaddress.ip_address(server.host)))
    except ValueError:
        short = server.host.partition(".")[0]
        return short if short in apiservers.values() else None


def _enabled(backend: HaproxyBackend) -> list[HaproxyServer]:
    return [one for one in backend.servers if "disabled" not in one.options]


def _nameless(backend: HaproxyBackend, apiservers: Mapping[str, str]) -> list[HaproxyServer]:
    """Those given by a DNS name that only the balancer can resolve."""
    unknown = [one for one in _enabled(backend) if not _node(one, apiservers)]
    return [one for one in unknown if not re.fullmatch(r"[\d.]+|[\da-fA-F:]*:.*", one.host)]


def _wrong(backend: HaproxyBackend, apiservers: Mapping[str, str]) -> Iterator[str]:
    where = f"backend {backend.name}"
    servers, nameless = _enabled(backend), _nameless(backend, apiservers)
    strangers = [
        f"{s.name} ({s.host})" for s in servers if s not in nameless and not _node(s, apiservers)
    ]
    if strangers:
        yield f"{where}: no serving control plane: {listed(strangers)}"
    missing = sorted(set(apiservers.values()) - {_node(s, apiservers) for s in servers})
    if missing and not nameless:
        yield f"{where}: not behind it: {listed(missing)}"
    unchecked = [s.name for s in servers if not s.checked]
    if unchecked:
        yield f"{where}: never checked, and sent to when dead: {listed(unchecked)}"
    by_why: dict[str, list[str]] = {}
    for server in servers:
        if server.checked and (why := shallow(backend, server)):
            by_why.setdefault(why, []).append(server.name)
    for why, names in by_why.items():
        yield f"{where}: {listed(names)}: {why}"


def _states(balancer: Balancer, backends: list[HaproxyBackend], findings: Findings) -> bool:
    """Whether the running process has all servers of the configuration, and has them up."""
    if isinstance(balancer.states, NotAvailable):
        findings.gap(f"what {balancer.node} sees", balancer.states)
        return False
    by_name = {(one.backend, one.server): one for one in balancer.states}
    good = True
    for backend in backends:
        for server in _enabled(backend):
            if not server.checked:
                continue
            state = by_name.get((backend.name, server.name))
            if state is not None and state.up:
                continue
            good = False
            seen = f"has it as {state.status} ({state.check})" if state else "does not know it"
            findings.wrong.append(
                f"{balancer.node}, backend {backend.name}: {server.name} is configured, and the "
                f"running HAProxy {seen}"
            )
    return good
