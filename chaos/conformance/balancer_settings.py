"""What balancers do to connections."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.backends import behind
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import told as _s

# The API sends a watch that has nothing to tell a bookmark about once a minute.
QUIET = timedelta(minutes=2)


def dead_sessions_are_cut(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A connection to an apiserver that was given up is ended, not left to its client."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        kept = [
            server.name
            for _, server in one.servers()
            if server.options.get("on-marked-down") != "shutdown-sessions"
        ]
        if kept:
            findings.wrong.append(f"{one.name} leaves connections to {listed(kept)} open for good")
        else:
            findings.good.append(f"{one.name} ends the connections to a server that it gives up")
    return findings.outcome()


def configurations_are_valid(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """HAProxy would start anew with what its files say now."""
    findings = Findings()
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return findings.outcome()
    if not facts.balancers:
        findings.gap("the balancers", "there is none")
    for one in facts.balancers:
        if isinstance(one.complaint, NotAvailable):
            findings.gap(f"what HAProxy of {one.node} says of its configuration", one.complaint)
        elif one.complaint:
            findings.wrong.append(f"{one.node} would not start again: {one.complaint}")
        else:
            findings.good.append(f"HAProxy of {one.node} takes its configuration")
    return findings.outcome()


def tls_is_passed_through(facts: Facts, inventory: Declared) -> CheckOutcome:
    """TLS goes from the client to the apiserver: no balancer opens it."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        wrong = [f"frontend {f.name} is in mode {f.mode}" for f in one.frontends if f.mode != "tcp"]
        wrong += [f"backend {b.name} is in mode {b.mode}" for b in one.backends if b.mode != "tcp"]
        for frontend in one.frontends:
            wrong += [
                f"frontend {frontend.name} ends TLS at {bind.split()[0]}"
                for bind in frontend.binds
                if "ssl" in bind.split()[1:]
            ]
        again = [server.name for _, server in one.servers() if "ssl" in server.options]
        wrong += [f"TLS to {listed(again)} is the balancer's own"] if again else []
        findings.wrong += [f"{one.name}: {what}" for what in wrong]
        if not wrong:
            findings.good.append(f"{one.name} passes TLS through")
    return findings.outcome()


def watches_live(facts: Facts, inventory: Declared) -> CheckOutcome:
    """No idle limit is so short that it ends a watch with nothing to tell."""
    findings = Findings()
    for one in behind(facts, inventory, findings):
        limits = [(f"timeout client of {f.name}", f.timeouts.get("client")) for f in one.frontends]
        for backend in one.backends:
            tunnel = backend.timeouts.get("tunnel")
            if tunnel is not None:
                limits = [(f"timeout tunnel of {backend.name}", tunnel)]
            else:
                server = backend.timeouts.get("server")
                limits.append((f"timeout server of {backend.name}", server))
        short = [f"{name} is {_s(time)}" for name, time in limits if time and time < QUIET]
        if short:
            needed = f"a quiet watch needs {_s(QUIET)}"
            findings.wrong.append(f"{one.name}: {listed(short)}, and {needed}")
        else:
            times = listed(f"{name} {_s(time)}" for name, time in limits if time)
            findings.good.append(f"{one.name} lets quiet watches live: {times or 'no limit'}")
    return findings.outcome()
