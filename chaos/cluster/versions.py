"""What runs on a cluster, for the head of a report."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.kubernetes import kubernetes_of
from chaos.cluster.facts import Facts, KubernetesNode, NotAvailable
from chaos.errors import HoldfastError

# As reports call it, and as the facts do.
_ON_NODES = ("kubelet", "runtime", "kernel", "system")


def versions_of(cluster: Cluster) -> dict[str, str]:
    """Versions of the control plane, by what they are of. Lists nothing.

    Raises:
        ApiError: the API cannot be asked.
    """
    found = {"kubernetes": str(cluster.kube.get("/version")["gitVersion"])}
    try:
        found["etcd"] = _each(status.version for status in cluster.etcd_facts().statuses)
    except HoldfastError as why:
        found["etcd"] = f"not known: {why.problem.rstrip('.')}"
    return found


def versions_on_nodes(seen: Cluster | Facts) -> dict[str, str]:
    """What the nodes have; where they differ, each that there is.

    Args:
        seen: facts, where there are some: the nodes need not be listed again.

    Raises:
        ApiError: the API cannot be asked.
    """
    nodes = _in(seen) if isinstance(seen, Facts) else _listed(seen)
    return {name: _each(getattr(one, name) for one in nodes) for name in _ON_NODES if nodes}


def _in(facts: Facts) -> list[KubernetesNode]:
    known = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    return [one.kubernetes for one in known if one.kubernetes]


def _listed(cluster: Cluster) -> list[KubernetesNode]:
    return [kubernetes_of(node) for node in cluster.kube.list("/api/v1/nodes").items]


def _each(values: Iterable[str]) -> str:
    return ", ".join(sorted(filter(None, set(values))))
