"""All facts at once, in two rounds: the second asks where the first has shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import components, encryption, kubernetes, served, workloads
from chaos.cluster.collect.lists import Lists, not_available
from chaos.cluster.collect.on_nodes import Answers
from chaos.cluster.facts import (
    Component,
    Declared,
    EncryptionFacts,
    EtcdFacts,
    Facts,
    NotAvailable,
    ServedCertificate,
)
from chaos.cluster.inventory import Inventory
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Listed
from chaos.cluster.parallel import Later
from chaos.errors import HoldfastError

_Components = dict[str, tuple[Component, ...] | NotAvailable]
APISERVER_PORT = 6443


def collect(cluster: Cluster) -> Facts:
    """Read everything. What cannot be read is NotAvailable in its place: nothing is raised for it.

    Each call is bounded; with all of the cluster silent it ends within about a minute.
    """
    begun, collected = time.monotonic(), datetime.now(UTC)
    listing, looking = Later(partial(_lists, cluster)), Later(partial(_etcd, cluster))
    answers = Answers.ask(cluster)
    lists, etcd = listing.result(), looking.result()
    by_node = _components(answers.components(), lists)
    apiservers = lists.use(kubernetes.apiservers_of, "slices")
    shaking = Later(partial(_served, cluster, by_node, apiservers))
    encrypted, shown = _encryption(cluster, by_node), shaking.result()
    inventory = cluster.inventory
    critical = lists.use(
        partial(workloads.workloads_of, named=inventory.critical_namespaces),
        *("namespaces", "deployments", "statefulsets", "pods"),
    )
    budgets = partial(workloads.budgets_of, workloads=_or_none(critical))
    nodes = partial(kubernetes.nodes_of, parts=inventory.nodes)
    return Facts(
        collected=collected,
        took=timedelta(seconds=round(time.monotonic() - begun, 3)),
        declared=declared_of(inventory),
        uid=lists.use(kubernetes.uid_of, "namespaces"),
        kubernetes=lists.version,
        nodes=lists.use(nodes, "nodes"),
        apiservers=apiservers,
        etcd=etcd,
        encryption=encrypted,
        served_certificates=shown,
        stored_certificates=answers.stored(),
        workloads=critical,
        disruption_budgets=lists.use(budgets, "budgets", "deployments", "statefulsets"),
        backups=answers.backups(),
        balancers=answers.balancers(),
        leases=lists.use(kubernetes.leases_of, "leases"),
        components=by_node,
        requests=_requests(cluster),
    )


def _lists(cluster: Cluster) -> Lists:
    try:
        return Lists.fetch(cluster.kube)
    except HoldfastError as why:
        return Lists.none(why)


def _requests(cluster: Cluster) -> dict[str, int]:
    try:
        return dict(sorted(cluster.kube.asked.items()))
    except HoldfastError:
        return {}


def _etcd(cluster: Cluster) -> EtcdFacts | NotAvailable:
    try:
        return cluster.etcd.look()
    except HoldfastError as why:
        return not_available(why)


def _components(asked: _Components, lists: Lists) -> _Components:
    """The processes; where they could not be read, what the node's static Pods declare."""
    listed = lists.by_name["pods"]
    pods = listed.items if isinstance(listed, Listed) else ()
    by_node: _Components = {}
    for node, found in asked.items():
        declared = components.declared(pods, node) if isinstance(found, NotAvailable) else ()
        by_node[node] = declared or found
    return by_node


def _flags(by_node: Mapping[str, object], name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The flags of a program, by node."""
    for node, found in by_node.items():
        for one in found if isinstance(found, tuple) else ():
            if one.name == name:
                yield node, one.flags


def _served(
    cluster: Cluster, by_node: _Components, apiservers: tuple[str, ...] | NotAvailable
) -> tuple[ServedCertificate, ...]:
    inventory = cluster.inventory
    try:
        access = cluster.api()
        ca, server = access.ca, (access.host, access.port)
    except HoldfastError:
        ca, server = None, None
    endpoint = inventory.endpoint
    ports = {
        node: flags.get("secure-port", "") for node, flags in _flags(by_node, "kube-apiserver")
    }
    asked: dict[tuple[str, int], served.Asked] = {}
    for node in cluster.with_role(Role.CONTROL_PLANE):
        port = int(ports.get(node.name) or APISERVER_PORT)
        where = (node.address, port)
        asked[where] = served.Asked("apiserver", node.name, *where, endpoint.name)
    for text in _or_none(apiservers):
        host, _, number = text.rpartition(":")
        where = (host.strip("[]"), int(number))
        asked.setdefault(where, served.Asked("apiserver", None, *where, endpoint.name))
    ways = list(asked.values())
    balanced = (endpoint.address, endpoint.port) if endpoint.address else server
    if balanced:
        # Beside the others: in a cluster of one the same address is both.
        ways.append(served.Asked("endpoint", None, *balanced, endpoint.name))
    return served.look(ways, ca=ca)


def _encryption(cluster: Cluster, by_node: _Components) -> EncryptionFacts | NotAvailable:
    prefixes = [flags.get("etcd-prefix") for _, flags in _flags(by_node, "kube-apiserver")]
    try:
        return encryption.look(cluster.etcd, prefix=next(filter(None, prefixes), "/registry"))
    except HoldfastError as why:
        return not_available(why)


def declared_of(inventory: Inventory) -> Declared:
    """What an inventory says, as far as facts are held against it."""
    return Declared(
        name=inventory.cluster.name,
        uid=inventory.cluster.uid,
        environment=inventory.cluster.environment.value,
        endpoint_name=inventory.endpoint.name,
        endpoint_address=inventory.endpoint.address,
        endpoint_port=inventory.endpoint.port,
        zones=inventory.zones,
        etcd_topology=inventory.etcd.topology if inventory.etcd else None,
        backup_max_age=inventory.backups.max_age if inventory.backups else None,
        critical_namespaces=inventory.critical_namespaces,
    )


def _or_none(found: Any) -> Any:
    return () if isinstance(found, NotAvailable) else found
