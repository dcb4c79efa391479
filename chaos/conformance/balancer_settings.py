"""What balancers do to connections, and who sees their statistics."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, HaproxyFrontend, NotAvailable
from chaos.conformance.backends import behind
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import told as _s

# The API sends a watch that has nothing to tell a bookmark about once a minute.
QUIET = timedelta(minutes=2)
LOOPBACK = ("127.", "[::1]", "::1", "localhost", "/", "unix@")
GUARDS = ("stats auth", "http-request deny", "http-request auth", "tcp-request connection reject")


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


def statistics_are_closed(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A page of statistics is not there for whoever asks."""
    findings = Findings()
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return findings.outcome()
    for balancer in facts.balancers:
        if isinstance(balancer.config, NotAvailable):
            findings.gap(f"the configuration of {balancer.node}", balancer.config)
            continue
        pages = [f for f in balancer.config.frontends if _is_page(f)]
        for page in pages:
            where = f"{balancer.node}: the page of {page.name} ({listed(page.binds)})"
            if any(rule.startswith(GUARDS) for rule in page.rules):
                findings.good.append(f"{where} asks who comes")
            elif page.binds and all(bind.startswith(LOOPBACK) for bind in page.binds):
                findings.good.append(f"{where} is for the machine itself")
            else:
                findings.wrong.append(f"{where} is open to everyone")
        if not pages:
            findings.good.append(f"{balancer.node} has no page of statistics")
    return findings.outcome()


def _is_page(frontend: HaproxyFrontend) -> bool:
    shown = ("stats enable", "stats uri", "http-request use-service prometheus-exporter")
    return frontend.mode == "http" and any(rule.startswith(shown) for rule in frontend.rules)
