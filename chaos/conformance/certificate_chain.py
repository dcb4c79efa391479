"""Who signed certificates, on disks and as they are shown, and whether that is as it must be."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, Kubelet, NotAvailable
from chaos.conformance.certificate_expected import unasked
from chaos.conformance.certificate_files import leaves
from chaos.conformance.certificate_trust import CLUSTER, OF_ETCD, Trust
from chaos.conformance.certificates import shown_by
from chaos.conformance.outcome import CheckOutcome, Findings, counted
from chaos.conformance.programs import is_on

# By the end of the path: the authority that must have signed it, where that is none beside it.
SIGNERS = {
    "/front-proxy-client.crt": "/front-proxy-ca.crt",
    "/apiserver-etcd-client.crt": OF_ETCD,
}
# What a kubelet makes for itself where nobody signs one for it: another item's to tell.
OWN = "/var/lib/kubelet/pki/kubelet.crt"

# root's own kubeconfig may be for another cluster.
COPY = "/root/.kube/config"


def signed_by_the_right_one(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Each was signed by an authority that those who check it trust."""
    findings = Findings()
    trust = Trust(facts)
    good = 0
    for node, path, certificate in leaves(facts, findings):
        name = _authority_of(node, path, trust)
        right = trust.beside(node, name)
        if certificate.authority or (path in (OWN, COPY) and not certificate.signer):
            continue
        if not right or certificate.signer is None:
            findings.gap(f"who signed {path} on {node}", f"there is no {name} on it")
        elif not trust.holds(right, certificate.signer):
            by = f"by another ({certificate.issuer})" if certificate.signer else "by nobody known"
            findings.wrong.append(f"{path} on {node} was signed {by}, and not by {name}")
        else:
            good += 1
    kubeconfigs = _kubeconfigs(facts, trust, findings)
    if good:
        told = counted(good, "certificate")
        findings.good.append(f"{told} on disks signed by the authority that it must be")
    elif not findings.wrong and not findings.gaps:
        findings.gap("certificates on disks", "none was seen")
    if kubeconfigs:
        findings.good.append(f"{counted(kubeconfigs, 'kubeconfig')} that trust the cluster's own")
    _shown(facts, trust, findings)
    for where, why in unasked(facts, inventory):
        findings.gap(where, why)
    return findings.outcome()


def _authority_of(node: str, path: str, trust: Trust) -> str:
    """The end of the path of the file with the authority: one beside it, else the cluster's."""
    for end, name in SIGNERS.items():
        if path.endswith(end):
            return name
    folder = path.rpartition("/")[0]
    beside = (f"{folder}/ca.crt", f"{folder}/ca.pem")
    return next((name for name in beside if trust.beside(node, name)), CLUSTER)


def _kubeconfigs(facts: Facts, trust: Trust, findings: Findings) -> int:
    """Kubeconfigs that trust their machine's authority of the cluster."""
    good = 0
    for node, files in facts.kubeconfigs.items():
        if isinstance(files, NotAvailable):
            findings.gap(f"the kubeconfigs of {node}", files)
            continue
        right = trust.beside(node, CLUSTER)
        for one in files:
            if (
                right
                and one.authorities
                and not any(trust.holds(right, a) for a in one.authorities)
            ):
                findings.wrong.append(f"{one.path} on {node} trusts another authority")
            elif right and one.authorities:
                good += 1
    return good


def _shown(facts: Facts, trust: Trust, findings: Findings) -> None:
    """What is shown: to clients by the API, to apiservers by kubelets and etcd."""
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        findings.gap("the live certificates", served)
        return
    kubelets, etcd, cluster = trust.kubelets(), trust.etcd(), trust.cluster()
    good = 0
    for one in served:
        live = one.certificate
        if isinstance(live, NotAvailable):
            findings.gap(shown_by(one), live)
            continue
        api = one.what in ("apiserver", "endpoint")
        right = cluster if api else kubelets if one.what == "kubelet" else etcd
        held = one.trusted
        if held is None and right and live.signer is not None:
            # What clients of the API trust is the kubeconfig's to say, and may be the system's.
            held = trust.holds(right, live.signer) or (None if api else False)
        if held:
            good += 1
        elif held is None:
            findings.gap(f"who signed what {shown_by(one)} shows", "no authority is known")
        elif live.signer or one.what != "kubelet" or _wants_one(one.node, facts):
            told = f"{shown_by(one)} shows one that {live.issuer} signed"
            findings.wrong.append(f"{told}, an authority that those who ask it do not have")
    if good:
        findings.good.append(f"{counted(good, 'live certificate')} of the right authority")


def _wants_one(node: str | None, facts: Facts) -> bool:
    """Whether a kubelet asks the cluster's authority for what it shows: else it makes its own."""
    kubelet = facts.kubelets.get(node or "")
    return isinstance(kubelet, Kubelet) and is_on(
        kubelet.settings.get("serverTLSBootstrap", "false")
    )
