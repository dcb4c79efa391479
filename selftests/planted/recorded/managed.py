"""Control planes that somebody else runs, which no lab has."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Facts, NodeFact
from chaos.conformance.nodes import HOST, ZONE
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded

POOL = "cloud.google.com/gke-nodepool"


def _in_pool(like: NodeFact, number: int, zone: str) -> NodeFact:
    name = f"pool-{number}"
    labels = {HOST: name, ZONE: zone, POOL: "main"}
    kubernetes = replace(the.known(like.kubernetes), zone=zone, labels=labels)
    return replace(like, name=name, zone=zone, kubernetes=kubernetes)


def regional(facts: Facts) -> Facts:
    """A regional cluster of GKE: five nodes in a pool, nothing else to be seen."""
    like = next(one for one in the.known(facts.nodes) if one.name == "worker-1")
    nodes = tuple(_in_pool(like, number, zone) for number, zone in enumerate("abcab", 1))
    declared = replace(facts.declared, managed="gke", regional=True, etcd_topology=None)
    return replace(facts, declared=declared, nodes=nodes, apiservers=("192.0.2.1:443",))


@recorded(
    "managed-regional",
    r"^gke: the inventory says that the control plane has one zone",
    first=regional,
)
def zonal_control_plane(facts: Facts) -> Facts:
    """The cluster was ordered in one zone: its API is down while that is, and in each upgrade."""
    return the.declared(regional=False)(facts)


@recorded(
    "managed-pools",
    r"^pool main is uneven by 2: a 3, b 1, c 1",
    first=regional,
    also=["workers-over-zones"],
)
def uneven_pool(facts: Facts) -> Facts:
    """An autoscaler has put a third node where two were, and one other zone has one alone.

    It is the only pool: the workers are as uneven.
    """
    *kept, last = the.known(facts.nodes)
    return replace(facts, nodes=(*kept, _in_pool(last, 5, "a")))


@recorded("managed-pools", r"^pool main: pool-1 has .* 2 minor versions behind", first=regional)
def forgotten_pool(facts: Facts) -> Facts:
    """The control plane was upgraded twice, and its pool not once."""
    major, minor, _ = the.known(facts.kubernetes).split(".", 2)
    return replace(facts, kubernetes=f"{major}.{int(minor) + 2}.0")
