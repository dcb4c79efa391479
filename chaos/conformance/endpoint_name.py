"""The endpoint's name, and what answers behind it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, HealthAnswer, NotAvailable, Resolved
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed

SYSTEM = "system"
RESOLVERS = 2
PATHS = ("/livez", "/readyz")
LOAD_BALANCER = "load-balancer"


def name_resolves(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every machine finds the endpoint's address by its name, through two resolvers or more."""
    findings, name = Findings(), inventory.endpoint_name
    if is_address(name):
        findings.good.append(f"clients use the address {name}: there is no name to resolve")
        return findings.outcome()
    good: list[str] = []
    used: set[str] = set()
    for node, answers in _asked(facts, findings):
        wrong = list(_answers(answers, inventory))
        findings.wrong += [f"{node}: {what}" for what in wrong]
        if not wrong:
            good.append(node)
            used |= {one.resolver for one in answers if one.resolver != SYSTEM}
    if good:
        at = inventory.endpoint_address or "an address"
        findings.good.append(f"{listed(good)}: {name} is {at}, says {listed(sorted(used))}")
    return findings.outcome()


def _asked(facts: Facts, findings: Findings) -> Iterator[tuple[str, tuple[Resolved, ...]]]:
    """The answers on each node of the cluster; balancers need no name to find apiservers."""
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("which machines there are", facts.nodes)
        return
    for node in facts.nodes:
        if node.kubernetes is None and set(node.roles) <= {LOAD_BALANCER, "etcd"}:
            continue
        machine = facts.machines.get(node.name, NotAvailable("it was not asked"))
        answers = machine if isinstance(machine, NotAvailable) else machine.resolved
        if isinstance(answers, NotAvailable):
            findings.gap(f"what {node.name} resolves", answers)
        else:
            yield node.name, answers


def _answers(answers: tuple[Resolved, ...], inventory: Declared) -> Iterator[str]:
    name, at = inventory.endpoint_name, inventory.endpoint_address
    resolvers = [one for one in answers if one.resolver != SYSTEM]
    if len({one.resolver for one in resolvers}) < RESOLVERS:
        names = listed(one.resolver for one in resolvers) or "none"
        yield f"it knows {counted(len(resolvers), 'resolver')} ({names}), and two are needed"
    for one in answers:
        who = "its own library" if one.resolver == SYSTEM else one.resolver
        if one.error or not one.addresses:
            yield f"{who} does not say where {name} is: {one.error or 'it has no address'}"
        elif at and {a for a in one.addresses if (":" in a) is (":" in at)} != {at}:
            yield f"{who} says that {name} is {listed(one.addresses)}, and not {at}"


def name_is_not_kept_long(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Nobody keeps the name's address for longer than the budget."""
    findings, budget = Findings(), inventory.objectives.name_ttl
    if is_address(inventory.endpoint_name):
        findings.good.append("there is no name to keep")
        return findings.outcome()
    seen: dict[str, float] = {}
    others: set[str] = set()
    for node, answers in _asked(facts, findings):
        told = [one for one in answers if one.resolver != SYSTEM and one.ttl is not None]
        if not told:
            findings.gap(f"how long {node} keeps the name", "no resolver told it a time to live")
        for one in told:
            ttl = one.ttl.total_seconds() if one.ttl is not None else 0.0
            seen[one.resolver] = max(seen.get(one.resolver, 0.0), ttl)
            others |= {one.resolver} if one.authoritative is False else set()
    for resolver, seconds in sorted(seen.items()):
        told_ = f"{resolver} lets {inventory.endpoint_name} be kept for {seconds:g} s"
        if seconds > budget.total_seconds():
            findings.wrong.append(f"{told_}, and {budget.total_seconds():g} s are allowed")
        elif resolver in others:
            findings.gap(told_, "it was told by another, and that is what is left of the time")
        else:
            findings.good.append(told_)
    return findings.outcome()


def health_paths_answer(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Each apiserver, and the endpoint, answers `ok` on /livez and /readyz."""
    findings = Findings()
    if isinstance(facts.health, NotAvailable):
        findings.gap("the health paths", facts.health)
        return findings.outcome()
    for answer in facts.health:
        if answer.code == 200:
            continue
        code = f"answers {answer.code}" if answer.code else "does not answer"
        findings.wrong.append(f"{_who(answer)} {code} on {answer.path}: {answer.said}")
    well = {(a.node, a.path) for a in facts.health if a.code == 200}
    asked = {(a.node, a.path) for a in facts.health}
    whole = [n for n in dict.fromkeys(n for n, _ in well) if {(n, p) for p in PATHS} <= well]
    if whole:
        told = listed(n or "the endpoint" for n in whole)
        findings.good.append(f"{told}: {' and '.join(PATHS)} say ok")
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("whether that is every apiserver", facts.nodes)
        return findings.outcome()
    for node in control_planes(facts.nodes):
        if missing := [path for path in PATHS if (node.name, path) not in asked]:
            findings.gap(f"{listed(missing)} of {node.name}", "it was not asked")
    return findings.outcome()


def _who(answer: HealthAnswer) -> str:
    return f"{answer.node or 'the endpoint'} ({answer.address})"


def is_address(name: str) -> bool:
    """Whether a name is none, but an address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
