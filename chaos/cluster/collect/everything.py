"""All facts, in two rounds after the balancers: the second asks where the first has shown."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import (
    asked_of_nodes,
    components,
    doors,
    encryption,
    encryption_config,
    health,
    kubelet_reach,
    kubernetes,
    served,
    workloads,
)
from chaos.cluster.collect.budgets import budgets_of
from chaos.cluster.collect.deeper import Deeper
from chaos.cluster.collect.lists import Lists, not_available
from chaos.cluster.collect.on_nodes import Answers
from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.collect.wider import Wider
from chaos.cluster.collect.x509 import Authorities
from chaos.cluster.declaring import declared_of
from chaos.cluster.facts import (
    Component,
    EncryptionFacts,
    EtcdFacts,
    Facts,
    NodeFact,
    NotAvailable,
    ServedCertificate,
)
from chaos.cluster.kube import Listed
from chaos.cluster.parallel import Later
from chaos.errors import HoldfastError

_Components = dict[str, tuple[Component, ...] | NotAvailable]


def collect(cluster: Cluster) -> Facts:
    """Read everything. What cannot be read is NotAvailable in its place: nothing is raised for it.

    Each call is bounded; with all of the cluster silent it ends within about a minute.
    """
    begun, collected = time.monotonic(), datetime.now(UTC)
    first = Answers.of_balancers(cluster)
    listing, looking = Later(partial(_lists, cluster)), Later(partial(_etcd, cluster))
    answers = first.and_of_others()
    lists, etcd = listing.result(), looking.result()
    by_node = _components(answers.components(), lists)
    apiservers = lists.use(kubernetes.apiservers_of, "slices")
    nodes = lists.use(partial(kubernetes.nodes_of, parts=cluster.inventory.nodes), "nodes")
    ways = _ways(cluster, by_node, apiservers, nodes, etcd)
    # Between the rounds, when nothing else of ours is under way: where the machines are small, all
    # that is looked at together keeps an apiserver from saying in time that it is well.
    ports = _ports(by_node)
    well = health.look(cluster, ports)
    reaching = Later(partial(kubelet_reach.look, cluster, ports, nodes, well))
    deeper = Deeper.begin(cluster, answers, etcd)
    wider = Wider.begin(cluster, lists, answers, etcd)
    shaking = Later(partial(_served, cluster, ways, answers.authorities))
    encrypted, shown = _encryption(cluster, answers, by_node), shaking.result()
    inventory = cluster.inventory
    kept = lists.use(Volumes.of, "claims", "volumes", "classes")
    critical = lists.use(
        partial(
            workloads.workloads_of,
            named=inventory.critical_namespaces,
            kept=None if isinstance(kept, NotAvailable) else kept,
        ),
        *("namespaces", "deployments", "statefulsets", "pods"),
    )
    budgets = partial(budgets_of, workloads=_or_none(critical))
    found = Facts(
        collected=collected,
        took=timedelta(),
        declared=declared_of(inventory),
        uid=lists.use(kubernetes.uid_of, "namespaces"),
        kubernetes=lists.version,
        nodes=nodes,
        apiservers=apiservers,
        etcd=etcd,
        encryption=encrypted,
        served_certificates=shown,
        stored_certificates=answers.stored(),
        workloads=critical,
        disruption_budgets=lists.use(budgets, "budgets", "deployments", "statefulsets", "pods"),
        backups=answers.backups(),
        balancers=answers.balancers(),
        leases=lists.use(kubernetes.leases_of, "leases"),
        components=by_node,
        health=well,
        kubelet_reach=reaching.result(),
    )
    found = deeper.added(found, lists, answers, doors.uninvited(ways))
    found = wider.added(found, lists, answers)
    took = timedelta(seconds=round(time.monotonic() - begun, 3))
    return replace(found, took=took, requests=_requests(cluster))


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


def _ports(by_node: _Components) -> dict[str, str]:
    """The port of each node's apiserver, where it says one."""
    return {node: flags.get("secure-port", "") for node, flags in _flags(by_node, "kube-apiserver")}


def _ways(
    cluster: Cluster,
    by_node: _Components,
    apiservers: tuple[str, ...] | NotAvailable,
    nodes: tuple[NodeFact, ...] | NotAvailable,
    etcd: EtcdFacts | NotAvailable,
) -> list[served.Asked]:
    """Where certificates are shown."""
    return doors.all_of(
        cluster, ports=_ports(by_node), apiservers=_or_none(apiservers), nodes=nodes, etcd=etcd
    )


def _served(
    cluster: Cluster, ways: list[served.Asked], authorities: Authorities
) -> tuple[ServedCertificate, ...]:
    try:
        ca = cluster.api().ca
    except HoldfastError:
        ca = None
    return served.look(ways, ca=ca, authorities=authorities)


def _encryption(
    cluster: Cluster, answers: Answers, by_node: _Components
) -> EncryptionFacts | NotAvailable:
    prefixes = [flags.get("etcd-prefix") for _, flags in _flags(by_node, "kube-apiserver")]
    prefix = next(filter(None, prefixes), "/registry")
    declared = encryption_config.named(
        answers.each(asked_of_nodes.ENCRYPTION, lambda _, said: encryption_config.read(said))
    )
    try:
        return encryption.look(cluster.etcd, prefix=prefix, declared=declared)
    except HoldfastError as why:
        return not_available(why)


def _or_none(found: Any) -> Any:
    return () if isinstance(found, NotAvailable) else found
