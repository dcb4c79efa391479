"""Room for what was there, when a node or a zone is gone; and sizes."""

from __future__ import annotations

from lab.plan import Role
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.network import unwaive
from selftests.planted.defects.workloads_parts import (
    CONTROL_PLANE,
    OTHER,
    ZONE,
    Object,
    Workload,
    container,
    pod,
)


class OneOnEachWorker(Workload):
    """As many replicas as workers, that must be apart: without a node one has no place.

    Nor has it without a zone, which takes a node with it.
    """

    name = "one-on-each-worker"
    item = "capacity-without-a-node"
    also = frozenset({"capacity-without-a-zone"})
    evidence = (
        r"^without the node worker-\d, 1 Pod of ReplicaSet default/planted-\w+ find no place: "
        r"it must be apart over kubernetes\.io/hostname"
    )
    namespace = OTHER
    ready = 3

    def change(self, deployment: Object) -> None:
        deployment["spec"]["replicas"] = self.ready

    def plant(self, bench: Bench) -> None:
        assert len(bench.fleet.plan.of(Role.WORKER)) == self.ready
        super().plant(bench)


class AsksForMost(Workload):
    """One on each worker asks for most of it: 3 processors have 2.5 asked of them.

    So there is no place either for the one whose worker, or zone, is gone.
    """

    name = "asks-for-most"
    item = "capacity-headroom"
    also = frozenset({"capacity-without-a-node", "capacity-without-a-zone"})
    evidence = (
        r"^workers have 3 processors, 1\.\d+ times the 2\.\d+ asked for: 1\.5 times are needed"
    )
    namespace = OTHER
    ready = 3

    def change(self, deployment: Object) -> None:
        deployment["spec"]["replicas"] = self.ready
        container(deployment)["resources"]["requests"]["cpu"] = "700m"

    def plant(self, bench: Bench) -> None:
        assert len(bench.fleet.plan.of(Role.WORKER)) == self.ready
        super().plant(bench)


class BoundToItsZone(Workload):
    """It may run in one zone alone, on any node of it: without the zone it runs nowhere."""

    name = "bound-to-its-zone"
    item = "capacity-without-a-zone"
    evidence = (
        r"^without the zone a, \d Pods? of ReplicaSet default/planted-\w+ find no place: "
        r"no node that is left may take it"
    )
    namespace = OTHER
    ready = 1
    budget = None

    def change(self, deployment: Object) -> None:
        deployment["spec"]["replicas"] = self.ready
        pod(deployment)["nodeSelector"] = {ZONE: "a"}
        pod(deployment)["tolerations"].append(CONTROL_PLANE)


class SmallMachines(Defect):
    """What the lab has all the time and waives: its machines are smaller than is advised."""

    name = "small-machines"
    item = "node-sizes"
    evidence = r"^\S+ \(\w[\w ]+\) has .*[\d.]+ GiB of memory of \d"

    def plant(self, bench: Bench) -> None:
        unwaive(bench, self.item)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()
