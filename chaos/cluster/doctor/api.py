"""Whether the API can be reached, whose it is, and what we may do there."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

from chaos.cluster.cluster import Cluster
from chaos.cluster.doctor.finding import Finding, Health
from chaos.cluster.doctor.rights import RIGHTS, Right
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError

SUBJECT = "the API"
SECONDS = 3.0


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
            health = Health.BROKEN if right.needed else Health.GAP
            remedy = "Grant it to the kubeconfig's user."
            found.append(Finding(SUBJECT, health, f"We may not {right}.", right.lost, remedy))
    if not found:
        found.append(Finding(SUBJECT, Health.OK, f"We have all {len(RIGHTS)} rights needed."))
    return found


def _may(kube: Kube, right: Right) -> bool:
    """Ask the API whether we may; nothing is stored by asking."""
    review = kube.create(
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": right.asked(),
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
