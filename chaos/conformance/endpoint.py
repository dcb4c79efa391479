"""Whether everybody goes to the balanced name, and the next machine will too."""

from __future__ import annotations

import re

from chaos.cluster.addresses import is_address
from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable
from chaos.conformance.leads import host_port, lead, own
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, not_covered

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


def is_a_name(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What all go by is a name, which can be pointed elsewhere."""
    if inventory.managed:
        return not_covered("the endpoint", "its provider keeps it, be it a name or an address")
    findings = Findings()
    told = {"the inventory's endpoint": inventory.endpoint_name}
    if isinstance(facts.kubeadm, NotAvailable):
        findings.gap("kubeadm's ClusterConfiguration", facts.kubeadm)
    elif facts.kubeadm.endpoint:
        told["kubeadm's controlPlaneEndpoint"] = host_port(facts.kubeadm.endpoint)[0]
    else:
        findings.gap("kubeadm's controlPlaneEndpoint", "it has none")
    for who, host in told.items():
        if is_address(host):
            findings.wrong.append(f"{who} is {host}, an address: it cannot be pointed elsewhere")
        else:
            findings.good.append(f"{who} is {host}")
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
