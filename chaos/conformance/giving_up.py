"""How fast balancers give an apiserver up, and whether it waits for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.backends import behind
from chaos.conformance.eject import Eject, eject
from chaos.conformance.health_check import shallow
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import go_time
from chaos.conformance.times import told as _s


def dead_ones_are_given_up(facts: Facts, inventory: Declared) -> CheckOutcome:
    """An apiserver that refuses, or says that it is not ready, is given up in time."""
    return _given_up(facts, inventory, "that is dead", lambda one: one.dead)


def silent_ones_are_given_up(facts: Facts, inventory: Declared) -> CheckOutcome:
    """An apiserver that says nothing at all any more is given up in time."""
    return _given_up(facts, inventory, "that is silent", lambda one: one.silent)


def _given_up(
    facts: Facts, inventory: Declared, what: str, pick: Callable[[Eject], timedelta]
) -> CheckOutcome:
    findings, budget = Findings(), inventory.objectives.service
    for name, found in _ejects(facts, inventory, findings).items():
        unchecked = found.unchecked
        if unchecked:
            whom = f"does not check {listed(unchecked)}" if found.ejects else "checks no server"
            findings.wrong.append(f"{name} {whom}: one {what} is never given up")
        slowest = max(found.ejects, key=pick, default=None)
        if slowest is None:
            continue
        told = f"{name} gives an apiserver {what} up within {_s(pick(slowest))} ({slowest.terms})"
        if pick(slowest) > budget:
            findings.wrong.append(f"{told}, and {_s(budget)} are allowed")
        else:
            findings.good.append(f"{told}, of {_s(budget)}")
    return findings.outcome()


@dataclass(frozen=True, slots=True)
class _Checks:
    """How a balancer checks its servers.

    Args:
        ejects: when it gives up those that it checks.
        unchecked, unasked: those that it does not check, and does not ask whether they are ready.
    """

    ejects: list[Eject]
    unchecked: list[str]
    unasked: list[str]


def _ejects(facts: Facts, inventory: Declared, findings: Findings) -> dict[str, _Checks]:
    """By balancer, what it does about its servers."""
    found: dict[str, _Checks] = {}
    for one in behind(facts, inventory, findings):
        servers = list(one.servers())
        try:
            found[one.name] = _Checks(
                [eject(b, s) for b, s in servers if s.checked],
                [s.name for _, s in servers if not s.checked],
                [s.name for b, s in servers if not s.checked or shallow(b, s)],
            )
        except ValueError as wrong:
            findings.gap(f"the settings of {one.name}", str(wrong))
    return found


def apiservers_wait_for_balancers(facts: Facts, inventory: Declared) -> CheckOutcome:
    """An apiserver that ends serves on until every balancer has given it up."""
    findings = Findings()
    found = _ejects(facts, inventory, findings)
    slowest = max((e.dead for one in found.values() for e in one.ejects), default=None)
    if slowest is None:
        findings.gap("when balancers give an apiserver up", "no balancer is known to check any")
        return findings.outcome()
    for name, one in found.items():
        if one.unasked:
            what = f"{name} does not ask {listed(one.unasked)} whether it is ready"
            findings.wrong.append(f"{what}: it sends to one that ends until that is gone")
    unseen: set[str] = set()
    if not isinstance(facts.nodes, NotAvailable):
        unseen = {node.name for node in control_planes(facts.nodes)}
    seen = False
    for node, components in facts.components.items():
        if isinstance(components, NotAvailable):
            findings.gap(f"the apiserver of {node}", components)
            seen = True
            unseen.discard(node)
            continue
        for component in components:
            if component.name != "kube-apiserver":
                continue
            seen = True
            unseen.discard(node)
            delay = go_time(component.flags.get("shutdown-delay-duration", "0s"))
            if delay is None:
                findings.gap(f"the flags of {node}", "shutdown-delay-duration is no duration")
                continue
            told = f"{node} serves on for {_s(delay)} after /readyz says that it ends"
            if delay <= slowest:
                findings.wrong.append(f"{told}; balancers send to it for up to {_s(slowest)}")
            else:
                findings.good.append(f"{told}, and is given up within {_s(slowest)}")
    if not seen:
        findings.gap("the apiservers", "none was seen on any machine")
    elif unseen:
        findings.gap(f"the apiserver of {listed(sorted(unseen))}", "it was not seen there")
    return findings.outcome()
