"""What must be allowed at the API, and what is lost where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The namespace that probes write into (chaos.probes.namespace, which nothing here may import).
OURS = "holdfast"
SYSTEM = "kube-system"


@dataclass(frozen=True, slots=True)
class Right:
    """Something that is done at the API, and what is lost where it may not be.

    Args:
        resource: in plural, with its subresource as `nodes/proxy`; or a path that is no resource,
            as `/metrics`.
        lost: what is not covered without it.
        needed: whether conformance needs it; all else is wanted for probes and chaos alone, or is
            more than many an owner gives.
    """

    verb: str
    group: str
    resource: str
    lost: str
    namespace: str = ""
    needed: bool = True

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {kind}{where}"

    def asked(self) -> dict[str, Any]:
        """The `spec` of a SelfSubjectAccessReview."""
        if self.resource.startswith("/"):
            return {"nonResourceAttributes": {"verb": self.verb, "path": self.resource}}
        resource, _, part = self.resource.partition("/")
        attributes = {"verb": self.verb, "group": self.group, "resource": resource}
        if part:
            attributes["subresource"] = part
        if self.namespace:
            attributes["namespace"] = self.namespace
        return {"resourceAttributes": attributes}


def _may(verbs: str, what: str, lost: str, *, namespace: str = "") -> Iterator[Right]:
    """One right a verb, for what conformance does without; `what` is `resource.group`."""
    resource, _, group = what.partition(".")
    for verb in verbs.split():
        yield Right(verb, group, resource, lost, namespace, needed=False)


_LEASES = "leases.coordination.k8s.io"
_READS = "every probe that reads, so every fault"
_PODS = "the probes of the cluster's DNS and of Pods' network"
_WRITES = "probes that write, and the watch of what they write"
_HISTORIES = "histories: whether a write is lost or applied twice, a read stale, a watch with gaps"
_KUBELETS = "whether each apiserver reaches each kubelet"
_CANARY = "the scheduling canary: until when a new Deployment waits for its Pods"
_LEFT = "cleaning up: what probes wrote stays"

RIGHTS = (
    Right("list", "", "nodes", "nodes, zones, versions"),
    Right("list", "", "namespaces", "which cluster this is, critical workloads"),
    Right("list", "", "pods", "where replicas really are"),
    Right("list", "apps", "deployments", "workloads"),
    Right("list", "apps", "statefulsets", "workloads"),
    Right("list", "apps", "daemonsets", "kube-proxy and the network's Pods"),
    Right("list", "policy", "poddisruptionbudgets", "PodDisruptionBudgets"),
    Right("list", "batch", "cronjobs", "CronJobs that take snapshots"),
    Right("list", "rbac.authorization.k8s.io", "clusterroles", "which roles allow everything"),
    Right("list", "rbac.authorization.k8s.io", "clusterrolebindings", "who may do what"),
    Right("list", "rbac.authorization.k8s.io", "rolebindings", "who may do what"),
    Right("list", "", "configmaps", "kubeadm's and kube-proxy's settings", SYSTEM),
    Right("list", "coordination.k8s.io", "leases", "leader election", SYSTEM),
    Right("list", "discovery.k8s.io", "endpointslices", "the list of apiservers, webhooks"),
    Right("list", "", "services", f"whether the endpoint is a Service, {_PODS}"),
    Right("list", "networking.k8s.io", "networkpolicies", "NetworkPolicies"),
    Right("list", "", "persistentvolumeclaims", "whether data follow their Pods"),
    Right("list", "", "persistentvolumes", "whether data follow their Pods"),
    Right("list", "storage.k8s.io", "storageclasses", "whether data follow their Pods"),
    Right("list", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "webhooks"),
    Right("list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "webhooks"),
    *_may("get", "nodes/proxy", _KUBELETS),
    *_may("watch", _LEASES, "overlap of leaders", namespace=SYSTEM),
    *_may("watch", "nodes", "when nodes go and come back, in a timeline"),
    *_may("watch", "events", "the cluster's own events in a timeline"),
    *_may("get", "namespaces", _READS, namespace="default"),
    *_may("get", "configmaps", _PODS, namespace=SYSTEM),
    *_may("get", "/metrics", "what probes cost the apiservers (`holdfast probe`)"),
    *_may("create", "namespaces", "probes that write"),
    *_may("create patch list watch", "configmaps", _WRITES, namespace=OURS),
    *_may("get update", "configmaps", _HISTORIES, namespace=OURS),
    *_may("create delete", "deployments.apps", _CANARY, namespace=OURS),
    *_may("list watch", "pods", _CANARY, namespace=OURS),
    *_may("deletecollection", "deployments.apps", _LEFT, namespace=OURS),
    *_may("deletecollection", "replicasets.apps", _LEFT, namespace=OURS),
    *_may("deletecollection", "pods", _LEFT, namespace=OURS),
    *_may("deletecollection", "configmaps", _LEFT, namespace=OURS),
    *_may("get create update", _LEASES, "chaos: one run at a time", namespace=SYSTEM),
)
