"""What runs on a cluster, for the head of a report."""

from __future__ import annotations

from collections.abc import Iterable

from chaos.cluster.cluster import Cluster
from chaos.errors import HoldfastError

# By what reports call it: a field of a Node's status.nodeInfo.
_ON_NODES = {
    "kubelet": "kubeletVersion",
    "runtime": "containerRuntimeVersion",
    "kernel": "kernelVersion",
    "system": "osImage",
}


def versions_of(cluster: Cluster) -> dict[str, str]:
    """Versions by what they are of; where nodes differ, each that there is.

    Raises:
        ApiError: the API cannot be asked.
    """
    found = {"kubernetes": str(cluster.kube.get("/version")["gitVersion"])}
    try:
        found["etcd"] = _each(status.version for status in cluster.etcd_facts().statuses)
    except HoldfastError as why:
        found["etcd"] = f"not known: {why.problem.rstrip('.')}"
    infos = [node["status"]["nodeInfo"] for node in cluster.kube.list("/api/v1/nodes").items]
    return found | {name: _each(info[field] for info in infos) for name, field in _ON_NODES.items()}


def _each(values: Iterable[str]) -> str:
    return ", ".join(sorted(set(values)))
