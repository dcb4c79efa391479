"""What kubeadm will write into the next apiserver's certificate, against the live ones."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.addresses import plain
from chaos.cluster.facts import (
    Certificate,
    Declared,
    Facts,
    NotAvailable,
    ServedCertificate,
)
from chaos.conformance.leads import host_port, own
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

_FIRST = ("default", "kubernetes")


def cert_sans_match(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What kubeadm will write into the next certificate is what the live ones hold."""
    if isinstance(facts.kubeadm, NotAvailable):
        return not_covered("kubeadm's ClusterConfiguration", facts.kubeadm)
    if isinstance(facts.served_certificates, NotAvailable):
        return not_covered("the apiservers' certificates", facts.served_certificates)
    findings = Findings()
    host = host_port(facts.kubeadm.endpoint)[0]
    sans = {plain(x) for x in facts.kubeadm.cert_sans}
    wanted = {plain(x) for x in (inventory.endpoint_name, inventory.endpoint_address) if x}
    if lacking := sorted(x for x in wanted if x not in sans and x != host):
        findings.wrong.append(
            f"certSANs lack {listed(lacking)}: the next apiserver's certificate will too"
        )
    for one in facts.served_certificates:
        if one.what != "apiserver":
            continue
        if isinstance(one.certificate, NotAvailable):
            findings.gap(f"the certificate of {one.node or one.address}", one.certificate)
        else:
            _judge(one, one.certificate, sans, host, facts, findings)
    return findings.outcome()


def _judge(
    one: ServedCertificate,
    certificate: Certificate,
    sans: set[str],
    host: str,
    facts: Facts,
    findings: Findings,
) -> None:
    who = one.node or one.address
    alike = replace(certificate, names=tuple(plain(name) for name in certificate.names))
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    mine = {host_port(one.address)[0], host}
    for node in nodes:
        if node.name == one.node:
            mine |= set(own(node, facts).hosts)
    extra = {n for n in alike.names if not n.startswith("kubernetes")} - sans - mine
    addresses = {plain(address) for address in alike.addresses} - sans - mine
    first = _first_service(facts)
    if isinstance(first, NotAvailable) and addresses:
        findings.gap(f"which addresses the certificate of {who} has by itself", first)
    elif not isinstance(first, NotAvailable):
        extra |= addresses - first
    if extra:
        findings.wrong.append(
            f"the live certificate of {who} is for {listed(sorted(extra))} as well, which "
            "certSANs lack: one made anew will be without"
        )
    if missing := {x for x in sans if not alike.covers(x)}:
        findings.wrong.append(
            f"certSANs have {listed(sorted(missing))}, which the live one of {who} lacks"
        )
    if not extra and not missing:
        findings.good.append(f"the live certificate of {who} is for all of certSANs")


def _first_service(facts: Facts) -> set[str] | NotAvailable:
    """The addresses of the Service default/kubernetes, which kubeadm writes by itself."""
    if isinstance(facts.services, NotAvailable):
        return facts.services
    first = (one for one in facts.services if (one.namespace, one.name) == _FIRST)
    return {plain(address) for one in first for address in one.addresses}
