"""From the runner's side: what in a cluster probes can ask, where its inventory does not say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.cluster.kube import Kube
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.errors import HoldfastError

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
DOMAIN = "cluster.local"


@dataclass(frozen=True, slots=True)
class ClusterDns:
    """The cluster's DNS: its Service's address, its domain, and a label of its Pods."""

    address: str
    domain: str
    label: str


@dataclass(frozen=True, slots=True)
class NodePort:
    """A Service that every node offers at a port."""

    namespace: str
    name: str
    port: int
    http: bool


@dataclass(frozen=True, slots=True)
class Image:
    """An image that nodes have already, and what to run in it if that is not its own command."""

    name: str
    command: tuple[str, ...] = ()


def cluster_dns(kube: Kube) -> ClusterDns:
    """The cluster's DNS.

    Raises:
        HoldfastError: there is none with the usual label.
    """
    listed = kube.list(f"{KUBE_SYSTEM}/services?labelSelector=k8s-app%3Dkube-dns").items
    for service in listed:
        spec = service["spec"]
        if spec.get("clusterIP") not in (None, "", "None") and spec.get("selector"):
            key, value = sorted(spec["selector"].items())[0]
            return ClusterDns(spec["clusterIP"], _domain(kube), f"{key}={value}")
    raise HoldfastError("There is no Service of the cluster's DNS (k8s-app=kube-dns).")


def _domain(kube: Kube) -> str:
    try:
        config = kube.get(f"{KUBE_SYSTEM}/configmaps/kubeadm-config")
    except ApiError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return DOMAIN
        raise
    text = (config.get("data") or {}).get("ClusterConfiguration", "")
    found = re.search(r"^\s*dnsDomain:\s*[\"']?([\w.-]+)", text, re.MULTILINE)
    return found[1] if found else DOMAIN


def nodes_with(kube: Kube, label: str) -> frozenset[str]:
    """The nodes on which a running Pod of kube-system has this label.

    Raises:
        HoldfastError: the API does not say.
    """
    selector = label.replace("=", "%3D")
    listed = kube.list(f"{KUBE_SYSTEM}/pods?labelSelector={selector}").items
    return frozenset(
        pod["spec"].get("nodeName", "") for pod in listed if pod["status"].get("phase") == "Running"
    )


def node_port(kube: Kube, critical: Sequence[str]) -> NodePort:
    """A Service with a node port, of the namespaces that matter if there is one.

    Args:
        kube: whom to ask.
        critical: namespaces, the first that has one is taken.

    Raises:
        HoldfastError: there is none that every node offers.
    """
    found = []
    for service in kube.list("/api/v1/services").items:
        spec, meta = service["spec"], service["metadata"]
        if spec.get("externalTrafficPolicy", "Cluster") != "Cluster":
            continue  # only the nodes with a Pod of it would answer
        for port in spec.get("ports", ()):
            if port.get("nodePort") and port.get("protocol", "TCP") == "TCP":
                speaks = f"{port.get('appProtocol', '')} {port.get('name', '')}".lower()
                http = re.search(r"\bhttp\b", speaks) is not None
                found.append(NodePort(meta["namespace"], meta["name"], port["nodePort"], http))
    ranks = {name: rank for rank, name in enumerate(critical)}
    if not found:
        raise HoldfastError("No Service has a TCP port on every node.")
    return min(
        found, key=lambda one: (ranks.get(one.namespace, len(ranks)), one.namespace, one.name)
    )


def canary_image(kube: Kube) -> Image:
    """An image for a Pod that does nothing, which no node has to fetch.

    Raises:
        HoldfastError: none is known.
    """
    nodes = kube.list("/api/v1/nodes").items
    known = [
        {name for image in node["status"].get("images", ()) for name in image.get("names", ())}
        for node in nodes
        if not node["spec"].get("unschedulable")
    ]
    everywhere = set.intersection(*known) if known else set()
    pauses = sorted(name for name in everywhere if re.search(r"/pause:[^@]+$", name))
    if pauses:
        return Image(pauses[-1])
    # A kubelet tells of its fifty largest images, and pause is the smallest.
    for pod in kube.list(f"{KUBE_SYSTEM}/pods?labelSelector=k8s-app%3Dkube-proxy").items[:1]:
        container = pod["spec"]["containers"][0]
        program = (container.get("command") or ["/usr/local/bin/kube-proxy"])[0]
        return Image(container["image"], (program, "--version"))
    raise HoldfastError("No image is known that every node has.")
