"""How the apiservers are told to serve, to decide and to note."""

from __future__ import annotations

from collections import defaultdict

from chaos.cluster.facts import Component, Declared, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import APISERVER, MANAGER, SCHEDULER, is_off, running, setting

TLS = (
    *("tls-cert-file", "tls-private-key-file", "client-ca-file", "etcd-cafile", "etcd-certfile"),
    *("etcd-keyfile", "kubelet-client-certificate", "kubelet-client-key"),
)
OLD = ("VersionTLS10", "VersionTLS11")
# What must differ from one machine to the other.
OWN = ("advertise-address", "bind-address", "etcd-servers", "external-hostname", "node-name")


def speaks_tls(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Files for TLS with clients, etcd and kubelets; no old version of it; no plain port."""
    findings = Findings()
    for one in running(APISERVER, facts, findings):
        who = f"the apiserver of {one.node}"
        lacking = [flag for flag in TLS if not one.flags.get(flag)]
        oldest = one.flags.get("tls-min-version", "VersionTLS12")
        if lacking:
            findings.wrong.append(f"{who} runs without --{listed(lacking)}")
        if not one.flags.get("kubelet-certificate-authority"):
            findings.wrong.append(
                f"{who} runs without --kubelet-certificate-authority: it believes any kubelet"
            )
        if oldest in OLD:
            findings.wrong.append(f"{who} takes {oldest}")
        if one.flags.get("insecure-port", "0") != "0":
            findings.wrong.append(f"{who} serves without TLS on port {one.flags['insecure-port']}")
        if not findings.wrong:
            findings.good.append(f"{who} speaks TLS with clients, etcd and kubelets, {oldest} on")
    return findings.outcome()


def authorizes(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Node and RBAC decide who may do what, and nobody says yes to all."""
    findings = Findings()
    for one in running(APISERVER, facts, findings):
        who = f"the apiserver of {one.node}"
        told = setting(one, "authorization-mode", file="authorization-config", first=False)
        if isinstance(told, NotAvailable):
            findings.gap(f"who decides on {who}", told)
            continue
        modes = (told or "AlwaysAllow").split(",")
        lacking = [mode for mode in ("Node", "RBAC") if mode not in modes]
        if "AlwaysAllow" in modes:
            findings.wrong.append(f"{who} allows everybody everything (AlwaysAllow)")
        elif lacking:
            findings.wrong.append(f"{who} decides by {listed(modes)}, without {listed(lacking)}")
        else:
            findings.good.append(f"{who} decides by {listed(modes)}")
    return findings.outcome()


def restricts_nodes(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A kubelet may change its own node and Pods alone."""
    findings = Findings()
    for one in running(APISERVER, facts, findings):
        who, name = f"the apiserver of {one.node}", "NodeRestriction"
        on = one.flags.get("enable-admission-plugins", "").split(",")
        off = one.flags.get("disable-admission-plugins", "").split(",")
        if name in on and name not in off:
            findings.good.append(f"{who} has {name} on")
        else:
            findings.wrong.append(f"{who} runs without {name}: a kubelet may change other nodes")
    return findings.outcome()


def keeps_an_audit_log(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A policy and somewhere to write to, on every apiserver."""
    findings = Findings()
    for one in running(APISERVER, facts, findings):
        who = f"the apiserver of {one.node}"
        policy = one.flags.get("audit-policy-file")
        where = one.flags.get("audit-log-path") or one.flags.get("audit-webhook-config-file")
        if not policy:
            findings.wrong.append(f"{who} has no --audit-policy-file: who did what is not known")
        elif not where:
            findings.wrong.append(f"{who} has an audit policy, and writes to nowhere")
        else:
            findings.good.append(f"{who} notes by {policy} into {where}")
    return findings.outcome()


def does_not_profile(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Profiles of the three programs are not to be had."""
    findings = Findings()
    for name in (APISERVER, MANAGER, SCHEDULER):
        for one in running(name, facts, findings):
            # Beside a configuration file the scheduler does not heed the flag.
            told = setting(one, "profiling", first=False)
            if isinstance(told, NotAvailable):
                findings.gap(f"profiling of {name} on {one.node}", told)
            elif is_off(told or "true"):
                findings.good.append(f"{name} on {one.node} has profiling off")
            else:
                findings.wrong.append(f"{name} on {one.node} has profiling on")
    return findings.outcome()


def all_alike(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """All apiservers have the same flags, but for those that name their own machine."""
    findings = Findings()
    servers = running(APISERVER, facts, findings)
    names = {flag for one in servers for flag in one.flags} - set(OWN)
    for flag in sorted(names):
        by_value: dict[str, list[str]] = defaultdict(list)
        for one in servers:
            by_value[_value(one, flag)].append(one.node)
        if len(by_value) > 1:
            told = "; ".join(f"{v or 'not there'} on {listed(on)}" for v, on in by_value.items())
            findings.wrong.append(f"--{flag} is not one: {told}")
    if servers and not findings.wrong:
        on = listed(one.node for one in servers)
        findings.good.append(f"{len(names)} flags are the same on {on}")
    return findings.outcome()


def _value(one: Component, flag: str) -> str:
    return ",".join(sorted(one.flags.get(flag, "").split(",")))
