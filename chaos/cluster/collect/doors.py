"""Everybody in the control plane who shows a certificate, and what to ask there uninvited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.served import Asked
from chaos.cluster.collect.uninvited import Asking
from chaos.cluster.facts import EtcdFacts, NodeFact, NotAvailable
from chaos.cluster.inventory_parts import Role
from chaos.errors import HoldfastError

APISERVER_PORT, KUBELET_PORT = 6443, 10250
APISERVER, KUBELET, CLIENT, PEER = "apiserver", "kubelet", "etcd client", "etcd peer"
# What is asked of each without a certificate: health may be told to anybody, the rest to nobody.
UNINVITED = {
    APISERVER: ("/livez", "/readyz", "/api/v1/namespaces", "/version"),
    KUBELET: ("/pods",),
    CLIENT: ("/version",),
    PEER: ("/members",),
}


def all_of(
    cluster: Cluster,
    *,
    ports: Mapping[str, str],
    apiservers: tuple[str, ...],
    nodes: tuple[NodeFact, ...] | NotAvailable,
    etcd: EtcdFacts | NotAvailable,
) -> list[Asked]:
    """Where to look.

    Args:
        ports: of apiservers, by node, where their flags name one.
        apiservers: `IP:PORT` of those that the Service `kubernetes` knows.
    """
    inventory = cluster.inventory
    name = inventory.endpoint.name
    asked: dict[tuple[str, int], Asked] = {}
    for node in cluster.with_role(Role.CONTROL_PLANE):
        where = (node.address, int(ports.get(node.name) or APISERVER_PORT))
        asked[where] = Asked(APISERVER, node.name, *where, name)
    for text in apiservers:
        host, _, number = text.rpartition(":")
        where = (host.strip("[]"), int(number))
        asked.setdefault(where, Asked(APISERVER, None, *where, name))
    ways = list(asked.values())
    if balanced := _endpoint(cluster):
        # Beside the others: in a cluster of one the same address is both.
        ways.append(Asked("endpoint", None, *balanced, name))
    return [*ways, *_kubelets(nodes), *_etcd(etcd)]


def uninvited(ways: list[Asked]) -> list[Asking]:
    """What to ask of these without a certificate."""
    return [
        Asking(one.what, one.node, one.host, one.port, path)
        for one in ways
        for path in UNINVITED.get(one.what, ())
    ]


def _endpoint(cluster: Cluster) -> tuple[str, int] | None:
    endpoint = cluster.inventory.endpoint
    if endpoint.address:
        return endpoint.address, endpoint.port
    try:
        access = cluster.api()
    except HoldfastError:
        return None
    return access.host, access.port


def _kubelets(nodes: tuple[NodeFact, ...] | NotAvailable) -> Iterator[Asked]:
    for node in () if isinstance(nodes, NotAvailable) else nodes:
        if node.kubernetes and node.address:
            yield Asked(KUBELET, node.name, node.address, KUBELET_PORT, node.name)


def _etcd(etcd: EtcdFacts | NotAvailable) -> Iterator[Asked]:
    for member in () if isinstance(etcd, NotAvailable) else etcd.members:
        if not member.started:
            continue
        for what, urls in ((CLIENT, member.client_urls), (PEER, member.peer_urls)):
            for url in urls[:1]:
                parts = urlsplit(url)
                if parts.hostname and parts.port:
                    name = member.node or member.name
                    yield Asked(what, name, parts.hostname, parts.port, parts.hostname)
