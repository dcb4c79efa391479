"""Who may talk to etcd, whom the apiservers talk to, and whether it checks its data."""

from __future__ import annotations

from chaos.cluster.facts import Component, Declared, EtcdFacts, Facts, NotAvailable
from chaos.conformance.etcd import name_of
from chaos.conformance.etcd_running import decided_by, members_that_run
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.programs import is_on


def clients_show_certificates(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Clients: TLS, a certificate demanded; one without was tried and turned away."""
    return _door("client", ("client-cert-auth", "trusted-ca-file", "cert-file"), facts)


def peers_show_certificates(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Peers: TLS, a certificate demanded; one without was tried and turned away."""
    flags = ("peer-client-cert-auth", "peer-trusted-ca-file", "peer-cert-file")
    return _door("peer", flags, facts)


def _door(kind: str, flags: tuple[str, str, str], facts: Facts) -> CheckOutcome:
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    for member in etcd.members:
        urls = member.client_urls if kind == "client" else member.peer_urls
        if plain := [url for url in urls if not url.startswith("https://")]:
            findings.wrong.append(f"{name_of(member)} serves {kind}s without TLS: {listed(plain)}")
    members = members_that_run(facts, findings)
    for one in members:
        _told(one, kind, flags, findings)
    demanded = {
        one.node
        for one in members
        if not decided_by(one) and is_on(one.flags.get(flags[0], "false"))
    }
    _tried(kind, demanded, etcd, facts, findings)
    return findings.outcome()


def _told(one: Component, kind: str, flags: tuple[str, str, str], findings: Findings) -> None:
    demand, *files = flags
    if decided_by(one):
        return  # what was tried tells it
    if not is_on(one.flags.get(demand, "false")):
        findings.wrong.append(f"etcd on {one.node} runs without --{demand}")
    for flag in files:
        if not one.flags.get(flag):
            findings.wrong.append(f"etcd on {one.node} runs without --{flag}")
    listening = one.flags.get(f"listen-{kind}-urls", "")
    for url in listening.split(",") if listening else ():
        if url.startswith("http://"):
            findings.wrong.append(f"etcd on {one.node} listens for {kind}s without TLS at {url}")


def _tried(
    kind: str, demanded: set[str], etcd: EtcdFacts, facts: Facts, findings: Findings
) -> None:
    if isinstance(facts.anonymous, NotAvailable):
        findings.gap("a connection without a certificate", facts.anonymous)
        return
    tried = [one for one in facts.anonymous if one.what == f"etcd {kind}"]
    for one in tried:
        who = f"{one.node} ({one.address})"
        if not one.reached and one.node in demanded:
            findings.good.append(f"{who} is closed to us, and told to demand certificates")
        elif not one.reached:
            findings.gap(f"a connection without a certificate to {who}", one.ended)
        elif one.status is not None:
            findings.wrong.append(
                f"{who} answers {one.path} to a {kind} without a certificate ({one.status})"
            )
        else:
            findings.good.append(f"{who} turns a {kind} without a certificate away: {one.ended}")
    if len(tried) < len([m for m in etcd.members if m.started]):
        findings.gap("a connection without a certificate", "not every member was tried")


def data_is_checked(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Each member compares its data with the others' before it serves, or every so often."""
    findings = Findings()
    for one in members_that_run(facts, findings):
        if file := decided_by(one):
            findings.gap(f"whether etcd on {one.node} compares its data", f"{file} decides it")
            continue
        gates = one.flags.get("feature-gates", "")
        gated = "InitialCorruptCheck=true" in gates.split(",")
        old = one.flags.get("experimental-initial-corrupt-check", "false")
        every = next((one.flags[f] for f in _EVERY if one.flags.get(f, "0s") not in _NEVER), None)
        if gated or is_on(old):
            findings.good.append(f"etcd on {one.node} compares its data when it starts")
        elif every:
            findings.good.append(f"etcd on {one.node} compares its data every {every}")
        else:
            findings.wrong.append(f"etcd on {one.node} never compares its data with the others'")
    return findings.outcome()


_NEVER = ("0", "0s")
_EVERY = ("corrupt-check-time", "experimental-corrupt-check-time")
