"""What runs on a cluster, for the head of a report."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.kubernetes import kubernetes_of
from chaos.cluster.facts import Facts, KubernetesNode, NotAvailable
from chaos.errors import HoldfastError

# As reports call it, and as the facts do.
_ON_NODES = ("kubelet", "runtime", "kernel", "system")


def version_of(cluster: Cluster) -> dict[str, str]:
    """The API's version: one question, which tells whether the cluster can be asked at all.

    Raises:
        ApiError: it cannot.
    """
    return {"kubernetes": str(cluster.kube.get("/version")["gitVersion"])}


def versions_within(seen: Cluster | Facts) -> dict[str, str]:
    """What etcd and the nodes have; where they differ, each that there is.

    Args:
        seen: facts, where there are some: nothing need be asked again.

    Raises:
        ApiError: the API cannot be asked.
    """
    nodes = _in(seen) if isinstance(seen, Facts) else _listed(seen)
    found = {name: _each(getattr(one, name) for one in nodes) for name in _ON_NODES if nodes}
    return {"etcd": _of_etcd(seen), **found}


def _of_etcd(seen: Cluster | Facts) -> str:
    try:
        etcd = seen.etcd if isinstance(seen, Facts) else seen.etcd_facts()
    except HoldfastError as why:
        return f"not known: {why.problem.rstrip('.')}"
    if isinstance(etcd, NotAvailable):
        return f"not known: {etcd.reason}"
    return _each(status.version for status in etcd.statuses)


def _in(facts: Facts) -> list[KubernetesNode]:
    known = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    return [one.kubernetes for one in known if one.kubernetes]


def _listed(cluster: Cluster) -> list[KubernetesNode]:
    return [kubernetes_of(node) for node in cluster.kube.list("/api/v1/nodes").items]


def _each(values: Iterable[str]) -> str:
    return ", ".join(sorted(filter(None, set(values))))
