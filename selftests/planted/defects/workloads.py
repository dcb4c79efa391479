"""A critical workload that somebody adds, and what it lacks."""

from __future__ import annotations

import json
from typing import Any

from lab.plan import Role
from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

NAME, NAMESPACE = "planted", "shop"
LABELS = {"app": NAME}
REPLICAS = 2
_TERM = {"labelSelector": {"matchLabels": LABELS}, "topologyKey": "kubernetes.io/hostname"}
APART = {"requiredDuringSchedulingIgnoredDuringExecution": [_TERM]}
IF_POSSIBLE = {
    "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": _TERM}]
}


class NothingKeepsApart(Defect):
    """A critical workload of two replicas that nothing keeps apart: any node may get both."""

    name = "nothing-keeps-apart"
    item = "workloads-apart"
    evidence = r"Deployment shop/planted declares neither an anti-affinity nor a spread"

    def plant(self, bench: Bench) -> None:
        _add(bench, anti_affinity=None)

    def mend(self, bench: Bench) -> None:
        _remove(bench)


class TogetherOnOneNode(Defect):
    """A rule is there, and both replicas stand on one node all the same.

    So it comes out of a drain: they were placed while the other workers were cordoned, the rule
    only prefers, and Pods that run are never moved.
    """

    name = "together-on-one-node"
    item = "workloads-apart"
    evidence = r"Deployment shop/planted has 2 of 2 ready Pods on worker-1"

    def plant(self, bench: Bench) -> None:
        _, *others = bench.fleet.plan.of(Role.WORKER)
        bench.kubectl("cordon", *(worker.name for worker in others))
        _add(bench, anti_affinity=IF_POSSIBLE)
        _uncordon(bench)

    def mend(self, bench: Bench) -> None:
        _uncordon(bench)
        _remove(bench)


class NoBudget(Defect):
    """A critical workload without a PodDisruptionBudget: a drain may take all of it at once."""

    name = "no-budget"
    item = "disruption-budgets"
    evidence = r"Deployment shop/planted has no PodDisruptionBudget"

    def plant(self, bench: Bench) -> None:
        _add(bench, anti_affinity=APART, budget=False)

    def mend(self, bench: Bench) -> None:
        _remove(bench)


def _uncordon(bench: Bench) -> None:
    bench.kubectl("uncordon", *(worker.name for worker in bench.fleet.plan.of(Role.WORKER)))


def _add(bench: Bench, *, anti_affinity: dict[str, Any] | None, budget: bool = True) -> None:
    items = [_deployment(bench, anti_affinity), *([_BUDGET] if budget else [])]
    everything = {"apiVersion": "v1", "kind": "List", "items": items}
    bench.kubectl("apply", "--filename=-", stdin=json.dumps(everything))
    until(lambda: _is_there(bench, budget), "the workload is there", timeout=60, every=0.5)


def _is_there(bench: Bench, budget: bool) -> bool:
    status = bench.get("deployment", NAME, f"--namespace={NAMESPACE}").get("status", {})
    if status.get("readyReplicas") != REPLICAS:
        return False
    if not budget:
        return True
    seen = bench.get("poddisruptionbudget", NAME, f"--namespace={NAMESPACE}").get("status", {})
    return bool(seen.get("disruptionsAllowed") == 1)


def _remove(bench: Bench) -> None:
    what = ("deployment", "poddisruptionbudget")
    for kind in what:
        bench.kubectl("delete", kind, NAME, f"--namespace={NAMESPACE}", "--ignore-not-found")


_META = {"name": NAME, "namespace": NAMESPACE}
_BUDGET: dict[str, Any] = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": _META,
    "spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}},
}


def _deployment(bench: Bench, anti_affinity: dict[str, Any] | None) -> dict[str, Any]:
    container = {
        "name": "planted",
        "image": bench.fleet.plan.spec.release.images["agnhost"],
        "args": ["netexec", "--http-port=8080", "--udp-port=8081"],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1},
    }
    pod: dict[str, Any] = {"containers": [container], "terminationGracePeriodSeconds": 1}
    if anti_affinity:
        pod["affinity"] = {"podAntiAffinity": anti_affinity}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _META,
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": pod},
        },
    }
