"""Which probes run in an experiment on a cluster, and which cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chaos.cluster.access import ApiAccess as ServerAccess
from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.balancers import STATS, questions
from chaos.cluster.inventory_parts import KUBEADM_PKI, Role
from chaos.cluster.node import Node
from chaos.measure.probe import ProbeSpec
from chaos.probes import (
    balancer_view,
    cluster_dns,
    etcd_member,
    finding,
    leader_acting,
    namespace,
    pod_network,
    vip_holder,
)
from chaos.probes.access import ApiAccess, is_address
from chaos.probes.choice import Choice

LEFT_OUT = "probes-left-out"
"""The event that tells which probes could not be used on the cluster, and why."""

# Hz; design, "Measuring": the endpoint at each kind's own rate of 20, each apiserver at 5.
EACH_APISERVER = 5.0
# What a client wants of the endpoint is an answer out of etcd. /readyz would be another question:
# an apiserver that is told to end says no to it while it still serves.
OBJECT = "/api/v1/namespaces/default"
READS = ("api-read-new", "api-read-reused", "api-read-http2")
# Hz, of all nodes' ports together, and how many nodes are asked at most.
NODE_PORTS, MOST_NODES = 30.0, 30
# Seconds. These two are our eyes, and model no client: they need not wait as long as one does to
# notice that a peer has gone silent.
VIEW: dict[str, Any] = {"read_idle": 3.0, "ping_timeout": 2.0}
# Where a question needs a shell on a node, and any node would do: one of each zone, and no more;
# at a rate (Hz) of all together.
PLACES, TOGETHER = 3, 1.0


def probes_of(cluster: Cluster) -> tuple[ProbeSpec, ...]:
    """The probes of `probes_for`."""
    return probes_for(cluster)[0]


def probes_for(
    cluster: Cluster, *, prepare: bool = False
) -> tuple[tuple[ProbeSpec, ...], Mapping[str, str]]:
    """All probes that can be used on a cluster.

    Args:
        cluster: which one.
        prepare: make the namespace that they write into, if it is not there. Without it, this
            reads alone, and they must not be run.

    Returns:
        them, and of what was left out the reason: by kind, or by kind and node (`kind@node`).

    Raises:
        HoldfastError: the kubeconfig cannot be used.
    """
    choice, endpoint = Choice(cluster), endpoint_of(cluster)
    _api(choice, endpoint)
    with choice.unless("api-write", "watch-stream", "scheduling-canary"):
        if prepare:
            namespace.set_up(cluster)
        _writes(choice, replace(endpoint, namespace=namespace.NAMESPACE))
    looks = (_apiservers, _etcd, _controllers, _balancers, _holders, _name, _service, _pods, _own)
    for look in looks:
        look(choice)
    choice.try_shells()
    return tuple(choice.specs), choice.left_out


def _api(choice: Choice, endpoint: ApiAccess) -> None:
    for kind in READS:
        choice.add(kind, endpoint, url=OBJECT)
    for kind in ("node-conditions", "leader-leases"):
        choice.add(kind, endpoint, path="watch", **VIEW)


def _writes(choice: Choice, endpoint: ApiAccess) -> None:
    choice.add("api-write", endpoint)
    choice.add("watch-stream", endpoint, path="watch")
    with choice.unless("scheduling-canary"):
        image = finding.canary_image(choice.cluster.kube)
        how: dict[str, Any] = {"image": image.name, "command": list(image.command)}
        choice.add("scheduling-canary", endpoint, path="scheduler", **how)


def _apiservers(choice: Choice) -> None:
    access, port = choice.cluster.api(), choice.cluster.inventory.endpoint.port
    for node in choice.cluster.with_role(Role.CONTROL_PLANE):
        direct = _to(access, node.address, port)
        choice.add("api-read-new", direct, path=node.name, rate=EACH_APISERVER)


def _etcd(choice: Choice) -> None:
    part = choice.cluster.inventory.etcd
    if part is None:
        choice.left_out["etcd-member"] = "The inventory says nothing of etcd."
        return
    pki, members = part.pki or KUBEADM_PKI, choice.cluster.with_role(Role.ETCD)
    files = {"ca": pki.ca, "certificate": pki.certificate, "key": pki.key}
    for node in members:
        script = etcd_member.asking("https://127.0.0.1:2379", **files)
        choice.ask("etcd-member", node, script)
    if not members:
        told = "No node has the role etcd: its members cannot be asked one by one."
        choice.left_out["etcd-member"] = told


def _controllers(choice: Choice) -> None:
    scripts = {name: leader_acting.asking(p) for name, p in leader_acting.COMPONENTS.items()}
    for node in choice.cluster.with_role(Role.CONTROL_PLANE):
        choice.ask("leader-acting", node, scripts)


def _balancers(choice: Choice) -> None:
    asked = questions(choice.cluster.inventory.load_balancers)
    if STATS not in asked:
        told = "The inventory has no load_balancers whose statistics are known."
        choice.left_out["balancer-view"] = told
        return
    for node in choice.cluster.with_role(Role.LOAD_BALANCER):
        choice.ask("balancer-view", node, balancer_view.asking(asked[STATS]))


def _holders(choice: Choice) -> None:
    address, cluster = choice.cluster.inventory.endpoint.address, choice.cluster
    if address is None:
        choice.left_out["vip-holder"] = "The endpoint has no fixed address."
        return
    for node in cluster.with_role(Role.LOAD_BALANCER) or cluster.with_role(Role.CONTROL_PLANE):
        choice.ask("vip-holder", node, vip_holder.ASKING, address=address)


def _name(choice: Choice) -> None:
    endpoint = choice.cluster.inventory.endpoint
    if is_address(endpoint.name):
        choice.left_out["api-name"] = "The endpoint has no name."
    elif not endpoint.resolvers:
        choice.left_out["api-name"] = "The inventory names no resolvers of the endpoint's name."
    else:
        known: dict[str, Any] = {"address": endpoint.address} if endpoint.address else {}
        for resolver in endpoint.resolvers:
            choice.add("api-name", path=resolver, name=endpoint.name, resolver=resolver, **known)


def _service(choice: Choice) -> None:
    cluster = choice.cluster
    with choice.unless("service-node-port"):
        port = finding.node_port(cluster.kube, cluster.inventory.critical_namespaces)
        nodes = cluster.with_role(Role.CONTROL_PLANE, Role.WORKER)
        for node in nodes[MOST_NODES:]:
            told = f"{MOST_NODES} nodes are asked already."
            choice.left_out[f"service-node-port@{node.name}"] = told
        nodes = nodes[:MOST_NODES]
        rate = min(choice.known["service-node-port"].rate, NODE_PORTS / len(nodes))
        for node in nodes:
            how: dict[str, Any] = {"host": node.address, "port": port.port, "http": port.http}
            choice.add("service-node-port", path=node.name, rate=rate, **how)


def _pods(choice: Choice) -> None:
    cluster = choice.cluster
    with choice.unless("cluster-dns", "pod-network"):
        dns = finding.cluster_dns(cluster.kube)
        workers = cluster.with_role(Role.WORKER) or cluster.with_role(Role.CONTROL_PLANE)
        name = f"kubernetes.default.svc.{dns.domain}"
        asking = _one_a_zone(workers)
        for node in asking:
            script = cluster_dns.asking(dns.address, name)
            choice.ask("cluster-dns", node, script, rate=TOGETHER / len(asking))
        theirs = finding.nodes_with(cluster.kube, dns.label)
        hosts = [n for n in cluster.with_role(Role.WORKER, Role.CONTROL_PLANE) if n.name in theirs]
        script = pod_network.asking(label=dns.label, dns=dns.address, domain=dns.domain)
        for node in (asking := _one_a_zone(hosts)):
            choice.ask("pod-network", node, script, rate=TOGETHER / len(asking))
        if not hosts:
            told = "No node of the inventory runs a Pod of the cluster's DNS."
            choice.left_out["pod-network"] = told


def _own(choice: Choice) -> None:
    inventory = choice.cluster.inventory
    for own in inventory.probes.all:
        timeout = own.timeout.total_seconds() if own.timeout else None
        options = own.options(inventory.folder)
        choice.add(own.kind, path=own.name, rate=own.rate, timeout=timeout, **options)


def _one_a_zone(nodes: Sequence[Node]) -> list[Node]:
    first: dict[str, Node] = {}
    for node in nodes:
        first.setdefault(node.zone or node.name, node)
    return list(first.values())[:PLACES]


def endpoint_of(cluster: Cluster) -> ApiAccess:
    """How probes reach the API through its endpoint.

    Raises:
        HoldfastError: the kubeconfig cannot be used.
    """
    access = cluster.api()
    return _to(access, access.host, access.port)


def _to(access: ServerAccess, host: str, port: int) -> ApiAccess:
    return ApiAccess(
        host=host,
        port=port,
        ca=access.ca or "",
        server_name=access.server_name,
        certificate=access.certificate,
        key=access.key,
        token=access.token,
    )
