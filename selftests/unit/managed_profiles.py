"""Sound clusters of EKS, GKE and AKS as facts: what is seen of one from outside, without a shell.

They are made from the selftests' cluster. No real one was ever looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chaos.cluster import facts as f
from selftests.unit.conformance_parts import ZONE, certificate, served
from selftests.unit.conformance_support import good, known

SECTION = f.NotAvailable("the inventory has no section etcd")
SHELL = f.NotAvailable("the inventory does not have the node")
SEEN = ("APIServerDown", "NodeNotReady", "CertificateExpires")


@dataclass(frozen=True, slots=True)
class Provider:
    """What differs: the pools' label, a version, the endpoint, and whether it has to be told."""

    label: str
    version: str
    name: str
    regional: bool | None


PROVIDERS = {
    "eks": Provider(
        "eks.amazonaws.com/nodegroup",
        "v1.36.2-eks-1a2b3c4",
        "0ABC.gr7.eu-west-1.eks.amazonaws.com",
        None,
    ),
    "gke": Provider("cloud.google.com/gke-nodepool", "v1.36.2-gke.1014001", "192.0.2.1", True),
    "aks": Provider("kubernetes.azure.com/agentpool", "v1.36.2", "dev-1.hcp.azmk8s.io", True),
}


def profile(kind: str) -> f.Facts:
    """A sound cluster of one of them: a pool of three nodes over three zones."""
    base, provider = good(), PROVIDERS[kind]
    nodes = tuple(
        _node(one, provider) for one in known(base.nodes) if one.name.startswith("worker")
    )
    names = {one.name for one in nodes}
    declared = replace(
        base.declared,
        managed=kind,
        regional=provider.regional,
        endpoint_name=provider.name,
        endpoint_address=None,
        endpoint_port=443,
        etcd_topology=None,
        backup_max_age=None,
    )
    return replace(
        base,
        declared=declared,
        kubernetes=provider.version,
        nodes=nodes,
        apiservers=("192.0.2.1:443",),
        served_certificates=_shown(provider.name),
        etcd=SECTION,
        encryption=SECTION,
        backups=SECTION,
        restored=SECTION,
        kubeadm=f.NotAvailable("there is no ConfigMap kubeadm-config"),
        balancers=f.NotAvailable("no node of the inventory has the role load-balancer"),
        versions=(),
        workloads=tuple(_on(sorted(names), one) for one in known(base.workloads)),
        **_without_shell(names),
        monitoring=_watched(known(base.monitoring), nodes),
        from_pods=tuple(
            one for one in known(base.from_pods) if one.what not in ("etcd", "balancer")
        ),
        kubelet_reach=tuple(
            f.KubeletReach(apiserver=None, node=name, by="kubelet", code=200, said="ok")
            for name in sorted(names)
        ),
        health=tuple(
            replace(one, node=None, address="192.0.2.1:443") for one in known(base.health)[:2]
        ),
    )


def _node(like: f.NodeFact, provider: Provider) -> f.NodeFact:
    kubernetes = known(like.kubernetes)
    labels = {**kubernetes.labels, ZONE: known(like.zone), provider.label: "main"}
    return replace(like, kubernetes=replace(kubernetes, labels=labels, kubelet=provider.version))


def _on(names: list[str], workload: f.Workload) -> f.Workload:
    """With a Pod on each node of the pool, where some were on control planes."""
    places = zip(workload.pods, names, strict=True)
    return replace(workload, pods=tuple(replace(pod, node=name) for pod, name in places))


def _shown(name: str) -> tuple[f.ServedCertificate, ...]:
    shown = certificate(
        names=("kubernetes", "kubernetes.default", "kubernetes.default.svc", name),
        addresses=("10.96.0.1", "192.0.2.1"),
    )
    one = replace(served("192.0.2.1:443"), asked=name, certificate=shown)
    return (one, replace(one, what="apiserver"))


def _without_shell(names: set[str]) -> dict[str, Any]:
    by_node = ("stored_certificates", "components", "machines", "kubeconfigs", "kubelets")
    found = {field: dict.fromkeys(sorted(names), SHELL) for field in by_node}
    nobody = ("keys", "etcd_metrics", "encryption_configs", "schedules", "pointers")
    return {**found, **{field: {} for field in nobody}}


def _watched(monitoring: f.MonitoringFacts, nodes: tuple[f.NodeFact, ...]) -> f.MonitoringFacts:
    """A provider's Prometheus, or one's own: it sees kubelets and the API, and no etcd."""
    kubelets = {f"{one.address}:10250" for one in nodes}
    targets = [one for one in monitoring.targets if one.address in kubelets]
    api = next(one for one in monitoring.targets if one.job == "apiserver")
    return replace(
        monitoring,
        targets=(*targets, replace(api, address="192.0.2.1:443")),
        rules=tuple(one for one in monitoring.rules if one.name in SEEN),
        objectives=tuple(
            replace(one, value=None) if one.name == "etcd leader" else one
            for one in monitoring.objectives
        ),
    )
