"""Whether everybody who is asked shows a certificate for all that he is asked by."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from chaos.cluster.facts import Declared, Facts, Kubelet, NodeFact, NotAvailable, ServedCertificate
from chaos.conformance.certificate_expected import unasked
from chaos.conformance.certificates import shown_by
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import APISERVER

ALWAYS = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
# An apiserver that asks etcd by one of these asks the member on its own machine.
LOCAL = ("127.0.0.1", "::1", "localhost")


def names_are_complete(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Everybody who is asked shows a certificate for what he is asked by."""
    findings = Findings()
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        findings.gap("the live certificates", served)
        return findings.outcome()
    nodes = {} if isinstance(facts.nodes, NotAvailable) else {n.name: n for n in facts.nodes}
    inside = _inside(facts, findings) if any(one.what == "apiserver" for one in served) else []
    servers = _etcd_servers(facts, findings) if any("etcd" in one.what for one in served) else []
    for one in served:
        if isinstance(one.certificate, NotAvailable):
            findings.gap(shown_by(one), one.certificate)
            continue
        certificate = one.certificate
        wanted = list(_wanted(one, nodes.get(one.node or ""), inventory, inside, servers))
        missing = [name for name in dict.fromkeys(wanted) if not certificate.covers(name)]
        if missing:
            findings.wrong.append(f"{shown_by(one)} shows a certificate without {listed(missing)}")
        else:
            findings.good.append(f"{shown_by(one)}: {listed(dict.fromkeys(wanted))}")
    if not served:
        findings.gap("the live certificates", "none was seen")
    for where, why in unasked(facts, inventory):
        findings.gap(where, why)
    return findings.outcome()


def _wanted(
    one: ServedCertificate,
    node: NodeFact | None,
    inventory: Declared,
    inside: list[str],
    servers: list[tuple[str, str]],
) -> Iterator[str]:
    own = one.address.rpartition(":")[0].strip("[]")
    if one.what == "endpoint":
        yield inventory.endpoint_name
        return
    if one.what == "apiserver":
        yield from (*ALWAYS, inventory.endpoint_name, *inside)
    if one.what == "kubelet" and node is not None:
        yield node.name
    yield own
    if one.what == "etcd client":
        name = one.node or ""
        for asking, host in servers:
            local = host in LOCAL and asking == name
            if local or (name and (host == name or host.startswith(f"{name}."))):
                yield host


def _inside(facts: Facts, findings: Findings) -> list[str]:
    """What the apiservers are asked by in Pods: the Service's addresses, and its whole name."""
    known = facts.services
    if isinstance(known, NotAvailable):
        findings.gap("the address by which Pods ask the apiservers", known)
        known = ()
    mine = [one for one in known if str(one) == "default/kubernetes"]
    addresses = [address for one in mine for address in one.addresses]
    if not addresses and not isinstance(facts.services, NotAvailable):
        why = "the Service default/kubernetes has none"
        findings.gap("the address by which Pods ask the apiservers", why)
    settings = [k.settings for k in facts.kubelets.values() if isinstance(k, Kubelet)]
    domains = {s["clusterDomain"].strip(".") for s in settings if s.get("clusterDomain")}
    return [*addresses, *(f"{ALWAYS[-1]}.{domain}" for domain in sorted(domains))]


def _etcd_servers(facts: Facts, findings: Findings) -> list[tuple[str, str]]:
    """By what each apiserver asks etcd, with the machine that it runs on."""
    found = []
    for node, components in facts.components.items():
        if isinstance(components, NotAvailable):
            findings.gap(f"by what the apiserver of {node} asks etcd", components)
            continue
        for one in components:
            urls = one.flags.get("etcd-servers", "") if one.name == APISERVER else ""
            for url in urls.split(","):
                if host := urlsplit(url.strip()).hostname:
                    found.append((node, host))
    return found
