"""What certificates may be used for and whose they are, and whether that is as it must be."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.certificate_expected import unasked
from chaos.conformance.certificate_files import leaves
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
# Who must be in it, by the end of the path: what the API takes the client for.
SUBJECTS = {
    "/controller-manager.conf": "CN=system:kube-controller-manager",
    "/scheduler.conf": "CN=system:kube-scheduler",
    "/kubelet-client-current.pem": "CN=system:node:{node},O=system:nodes",
}


def usable_as_they_are_used(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Servers' are for servers, clients' for clients, and each client is who it must be."""
    findings = Findings()
    good = 0
    for node, path, certificate in leaves(facts, findings):
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
    if isinstance(served, NotAvailable):
        findings.gap("the live certificates", served)
        served = ()
    for where, why in unasked(facts, inventory):
        findings.gap(where, why)
    for one in served:
        live = one.certificate
        if isinstance(live, NotAvailable):
            findings.gap(shown_by(one), live)
        elif live.usages and SERVER not in live.usages:
            findings.wrong.append(f"{shown_by(one)} shows one that is not for servers")
    if good:
        findings.good.append(f"{counted(good, 'certificate')} on disks for what they are used for")
    elif not findings.wrong and not findings.gaps:
        findings.gap("certificates on disks", "none was seen")
    return findings.outcome()
