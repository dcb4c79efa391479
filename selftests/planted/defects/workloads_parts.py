"""A workload as a critical one should be, and what adds one that is not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from lab.plan import Role
from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

NAME, CRITICAL, OTHER = "planted", "shop", "default"
LABELS = {"app": NAME}
REPLICAS = 2
HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
_TERM = {"labelSelector": {"matchLabels": LABELS}, "topologyKey": HOST}
APART = {"requiredDuringSchedulingIgnoredDuringExecution": [_TERM]}
IF_POSSIBLE = {
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": _TERM}]
}
_HEALTHZ = {"httpGet": {"path": "/healthz", "port": 8080}}

Object = dict[str, Any]


class Workload(Defect):
    """A workload that somebody adds, and the one thing that is wrong with it.

    Attributes:
        namespace: where: all that is in a critical one must survive.
        ready: how many of its Pods come up.
        budget: what its PodDisruptionBudget says; None where it has none.
        allowed: how many Pods that lets go.
    """

    namespace: ClassVar[str] = CRITICAL
    ready: ClassVar[int] = REPLICAS
    budget: ClassVar[Object | None] = {"maxUnavailable": 1}
    allowed: ClassVar[int] = 1

    @abstractmethod
    def change(self, deployment: Object) -> None:
        """Make it wrong."""

    def plant(self, bench: Bench) -> None:
        deployment = _deployment(bench, self.namespace)
        self.change(deployment)
        meta = {"name": NAME, "namespace": self.namespace}
        kind: Object = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta}
        spec = {"selector": {"matchLabels": LABELS}}
        budgets = [] if self.budget is None else [kind | {"spec": spec | self.budget}]
        bench.apply(deployment, *budgets)
        until(lambda: self._is_there(bench), "the workload is there", timeout=60, every=0.5)

    def _is_there(self, bench: Bench) -> bool:
        where = f"--namespace={self.namespace}"
        status = bench.get("deployment", NAME, where).get("status", {})
        if status.get("readyReplicas") != self.ready:
            return False
        if self.budget is None:
            return True
        seen = bench.get("poddisruptionbudget", NAME, where).get("status", {})
        counted = seen.get("currentHealthy") == self.ready
        return bool(counted and seen.get("disruptionsAllowed") == self.allowed)

    def mend(self, bench: Bench) -> None:
        remove(bench, self.namespace)


def pod(deployment: Object) -> Object:
    """What its Pods are made from."""
    found: Object = deployment["spec"]["template"]["spec"]
    return found


def container(deployment: Object) -> Object:
    """Its one container."""
    found: Object = pod(deployment)["containers"][0]
    return found


def remove(bench: Bench, namespace: str = CRITICAL) -> None:
    """Take it away, and wait until its Pods are gone."""
    where = f"--namespace={namespace}"
    for kind in ("deployment", "poddisruptionbudget"):
        bench.delete(kind, NAME, where)
    mine = ("pods", where, f"--selector=app={NAME}")
    until(lambda: not bench.kubectl.items(*mine), "its Pods are gone", timeout=60, every=0.5)


def cordon_all_but(bench: Bench, *names: str) -> None:
    """Leave these nodes alone for new Pods."""
    bench.kubectl("cordon", *(name for name in _nodes(bench) if name not in names))


def uncordon(bench: Bench) -> None:
    """Leave all nodes for new Pods."""
    bench.kubectl("uncordon", *_nodes(bench))


def _nodes(bench: Bench) -> Iterable[str]:
    return [one.name for one in bench.fleet.plan.of(Role.CONTROL_PLANE, Role.WORKER)]


def _deployment(bench: Bench, namespace: str) -> Object:
    """As it should be: it survives any node and any zone, and asks for what it needs."""
    one = {
        "name": NAME,
        "image": bench.fleet.plan.spec.release.images["agnhost"],
        "args": ["netexec", "--http-port=8080", "--udp-port=8081"],
        "resources": {
            "requests": {"cpu": "5m", "memory": "16Mi"},
            "limits": {"memory": "64Mi"},
        },
        "readinessProbe": {**_HEALTHZ, "periodSeconds": 1},
        "livenessProbe": _HEALTHZ,
    }
    gone = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    spec: Object = {
        "containers": [one],
        "terminationGracePeriodSeconds": 1,
        "priorityClassName": "shop-critical",
        "tolerations": [
            {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
            for key in gone
        ],
        "affinity": {"podAntiAffinity": APART},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": spec},
        },
    }
