"""Whether the API can be reached, whose it is, and what we may do there."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chaos.cluster.cluster import Cluster
from chaos.cluster.doctor.finding import Finding, Health
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError

SUBJECT = "the API"
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Right:
    """Something that is done at the API, and what is lost where it may not be.

    Args:
        reads: whether it only reads; what writes is wanted for chaos alone.
    """

    verb: str
    group: str
    resource: str
    lost: str
    namespace: str = ""
    reads: bool = True

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {kind}{where}"


RIGHTS = (
    Right("list", "", "nodes", "nodes, zones, versions"),
    Right("list", "", "namespaces", "which cluster this is, critical workloads"),
    Right("list", "", "pods", "where replicas really are"),
    Right("list", "apps", "deployments", "workloads"),
    Right("list", "apps", "statefulsets", "workloads"),
    Right("list", "policy", "poddisruptionbudgets", "PodDisruptionBudgets"),
    Right("list", "batch", "cronjobs", "CronJobs that take snapshots"),
    Right("list", "rbac.authorization.k8s.io", "clusterrolebindings", "who may do what"),
    Right("list", "rbac.authorization.k8s.io", "rolebindings", "who may do what"),
    Right("list", "", "configmaps", "kubeadm's and kube-proxy's settings", "kube-system"),
    Right("list", "coordination.k8s.io", "leases", "leader election", "kube-system"),
    Right("list", "discovery.k8s.io", "endpointslices", "the list of apiservers, webhooks"),
    Right("list", "", "services", "whether the endpoint is a Service"),
    Right("list", "networking.k8s.io", "networkpolicies", "NetworkPolicies"),
    Right("list", "", "persistentvolumeclaims", "whether data follow their Pods"),
    Right("list", "", "persistentvolumes", "whether data follow their Pods"),
    Right("list", "storage.k8s.io", "storageclasses", "whether data follow their Pods"),
    Right("list", "admissionregistration.k8s.io", "validatingwebhookconfigurations", "webhooks"),
    Right("list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", "webhooks"),
    Right("watch", "coordination.k8s.io", "leases", "overlap of leaders", "kube-system"),
    Right("watch", "", "events", "the cluster's own events in a timeline"),
    Right("create", "", "namespaces", "probes that write", reads=False),
    Right("create", "", "configmaps", "probes that write", reads=False),
    Right("create", "", "pods", "the scheduling canary", reads=False),
    Right("create", "coordination.k8s.io", "leases", "chaos: one run at a time", reads=False),
)


def look(cluster: Cluster) -> list[Finding]:
    """The API through the kubeconfig, our rights there, and each apiserver by itself."""
    try:
        kube = cluster.kube
        version = kube.get("/version")["gitVersion"]
    except HoldfastError as wrong:
        lost = "nearly everything: nodes, workloads, leases, every probe"
        return [Finding(SUBJECT, Health.BROKEN, wrong.problem, lost, wrong.remedy)]
    told = f"{kube.access.server} answers: Kubernetes {version}."
    return [
        Finding(SUBJECT, Health.OK, told),
        _whose(cluster),
        *_rights(kube),
        *_each(cluster),
    ]


def _whose(cluster: Cluster) -> Finding:
    wanted = cluster.inventory.cluster.uid
    try:
        uid = cluster.uid()
    except HoldfastError as wrong:
        lost = "every fault: nothing is broken in a cluster that may be another one"
        return Finding(SUBJECT, Health.BROKEN, wrong.problem, lost, wrong.remedy)
    if uid == wanted:
        return Finding(SUBJECT, Health.OK, "It is the cluster of the inventory.")
    where = cluster.inventory.where("cluster", "uid")
    return Finding(
        SUBJECT,
        Health.BROKEN,
        f"It is another cluster: its UID is {uid}, and {where} says {wanted}.",
        "every fault",
        "Use the right kubeconfig, or correct the UID if the cluster was built anew.",
    )


def _rights(kube: Kube) -> list[Finding]:
    answers = together({right: partial(_may, kube, right) for right in RIGHTS})
    found = []
    for right, may in answers.items():
        if isinstance(may, HoldfastError):
            return [Finding(SUBJECT, Health.GAP, may.problem, "what we may do", may.remedy)]
        if not may:
            health = Health.BROKEN if right.reads else Health.GAP
            remedy = "Grant it to the kubeconfig's user."
            found.append(Finding(SUBJECT, health, f"We may not {right}.", right.lost, remedy))
    if not found:
        found.append(Finding(SUBJECT, Health.OK, f"We have all {len(RIGHTS)} rights needed."))
    return found


def _may(kube: Kube, right: Right) -> bool:
    """Ask the API whether we may; nothing is stored by asking."""
    attributes = {"verb": right.verb, "group": right.group, "resource": right.resource}
    if right.namespace:
        attributes["namespace"] = right.namespace
    review = kube.create(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        },
    )
    return bool(review["status"]["allowed"])


def _each(cluster: Cluster) -> list[Finding]:
    """Whether each apiserver can be reached by itself, past the balancer."""
    tasks: dict[str, Callable[[], str]] = {
        node.name: partial(knock, node.address, 6443)
        for node in cluster.with_role(Role.CONTROL_PLANE)
    }
    found = []
    for name, said in together(tasks).items():
        if said:
            found.append(
                Finding(
                    f"node {name}",
                    Health.GAP,
                    f"Its apiserver, port 6443: {said}.",
                    "its live certificate, and the probe that asks it past the balancer",
                    "Let this machine reach it, or accept the gap.",
                )
            )
    return found


def knock(host: str, port: int) -> str:
    """Why a TCP port cannot be reached: refused and silent tell different stories. Else nothing."""
    try:
        socket.create_connection((host, port), timeout=SECONDS).close()
    except ConnectionRefusedError:
        return "it refuses connections: the machine is up, and nothing listens there"
    except TimeoutError:
        return f"no answer within {SECONDS:g} s: it is off, cut off, or a firewall drops us"
    except OSError as error:
        return f"{error.strerror or error}".lower()
    return ""
