"""Clusters that are larger than a lab, and spreads that it does not declare."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Counted, Facts
from chaos.conformance.nodes import HOST
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded

SHARE = 100
"""Nodes with which etcd may still share its machines."""


def as_many_as_may_be(facts: Facts) -> Facts:
    """With workers like the first three, until there are a hundred nodes."""
    while _count(facts) < SHARE:
        facts = _one_more(facts)
    return facts


def _count(facts: Facts) -> int:
    return sum(one.kubernetes is not None for one in the.known(facts.nodes))


def _one_more(facts: Facts) -> Facts:
    nodes = the.known(facts.nodes)
    number = _count(facts) + 1
    like = next(one for one in nodes if one.name == f"worker-{number % 3 + 1}")
    known = the.known(like.kubernetes)
    name = f"worker-{number}"
    kubernetes = replace(known, labels={**known.labels, HOST: name})
    return replace(facts, nodes=(*nodes, replace(like, name=name, kubernetes=kubernetes)))


@recorded("etcd-fits-size", r"^101 nodes, and etcd is stacked: ", first=as_many_as_may_be)
def one_node_too_many(facts: Facts) -> Facts:
    """The cluster has grown beyond a hundred nodes, and etcd still shares its machines."""
    return _one_more(facts)


@recorded(
    "capacity-without-a-node",
    r"^without the node worker-\d, 1 Pod of ReplicaSet shop/web-\w+ find no place: "
    r"it must be apart over kubernetes\.io/hostname, where nodes that are gone or tainted count as",
    also=["capacity-without-a-zone"],
)
def spread_counts_the_dead(facts: Facts) -> Facts:
    """As many replicas as workers, spread by the API's defaults: a dead node's place is to fill."""
    return the.among(
        "pods",
        lambda one: one.owner.startswith("ReplicaSet shop/web-"),
        spread={HOST: 1},
        counted={HOST: Counted()},
    )(facts)


@recorded(
    "capacity-headroom",
    r"^workers have [\d.]+ processors, 1\.\d+ times the [\d.]+ asked for: 1\.5 times are needed",
)
def agents_ask_for_most(facts: Facts) -> Facts:
    """What runs on every node asks for most of each: of a node that goes, nobody needs its room."""
    workers = (one.kubernetes for one in the.known(facts.nodes) if "worker" in one.roles)
    least = min(the.known(one).cpu for one in workers)
    agents = "DaemonSet kube-system/kube-proxy"
    return the.among("pods", lambda one: one.owner == agents, cpu=least * 65 // 100)(facts)
