"""A first inventory, by looking at a cluster through its API."""

from __future__ import annotations

import io
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from chaos.cluster.access import ApiAccess
from chaos.cluster.collect.kubernetes import CONTROL_PLANE, ZONE, address_of
from chaos.cluster.kube import Kube, Object
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.cluster.wish import Wish
from chaos.errors import HoldfastError

HEADER = """\
# Written by `holdfast init`. Read it through: what it says of you and yours was guessed.
# clusters/example.yaml explains every field; `holdfast doctor` says what can be reached with it.
"""


def discover(kube: Kube, wish: Wish) -> str:
    """The text of an inventory.

    Raises:
        HoldfastError: the API cannot be asked.
        UsageError: `wish.ssh` names nobody.
    """
    nodes = kube.list("/api/v1/nodes").items
    namespace = kube.get("/api/v1/namespaces/kube-system")
    kubeadm = _kubeadm(kube)
    external = list(((kubeadm.get("etcd") or {}).get("external") or {}).get("endpoints") or ())
    stacked = not external and _has_etcd_pods(kube)
    content = CommentedMap()
    content["version"] = 1
    content["cluster"] = {
        "name": wish.name or kubeadm.get("clusterName") or "cluster",
        "uid": namespace["metadata"]["uid"],
        "environment": "production",
        "kubeconfig": wish.path(wish.kubeconfig),
        **({"context": wish.context} if wish.context else {}),
    }
    content["endpoint"] = _endpoint(kube.access, str(kubeadm.get("controlPlaneEndpoint") or ""))
    content["nodes"] = [
        *(_balancer(wish, name, at) for name, at in (wish.balancers or {}).items()),
        *(_node(wish, node, stacked=stacked) for node in nodes),
        *(_member(wish, i, url) for i, url in enumerate(external, 1)),
    ]
    if stacked or external:
        content["etcd"] = _etcd(external)
    if wish.balancers:
        content["load_balancers"] = {"kind": "haproxy", "config": "/etc/haproxy/haproxy.cfg"}
    content["critical_namespaces"] = []
    content["chaos"] = {"allowed": []}
    return HEADER + _written(content, wish)


def _written(content: CommentedMap, wish: Wish) -> str:
    remarks = {
        "cluster": "The careful environment was taken; lab, development and staging ask less.",
        "critical_namespaces": "Namespaces whose workloads must survive.",
        "chaos": "Faults that are allowed: names, or `all`.",
    }
    if not wish.balancers:
        remarks["nodes"] = "Balancers cannot be seen from a cluster: add them, if there are any."
    if "etcd" in content:
        remarks["etcd"] = "Add the section `backups`: where snapshots lie cannot be seen from here."
    for key, text in remarks.items():
        content.yaml_set_comment_before_after_key(key, before=text)
    out = io.StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 120
    writer.dump(content, out)
    return out.getvalue()


def _kubeadm(kube: Kube) -> Mapping[str, Any]:
    """kubeadm's ClusterConfiguration; empty where there is none, or we may not read it."""
    try:
        found = kube.get("/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
        content = YAML(typ="safe").load(found["data"]["ClusterConfiguration"])
    except ApiError as wrong:
        if wrong.trouble in (Trouble.NOT_FOUND, Trouble.FORBIDDEN):
            return {}
        raise
    except (LookupError, YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _has_etcd_pods(kube: Kube) -> bool:
    where = "/api/v1/namespaces/kube-system/pods?labelSelector=component%3Detcd"
    return bool(kube.list(where).items)


def _endpoint(access: ApiAccess, declared: str) -> dict[str, Any]:
    parts = urlsplit(f"//{declared}") if declared else urlsplit(access.server)
    name, port = parts.hostname or access.host, parts.port or (6443 if declared else 443)
    endpoint: dict[str, Any] = {"name": name}
    if address := _resolved(name) or _resolved(access.host):
        endpoint["address"] = address
    return endpoint | {"port": port}


def _resolved(name: str) -> str | None:
    """The one address of a name; None where it has none, or several that may change."""
    try:
        found = {
            str(info[4][0]) for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        }
    except OSError:
        return None
    return found.pop() if len(found) == 1 else None


def _node(wish: Wish, node: Object, *, stacked: bool) -> dict[str, Any]:
    name, labels = node["metadata"]["name"], node["metadata"].get("labels") or {}
    address = address_of(node)
    if address is None:
        raise HoldfastError(
            f"The node {name} has no InternalIP.", "See `kubectl get node -o wide`."
        )
    entry: dict[str, Any] = {"name": name, "roles": _roles(labels, stacked=stacked)}
    if zone := labels.get(ZONE):
        entry["zone"] = zone
    return entry | {"address": address, "url": wish.url(name, address)}


def _roles(labels: Mapping[str, str], *, stacked: bool) -> list[str]:
    if CONTROL_PLANE not in labels:
        return ["worker"]
    return ["control-plane", "etcd"] if stacked else ["control-plane"]


def _balancer(wish: Wish, name: str, address: str) -> dict[str, Any]:
    entry = {"name": name, "roles": ["load-balancer"], "address": address}
    return entry | {"url": wish.url(name, address)}


def _member(wish: Wish, number: int, url: str) -> dict[str, Any]:
    name, host = f"etcd-{number}", urlsplit(url).hostname or ""
    address = _resolved(host) or host
    return {
        "name": name,
        "roles": ["etcd"],
        "address": address,
        "url": wish.url(name, address),
    }


def _etcd(external: Sequence[str]) -> dict[str, Any]:
    if not external:
        return {"topology": "stacked"}
    folder = "/etc/etcd/pki"
    return {
        "topology": "external",
        "pki": {
            "ca": f"{folder}/ca.crt",
            "certificate": f"{folder}/healthcheck-client.crt",
            "key": f"{folder}/healthcheck-client.key",
        },
    }
