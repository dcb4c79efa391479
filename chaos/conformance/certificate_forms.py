"""What certificates are for, who signed them, and whether that is as it must be."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Certificate, Declared, Facts, NotAvailable
from chaos.conformance.certificates import shown_by
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed

SERVER, CLIENT = "serverAuth", "clientAuth"
# By the end of the path: what kubeadm's certificates are used for.
USES = {
    "/pki/apiserver.crt": (SERVER,),
    "/pki/apiserver-kubelet-client.crt": (CLIENT,),
    "/pki/apiserver-etcd-client.crt": (CLIENT,),
    "/pki/front-proxy-client.crt": (CLIENT,),
    "/pki/etcd/healthcheck-client.crt": (CLIENT,),
    "/etcd/server.crt": (SERVER,),
    "/etcd/peer.crt": (SERVER, CLIENT),
    "/kubelet-client-current.pem": (CLIENT,),
    "/kubelet-server-current.pem": (SERVER,),
    ".conf": (CLIENT,),
}
# By the end of the path: the authority beside it that must have signed it; the cluster's, else.
SIGNERS = {
    "/front-proxy-client.crt": "/front-proxy-ca.crt",
    "/apiserver-etcd-client.crt": "/etcd/ca.crt",
    "/etcd/healthcheck-client.crt": "/etcd/ca.crt",
    "/etcd/server.crt": "/etcd/ca.crt",
    "/etcd/peer.crt": "/etcd/ca.crt",
}
CLUSTER = "/pki/ca.crt"
# Who must be in it, by the end of the path: what the API takes the client for.
SUBJECTS = {
    "/controller-manager.conf": "CN=system:kube-controller-manager",
    "/scheduler.conf": "CN=system:kube-scheduler",
    "/kubelet-client-current.pem": "CN=system:node:{node},O=system:nodes",
}


def signed_by_the_right_one(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """On disks: each was signed by the authority beside it that those who check it trust."""
    findings = Findings()
    good = 0
    for node, path, certificate in _on_disks(facts, findings):
        authorities = _authorities(node, facts)
        suffix = next((s for s in SIGNERS if path.endswith(s)), None)
        name = SIGNERS[suffix] if suffix else CLUSTER
        right = authorities.get(name)
        if certificate.authority:
            continue
        if right is None or certificate.signer is None:
            findings.gap(f"who signed {path} on {node}", f"there is no {name} on it")
        elif certificate.signer != right:
            by = f"by another ({certificate.issuer})" if certificate.signer else "by nobody known"
            findings.wrong.append(f"{path} on {node} was signed {by}, and not by {name}")
        else:
            good += 1
    kubeconfigs = _kubeconfigs(facts, findings)
    if good:
        told = counted(good, "certificate")
        findings.good.append(f"{told} on disks signed by the authority that it must be")
    elif not findings.wrong and not findings.gaps:
        findings.gap("certificates on disks", "none was seen")
    if kubeconfigs:
        findings.good.append(f"{counted(kubeconfigs, 'kubeconfig')} that trust the cluster's own")
    return findings.outcome()


def _kubeconfigs(facts: Facts, findings: Findings) -> int:
    """Kubeconfigs that trust their machine's authority of the cluster."""
    good = 0
    for node, files in facts.kubeconfigs.items():
        if isinstance(files, NotAvailable):
            findings.gap(f"the kubeconfigs of {node}", files)
            continue
        right = _authorities(node, facts).get(CLUSTER)
        for one in files:
            if right and one.authorities and right not in one.authorities:
                findings.wrong.append(f"{one.path} on {node} trusts another authority")
            elif right and one.authorities:
                good += 1
    return good


def usable_as_they_are_used(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Servers' are for servers, clients' for clients, and each client is who it must be."""
    findings = Findings()
    good = 0
    for node, path, certificate in _on_disks(facts, findings):
        uses = next((u for end, u in USES.items() if path.endswith(end)), ())
        lacking = [use for use in uses if certificate.usages and use not in certificate.usages]
        who = next((w for end, w in SUBJECTS.items() if path.endswith(end)), "")
        who = who.format(node=node)
        if lacking:
            findings.wrong.append(f"{path} on {node} may not be used for {listed(lacking)}")
        elif who and certificate.subject != who:
            findings.wrong.append(f"{path} on {node} is of {certificate.subject}, and not of {who}")
        elif uses:
            good += 1
    served = facts.served_certificates
    for one in () if isinstance(served, NotAvailable) else served:
        live = one.certificate
        if not isinstance(live, NotAvailable) and live.usages and SERVER not in live.usages:
            findings.wrong.append(f"{shown_by(one)} shows one that is not for servers")
    if good:
        findings.good.append(f"{counted(good, 'certificate')} on disks for what they are used for")
    elif not findings.wrong and not findings.gaps:
        findings.gap("certificates on disks", "none was seen")
    return findings.outcome()


def _authorities(node: str, facts: Facts) -> dict[str, str]:
    """The authorities on a machine's disk: fingerprints by the end of their paths."""
    stored = facts.stored_certificates.get(node)
    found = {}
    for one in () if stored is None or isinstance(stored, NotAvailable) else stored:
        if isinstance(one.certificate, Certificate) and one.certificate.authority:
            for end in (CLUSTER, "/etcd/ca.crt", "/front-proxy-ca.crt"):
                if one.path.endswith(end):
                    found[end] = one.certificate.sha256
            if one.path.endswith("/etc/etcd/pki/ca.crt"):
                found["/etcd/ca.crt"] = one.certificate.sha256
    return found


def _on_disks(facts: Facts, findings: Findings) -> Iterator[tuple[str, str, Certificate]]:
    for node, files in facts.stored_certificates.items():
        if isinstance(files, NotAvailable):
            findings.gap(f"the disk of {node}", files)
            continue
        for one in files:
            if isinstance(one.certificate, NotAvailable):
                findings.gap(f"{one.path} on {node}", one.certificate)
            else:
                yield node, one.path, one.certificate
    if not facts.stored_certificates:
        findings.gap("certificates on disks", "no machine can be looked at")
