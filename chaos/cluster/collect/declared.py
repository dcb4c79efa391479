"""What the cluster's own objects say of how it is reached and run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chaos.cluster.facts import Binding, Kubeadm, NotAvailable, ProgramVersion
from chaos.cluster.kube import Listed, Object

SYSTEM = "kube-system"
_PROGRAMS = ("kube-controller-manager", "kube-scheduler", "etcd")
PROXY = "kube-proxy"


def created(namespaces: Listed) -> datetime | NotAvailable:
    """When the cluster was made."""
    for namespace in namespaces.items:
        made = namespace["metadata"].get("creationTimestamp")
        if namespace["metadata"]["name"] == SYSTEM and made:
            return datetime.fromisoformat(made)
    return NotAvailable("kube-system does not say when it was made")


def kubeadm(configmaps: Listed) -> Kubeadm | NotAvailable:
    """kubeadm's ClusterConfiguration."""
    found = _data(configmaps, "kubeadm-config", "ClusterConfiguration")
    if isinstance(found, NotAvailable):
        return found
    external = (found.get("etcd") or {}).get("external") or {}
    return Kubeadm(
        version=str(found.get("kubernetesVersion") or ""),
        endpoint=str(found.get("controlPlaneEndpoint") or ""),
        cert_sans=tuple(str(x) for x in (found.get("apiServer") or {}).get("certSANs") or ()),
        etcd_endpoints=tuple(str(x) for x in external.get("endpoints") or ()),
    )


def proxy_server(configmaps: Listed) -> str | NotAvailable:
    """The URL of the API that kube-proxy has."""
    found = _data(configmaps, PROXY, "kubeconfig.conf")
    return found if isinstance(found, NotAvailable) else server_of(found)


def cluster_info_server(configmap: Object) -> str | NotAvailable:
    """The URL of the API that a machine is told that joins by a token."""
    text = (configmap.get("data") or {}).get("kubeconfig")
    found = _yaml(text, "cluster-info") if text else NotAvailable("cluster-info has no kubeconfig")
    return found if isinstance(found, NotAvailable) else server_of(found)


def server_of(kubeconfig: Mapping[str, Any]) -> str | NotAvailable:
    """The server of a kubeconfig's first cluster."""
    try:
        return str(kubeconfig["clusters"][0]["cluster"]["server"])
    except (LookupError, TypeError):
        return NotAvailable("its kubeconfig names no server")


def _data(configmaps: Listed, name: str, key: str) -> dict[str, Any] | NotAvailable:
    for one in configmaps.items:
        if one["metadata"]["name"] == name:
            text = (one.get("data") or {}).get(key)
            if text is None:
                return NotAvailable(f"the ConfigMap {SYSTEM}/{name} has no {key}")
            return _yaml(text, name)
    return NotAvailable(f"there is no ConfigMap {SYSTEM}/{name}")


def _yaml(text: str, name: str) -> dict[str, Any] | NotAvailable:
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        content = None
    if isinstance(content, dict):
        return content
    return NotAvailable(f"the ConfigMap {name} is no YAML")


def versions(pods: Listed) -> tuple[ProgramVersion, ...]:
    """The versions of the control plane's programs and of kube-proxy, by their Pods' images."""
    found = []
    for pod in pods.items:
        labels = pod["metadata"].get("labels") or {}
        name = labels.get("component") or labels.get("k8s-app", "")
        node = pod["spec"].get("nodeName")
        if pod["metadata"].get("namespace") != SYSTEM or not node:
            continue
        if name in (*_PROGRAMS, "kube-apiserver", PROXY):
            image = pod["spec"]["containers"][0].get("image", "").partition("@")[0]
            _, colon, tag = image.rpartition("/")[2].rpartition(":")
            if colon:
                found.append(ProgramVersion(name=name, node=node, version=tag, source="image"))
    return tuple(sorted(found, key=lambda one: (one.name, one.node)))


def bindings(cluster: Listed, namespaced: Listed) -> tuple[Binding, ...]:
    """All bindings of roles."""
    return tuple(_binding(one) for one in (*cluster.items, *namespaced.items))


def _binding(one: Object) -> Binding:
    meta, role = one["metadata"], one["roleRef"]
    return Binding(
        name=meta["name"],
        namespace=meta.get("namespace") or "",
        role=f"{role['kind']}/{role['name']}",
        subjects=tuple(_subject(s, meta.get("namespace")) for s in one.get("subjects") or ()),
    )


def _subject(subject: Mapping[str, str], namespace: str | None) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"ServiceAccount/{subject.get('namespace') or namespace}/{subject['name']}"
    return f"{subject['kind']}/{subject['name']}"
