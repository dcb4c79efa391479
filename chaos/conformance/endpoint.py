"""Whether everybody goes to the balanced name, and the next machine will too."""

from __future__ import annotations

import re

from chaos.cluster.addresses import plain
from chaos.cluster.facts import Certificate, Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.leads import host_port, lead, own
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

# Since when kubeadm can make a control plane's kubelet go to its own apiserver; from 1.33 it does.
LOCAL_MODE = (1, 31)
FOLDER = "/etc/kubernetes/"
KUBELET = f"{FOLDER}kubelet.conf"
# kubeadm points the first ones to the machine's own apiserver, the others to the endpoint.
AT_HOME = ("scheduler.conf", "controller-manager.conf")
EVERYWHERE = ("admin.conf", "super-admin.conf")


def is_balanced_name(facts: Facts, inventory: Declared) -> CheckOutcome:
    """kubeadm's controlPlaneEndpoint is the endpoint."""
    if isinstance(facts.kubeadm, NotAvailable):
        return not_covered("kubeadm's ClusterConfiguration", facts.kubeadm)
    findings = Findings()
    if not facts.kubeadm.endpoint:
        findings.wrong.append("it has no controlPlaneEndpoint: no control plane can be joined")
    else:
        lead("controlPlaneEndpoint", facts.kubeadm.endpoint, facts, inventory, findings)
    return findings.outcome()


def cert_sans_match(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What kubeadm will write into the next certificate is what the live ones hold."""
    if isinstance(facts.kubeadm, NotAvailable):
        return not_covered("kubeadm's ClusterConfiguration", facts.kubeadm)
    if isinstance(facts.served_certificates, NotAvailable):
        return not_covered("the apiservers' certificates", facts.served_certificates)
    findings = Findings()
    sans = {plain(x) for x in facts.kubeadm.cert_sans}
    host = host_port(facts.kubeadm.endpoint)[0]
    wanted = {plain(x) for x in (inventory.endpoint_name, inventory.endpoint_address) if x}
    lacking = sorted(x for x in wanted if x not in sans and x != host)
    if lacking:
        findings.wrong.append(
            f"certSANs lack {listed(lacking)}: the next apiserver's certificate will too"
        )
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    by_name = {n.name: n for n in nodes}
    for one in facts.served_certificates:
        if one.what != "apiserver":
            continue
        if isinstance(one.certificate, NotAvailable):
            findings.gap(f"the certificate of {one.node or one.address}", one.certificate)
            continue
        extra = _beyond(one.certificate, by_name.get(one.node or "")) - sans - {host}
        missing = {x for x in sans if not one.certificate.covers(x)}
        who = one.node or one.address
        if extra:
            findings.wrong.append(
                f"the live certificate of {who} is for {listed(sorted(extra))} as well, which "
                "certSANs lack: one made anew will be without"
            )
        if missing:
            findings.wrong.append(
                f"certSANs have {listed(sorted(missing))}, which the live one of {who} lacks"
            )
        if not extra and not missing:
            findings.good.append(f"the live certificate of {who} is for all of certSANs")
    return findings.outcome()


def workers_use_it(facts: Facts, inventory: Declared) -> CheckOutcome:
    """No worker's kubelet depends on one control plane; a control plane's may on its own."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    for node in facts.nodes:
        if node.kubernetes is None:
            continue
        files = facts.kubeconfigs.get(node.name)
        if files is None or isinstance(files, NotAvailable):
            why = files or NotAvailable("the inventory does not have the node")
            findings.gap(f"the kubeconfigs of {node.name}", why)
            continue
        servers = [one.server for one in files if one.path == KUBELET]
        if not servers:
            findings.gap(f"kubelet's kubeconfig on {node.name}", f"there is no {KUBELET}")
            continue
        mine = own(node, facts) if is_control_plane(node) else None
        who = f"kubelet on {node.name}"
        lead(who, servers[0], facts, inventory, findings, mine=mine, as_it_is=_mode(node))
    if not findings.good and not findings.wrong:
        findings.gap("kubelets", "none was looked at")
    return findings.outcome()


def _mode(node: NodeFact) -> str:
    """What it means that a control plane's kubelet goes to its own apiserver, by its version."""
    match = re.match(r"v?(\d+)\.(\d+)\.", node.kubernetes.kubelet if node.kubernetes else "")
    if match and (int(match[1]), int(match[2])) < LOCAL_MODE:
        return ": by hand, for kubeadm's local mode came with 1.31"
    return ", as kubeadm's local mode has it"


def control_planes_use_it(facts: Facts, inventory: Declared) -> CheckOutcome:
    """No program of a control plane depends on another machine's apiserver, nor an admin on one."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    for node in facts.nodes:
        if not is_control_plane(node) or node.kubernetes is None:
            continue
        files = facts.kubeconfigs.get(node.name, NotAvailable("the inventory does not have it"))
        if isinstance(files, NotAvailable):
            findings.gap(f"the kubeconfigs of {node.name}", files)
            continue
        servers = {one.path: one.server for one in files}
        for name in (*AT_HOME, *EVERYWHERE):
            if server := servers.get(FOLDER + name):
                mine = own(node, facts) if name in AT_HOME else None
                lead(f"{name} on {node.name}", server, facts, inventory, findings, mine=mine)
            elif name in AT_HOME:
                findings.gap(f"{name} on {node.name}", f"there is none in {FOLDER}")
    if not findings.good and not findings.wrong:
        findings.gap("control planes' kubeconfigs", "none was looked at")
    return findings.outcome()


def proxy_uses_it(facts: Facts, inventory: Declared) -> CheckOutcome:
    """kube-proxy goes to the endpoint."""
    return _pointer("kube-proxy", facts, inventory)


def cluster_info_names_it(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What a joining machine is told first is the endpoint."""
    return _pointer("cluster-info", facts, inventory)


def _pointer(name: str, facts: Facts, inventory: Declared) -> CheckOutcome:
    server = facts.pointers.get(name, NotAvailable("nobody looked at it"))
    if isinstance(server, NotAvailable):
        return not_covered(f"the server of {name}", server)
    findings = Findings()
    lead(name, server, facts, inventory, findings)
    return findings.outcome()


def _beyond(certificate: Certificate, node: NodeFact | None) -> set[str]:
    """The names that kubeadm does not write into every apiserver's certificate by itself."""
    mine = {plain(node.name)} if node else set()
    names = {plain(name) for name in certificate.names}
    return {n for n in names if not n.startswith("kubernetes") and n not in mine}
