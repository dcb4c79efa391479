"""A critical workload that somebody adds, and what should keep some of it alive."""

from __future__ import annotations

from typing import ClassVar

from selftests.planted.bench import Bench
from selftests.planted.defects.workloads_parts import (
    CONTROL_PLANE,
    IF_POSSIBLE,
    NAME,
    OTHER,
    Object,
    Workload,
    cordon_all_but,
    pod,
    uncordon,
)

QUOTA = "--namespace=shop"


class NothingKeepsApart(Workload):
    """A critical workload of two replicas that nothing keeps apart: any node may get both."""

    name = "nothing-keeps-apart"
    item = "workloads-apart"
    evidence = r"Deployment shop/planted declares neither an anti-affinity nor a spread"

    def change(self, deployment: Object) -> None:
        del pod(deployment)["affinity"]


class TogetherOnOneNode(Workload):
    """A rule is there, and both replicas stand on one node all the same.

    So it comes out of a drain: they were placed while the other workers were cordoned, the rule
    only prefers, and Pods that run are never moved. With that node, and its zone, both are gone.
    """

    name = "together-on-one-node"
    item = "workloads-survive-node"
    also = frozenset({"workloads-apart", "workloads-survive-zone"})
    evidence = r"^without the node worker-1 nothing is left of Deployment shop/planted"

    def change(self, deployment: Object) -> None:
        pod(deployment)["affinity"] = {"podAntiAffinity": IF_POSSIBLE}

    def plant(self, bench: Bench) -> None:
        cordon_all_but(bench, "worker-1")
        super().plant(bench)
        uncordon(bench)

    def mend(self, bench: Bench) -> None:
        uncordon(bench)
        super().mend(bench)


class TogetherInOneZone(Workload):
    """Both replicas stand in one zone, on two nodes of it: nothing was said of zones.

    Without that zone both are gone; that they really stand together is the other item's.
    """

    name = "together-in-one-zone"
    item = "workloads-survive-zone"
    also = frozenset({"workloads-apart"})
    evidence = r"^without the zone a nothing is left of Deployment shop/planted"

    def change(self, deployment: Object) -> None:
        pod(deployment)["tolerations"].append(CONTROL_PLANE)

    def plant(self, bench: Bench) -> None:
        cordon_all_but(bench, "worker-1", "cp-1")
        super().plant(bench)
        uncordon(bench)

    def mend(self, bench: Bench) -> None:
        uncordon(bench)
        super().mend(bench)


class NoRoomInTheQuota(Workload):
    """Three replicas are wanted, and the namespace's quota lets there be two.

    All that is there is well, and the budget counts on no more.
    """

    name = "no-room-in-the-quota"
    item = "workloads-replicas"
    evidence = r"^Deployment shop/planted: 2 of 3 replicas ready"
    budget: ClassVar[Object | None] = {"minAvailable": 1}

    def change(self, deployment: Object) -> None:
        """Two are well; the third is wanted when the quota is there."""

    def plant(self, bench: Bench) -> None:
        super().plant(bench)
        full = len(bench.kubectl.items("pods", QUOTA))
        bench.kubectl("create", "quota", NAME, QUOTA, f"--hard=pods={full}")
        # Before it has counted nothing is made at all, and asked for again ever more rarely.
        wait = f"--for=jsonpath={{.status.used.pods}}={full}"
        bench.kubectl("wait", "quota", NAME, QUOTA, wait, "--timeout=20s")
        bench.kubectl("scale", "deployment", NAME, QUOTA, "--replicas=3")

    def mend(self, bench: Bench) -> None:
        bench.delete("quota", NAME, QUOTA)
        super().mend(bench)


class NoBudget(Workload):
    """A critical workload without a PodDisruptionBudget: a drain may take all of it at once."""

    name = "no-budget"
    item = "disruption-budgets"
    evidence = r"Deployment shop/planted has no PodDisruptionBudget"
    budget = None

    def change(self, deployment: Object) -> None:
        """Nothing is wrong with itself."""


class BudgetOfAll(Workload):
    """One replica, and a budget that wants one: its node is never drained, so never upgraded.

    It is nothing critical; the drain waits all the same.
    """

    name = "budget-of-all"
    item = "drains-not-blocked"
    evidence = r"^PodDisruptionBudget default/planted never lets a Pod go: 1 of 1 must be healthy"
    namespace = OTHER
    ready, allowed = 1, 0
    budget: ClassVar[Object | None] = {"minAvailable": 1}

    def change(self, deployment: Object) -> None:
        deployment["spec"]["replicas"] = 1


class AllAtOnce(Workload):
    """A release ends both replicas before it makes new ones, and its budget has no say in that."""

    name = "all-at-once"
    item = "workloads-rollout"
    evidence = r"^a release of Deployment shop/planted ends all its Pods before .* \(Recreate\)"

    def change(self, deployment: Object) -> None:
        deployment["spec"]["strategy"] = {"type": "Recreate"}
