"""Whether what is shown is what lies on disks, and is made anew in time by itself."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import (
    Certificate,
    Declared,
    Facts,
    Kubelet,
    NotAvailable,
    ServedCertificate,
)
from chaos.conformance.certificate_expected import KUBELET, unasked
from chaos.conformance.certificate_trust import Trust
from chaos.conformance.certificates import shown_by
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import APISERVER, ETCD, is_off, is_on

# By what is asked: the program that shows it, and the flag that names its file.
FILES = {
    "apiserver": (APISERVER, "tls-cert-file"),
    "etcd client": (ETCD, "cert-file"),
    "etcd peer": (ETCD, "peer-cert-file"),
}
KUBELETS = ("/kubelet-server-current.pem", "/pki/kubelet.crt")


def equal_those_on_disk(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What each shows is what its file holds: a renewed one is loaded."""
    findings = Findings()
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        findings.gap("the live certificates", served)
        return findings.outcome()
    for one in served:
        if one.what == "endpoint":
            continue
        if isinstance(one.certificate, NotAvailable):
            findings.gap(shown_by(one), one.certificate)
            continue
        path, stored = _beside(one, facts)
        if not isinstance(stored, Certificate):
            findings.gap(f"the file of {shown_by(one)}", stored)
        elif stored.sha256 != one.certificate.sha256:
            findings.wrong.append(
                f"{shown_by(one)} shows one that lasts until {one.certificate.not_after:%Y-%m-%d}, "
                f"and {path} holds another, until {stored.not_after:%Y-%m-%d}: it is not loaded"
            )
        else:
            findings.good.append(f"{shown_by(one)} shows what {path} holds")
    if not served:
        findings.gap("the live certificates", "none was seen")
    for where, why in unasked(facts, inventory):
        findings.gap(where, why)
    return findings.outcome()


def _beside(one: ServedCertificate, facts: Facts) -> tuple[str, Certificate | NotAvailable]:
    """The file of a live certificate."""
    files = facts.stored_certificates.get(one.node or "")
    if files is None or isinstance(files, NotAvailable):
        return "", files or NotAvailable("its disk was not looked at")
    by_path: dict[str, Certificate | NotAvailable] = {}
    for file in files:
        # The first of a file is what is shown; those behind it lead up to its authority.
        by_path.setdefault(file.path, file.certificate)
    if one.what == "kubelet":
        path = next((p for p in by_path if p.endswith(KUBELETS)), "")
    else:
        path = _flagged(one, facts)
    known = by_path.get(path)
    return path, known or NotAvailable(f"{path or 'its file'} was not among those looked at")


def _flagged(one: ServedCertificate, facts: Facts) -> str:
    name, flag = FILES[one.what]
    components = facts.components.get(one.node or "")
    if components is None or isinstance(components, NotAvailable):
        return ""
    return next((c.flags.get(flag, "") for c in components if c.name == name), "")


def kubelets_serve_signed_ones(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What kubelets show was signed by the cluster's authority, so that it can be checked."""
    findings = Findings()
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        findings.gap("what kubelets show", served)
        return findings.outcome()
    trust = Trust(facts)
    right = trust.kubelets()
    mine = [one for one in served if one.what == "kubelet"]
    for one in mine:
        known = one.certificate
        if isinstance(known, NotAvailable):
            findings.gap(shown_by(one), known)
        elif known.signer is None:
            findings.gap(shown_by(one), "who signed it was not looked at")
        elif not right:
            findings.gap(f"who signed what {shown_by(one)} shows", "no authority is known")
        elif not known.signer or known.subject == known.issuer:
            findings.wrong.append(f"{shown_by(one)} shows one that {known.issuer} signed itself")
        elif not trust.holds(right, known.signer):
            findings.wrong.append(
                f"{shown_by(one)} shows one that {known.issuer} signed, and not the cluster's"
            )
        else:
            findings.good.append(f"{shown_by(one)} shows one signed by {known.issuer}")
    if not mine:
        findings.gap("what kubelets show", "none was asked")
    for where, why in unasked(facts, inventory, [KUBELET]):
        findings.gap(where, why)
    return findings.outcome()


def kubelets_rotate(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every kubelet asks for a new client certificate before its own expires."""
    findings = Findings()
    for kubelet in _kubelets(facts, findings):
        rotates = kubelet.settings.get("rotateCertificates", "false")
        own = is_on(kubelet.settings.get("serverTLSBootstrap", "false"))
        if is_off(rotates):
            findings.wrong.append(f"kubelet on {kubelet.node} has rotateCertificates: {rotates}")
        else:
            also = " and its serving one" if own else ""
            findings.good.append(f"kubelet on {kubelet.node} rotates its client certificate{also}")
    for node, files in facts.stored_certificates.items():
        paths = [] if isinstance(files, NotAvailable) else [one.path for one in files]
        embedded = [p for p in paths if p.endswith("/kubelet.conf")]
        if embedded:
            told = f"{listed(embedded)} on {node} holds a certificate itself"
            findings.wrong.append(f"{told}, which no rotation ever replaces")
    return findings.outcome()


def _kubelets(facts: Facts, findings: Findings) -> Iterator[Kubelet]:
    for node, kubelet in facts.kubelets.items():
        if isinstance(kubelet, NotAvailable):
            findings.gap(f"kubelet on {node}", kubelet)
        else:
            yield kubelet
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("whether these are all kubelets", facts.nodes)
        return
    for one in facts.nodes:
        if one.kubernetes and one.name not in facts.kubelets:
            findings.gap(f"kubelet on {one.name}", "the inventory does not have the node")
