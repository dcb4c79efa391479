"""The namespace that probes write into: made before they run, emptied after. No probe does that."""

from __future__ import annotations

from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.probes.writing import MANAGED_BY, selector

NAMESPACE = "holdfast"

_TIMEOUT = 10  # seconds


def set_up(cluster: Cluster) -> None:
    """Make the namespace, unless it is there.

    Raises:
        HoldfastError: it could not be made.
    """
    metadata = {"name": NAMESPACE, "labels": {MANAGED_BY: "holdfast"}}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    try:
        cluster.kube.create("/api/v1/namespaces", body)
    except ApiError as error:
        if error.trouble is not Trouble.CONFLICT:
            raise


def clean_up(cluster: Cluster) -> None:
    """Delete what probes wrote, by its labels. Twice is fine.

    Call it when sampling has stopped, and not before: histories are read from the objects. The
    namespace stays, empty: one that is being deleted takes no objects of the next run.

    Raises:
        HoldfastError: they may still be there, and why.
    """
    # From above: a Pod is made again by what it belongs to, as long as that is there.
    for kind in ("deployment", "replica_set", "pod", "config_map"):
        _delete(cluster, kind)


def _delete(cluster: Cluster, kind: str) -> None:
    # Here and not above: all files of this package are imported to find the probes, and the
    # client's import takes longer than everything else together.
    from kubernetes import client

    from chaos.cluster.kube_client import told

    name = f"delete_collection_namespaced_{kind}"
    core, apps = client.CoreV1Api, client.AppsV1Api
    api = (core if hasattr(core, name) else apps)(cluster.kube.client())
    # What is answered is of no use: it is not even read.
    how: dict[str, Any] = {"_request_timeout": _TIMEOUT, "_preload_content": False}
    try:
        with told(cluster.kube.access, name):
            getattr(api, name)(NAMESPACE, label_selector=selector(), **how)
    except ApiError as error:
        if error.trouble is not Trouble.NOT_FOUND:  # nothing is there: as it should be
            raise
