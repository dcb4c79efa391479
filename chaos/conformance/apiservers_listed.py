"""Whom the Service `kubernetes` sends Pods to."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.control_planes import ELSEWHERE, elsewhere
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered


def just_the_live_ones(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Its endpoints are the apiservers that answer: no dead one, and none left out."""
    if isinstance(facts.apiservers, NotAvailable):
        return not_covered("the endpoints of the Service kubernetes", facts.apiservers)
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    if facts.apiservers and nodes and elsewhere(nodes, inventory):
        return not_covered(f"the apiservers at {listed(sorted(facts.apiservers))}", ELSEWHERE)
    if isinstance(facts.served_certificates, NotAvailable):
        return not_covered("which apiservers answer", facts.served_certificates)
    findings = Findings()
    served = [one for one in facts.served_certificates if one.what == "apiserver"]
    who = {one.address: one.node or "no machine of the inventory" for one in served}
    live = {one.address for one in served if not isinstance(one.certificate, NotAvailable)}
    endpoints = set(facts.apiservers)
    if not endpoints:
        findings.wrong.append("it has no endpoint: no Pod reaches the API")
    if dead := sorted(endpoints - live):
        told = listed(f"{address} ({who.get(address, 'unknown')})" for address in dead)
        findings.wrong.append(f"it sends to {told}, where nobody answers")
    if missing := sorted(live - endpoints):
        told = listed(f"{address} ({who[address]})" for address in missing)
        findings.wrong.append(f"it does not send to {told}, which answers")
    if strangers := sorted(a for a in endpoints & live if who[a].startswith("no machine")):
        findings.wrong.append(f"it sends to {listed(strangers)}, which the inventory does not have")
    if endpoints and not findings.wrong:
        findings.good.append(f"it sends to {listed(sorted(endpoints))}, and all answer")
    return findings.outcome()
