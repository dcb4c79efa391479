"""Whom the Service `kubernetes` sends Pods to."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.control_planes import ELSEWHERE, elsewhere
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.programs import APISERVER


def just_the_live_ones(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Its endpoints are the apiservers that answer and are well: none dead, and none left out."""
    if isinstance(facts.apiservers, NotAvailable):
        return not_covered("the endpoints of the Service kubernetes", facts.apiservers)
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    if facts.apiservers and nodes and elsewhere(nodes, inventory):
        return not_covered(f"the apiservers at {listed(sorted(facts.apiservers))}", ELSEWHERE)
    if isinstance(facts.served_certificates, NotAvailable):
        return not_covered("which apiservers answer", facts.served_certificates)
    findings = Findings()
    served = [one for one in facts.served_certificates if one.what == "apiserver"]
    who = dict(_others(facts)) | {one.address: one.node for one in served if one.node}
    answered = [one for one in served if not isinstance(one.certificate, NotAvailable)]
    # One that answers at one of its addresses is alive at the others, where we may not reach it.
    live = {who.get(one.address, one.address): one.address for one in answered}
    endpoints = sorted(set(facts.apiservers))
    sick = _sick(facts, findings)

    def named(address: str) -> str:
        return f"{address} ({who.get(address, 'unknown')})"

    if not endpoints:
        findings.wrong.append("it has no endpoint: no Pod reaches the API")
    if dead := [one for one in endpoints if who.get(one, one) not in live]:
        findings.wrong.append(f"it sends to {listed(map(named, dead))}, where nobody answers")
    for one in endpoints:
        if (why := sick.get(who.get(one, one))) and one not in dead:
            findings.wrong.append(f"it sends to {named(one)}, which answers {why}")
    known = {who.get(one, one) for one in endpoints} | sick.keys()
    if missing := sorted(address for one, address in live.items() if one not in known):
        findings.wrong.append(f"it does not send to {listed(map(named, missing))}, which answers")
    if strangers := [one for one in endpoints if one not in who and one in live]:
        findings.wrong.append(f"it sends to {listed(strangers)}, which the inventory does not have")
    if endpoints and not findings.wrong:
        findings.good.append(f"it sends to {listed(endpoints)}, and all answer")
    return findings.outcome()


def _sick(facts: Facts, findings: Findings) -> dict[str, str]:
    """What is wrong with an apiserver by its own word, by node."""
    if isinstance(facts.health, NotAvailable):
        findings.gap("whether those that answer are well", facts.health)
        return {}
    return {
        one.node: f"{one.code} on {one.path}"
        for one in facts.health
        if one.node and one.code is not None and one.code >= 500
    }


def _others(facts: Facts) -> Iterator[tuple[str, str]]:
    """Where else an apiserver may be, and on which node: what it advertises, the node's others."""
    ports: dict[str, str] = {}
    for node, components in facts.components.items():
        for one in () if isinstance(components, NotAvailable) else components:
            if one.name == APISERVER:
                ports[node] = one.flags.get("secure-port", "6443")
                if address := one.flags.get("advertise-address"):
                    yield _at(address, ports[node]), node
    for known in () if isinstance(facts.nodes, NotAvailable) else facts.nodes:
        if known.kubernetes and is_control_plane(known):
            for address in known.kubernetes.addresses:
                yield _at(address, ports.get(known.name, "6443")), known.name


def _at(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
