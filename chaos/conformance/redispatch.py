"""Whether a connection that an apiserver does not take goes to another."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, HaproxyBackend
from chaos.cluster.haproxy_retry import handed_on
from chaos.conformance.backends import Behind, behind, in_turn
from chaos.conformance.outcome import CheckOutcome, Findings
from chaos.conformance.times import told as _s

# Algorithms that take turns whatever the servers are doing.
TURNS = ("roundrobin", "static-rr")
# Before it tries the same server again HAProxy waits so long, or `timeout connect` if that is less.
PAUSE = timedelta(seconds=1)


def failed_ones_are_handed_on(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Who meets an apiserver that is gone, and not yet given up, is sent to another in time."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        for backend in one.backends:
            _judge(one, backend, inventory.objectives.service, findings)
    return findings.outcome()


def _judge(one: Behind, backend: HaproxyBackend, budget: timedelta, findings: Findings) -> None:
    where = f"{one.name}, backend {backend.name}"
    option, connect = backend.options.get("redispatch"), backend.timeouts.get("connect")
    many, fails = len(in_turn(backend)), "a connection that its apiserver does not take fails"
    if option is None:
        findings.wrong.append(f"{where}: no option redispatch: {fails}")
        return
    if backend.retries is None:
        findings.gap(f"{where}: on which retry a connection is handed on", "retries was not read")
        return
    turns = many > 1 and backend.balance.split(" ")[0] in TURNS
    at = handed_on(option, backend.retries, turns=turns)
    said = f"option redispatch {option}".strip() + f", retries {backend.retries}"
    if at is None:
        findings.wrong.append(f"{where}: {said}: {fails}")
    elif many < 2 <= len(one.apiservers):
        why = "one server alone takes connections while it counts as up, the rest are backups"
        findings.wrong.append(f"{where}: {why}: {fails}")
    elif connect is None:
        findings.wrong.append(f"{where}: no timeout connect: one that is silent is waited for")
    else:
        longest = at * connect + (at - 1) * min(PAUSE, connect)
        found = f"{where} hands a connection on within {_s(longest)} ({said}, timeout connect "
        found += f"{_s(connect)})"
        if longest > budget:
            findings.wrong.append(f"{found}, and {_s(budget)} are allowed")
        else:
            findings.good.append(found)
