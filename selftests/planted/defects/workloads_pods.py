"""A critical workload that somebody adds, and what its Pods lack."""

from __future__ import annotations

from selftests.planted.bench import Bench
from selftests.planted.defects.workloads_parts import (
    Object,
    Workload,
    container,
    cordon_all_but,
    pod,
    uncordon,
)

IMAGE = "holdfast.test/planted:1"
HAVE = ("worker-1", "worker-2")
_CTR = "ctr --namespace k8s.io images"


class StaysOnDeadNode(Workload):
    """Its Pods bear for a quarter of an hour that their node is unreachable."""

    name = "stays-on-dead-node"
    item = "workloads-failover-time"
    evidence = r"^a Pod of Deployment shop/planted is away for \d+ s \(.* toleration 15 min,"

    def change(self, deployment: Object) -> None:
        for toleration in pod(deployment)["tolerations"]:
            toleration["tolerationSeconds"] = 900


class AsksForNoProcessor(Workload):
    """It asks for memory alone: it is put where the others already use all of the processors."""

    name = "asks-for-no-processor"
    item = "workloads-requests"
    evidence = r"^Deployment shop/planted: planted asks for no cpu"

    def change(self, deployment: Object) -> None:
        del container(deployment)["resources"]["requests"]["cpu"]


class NoLimit(Workload):
    """It may take all memory of its node, and a leak does."""

    name = "no-limit"
    item = "workloads-limits"
    evidence = r"^Deployment shop/planted: planted has no limit of memory"

    def change(self, deployment: Object) -> None:
        del container(deployment)["resources"]["limits"]


class NobodyAsksWhetherItLives(Workload):
    """It says when it is ready, and nobody asks whether it lives: what hangs stays."""

    name = "nobody-asks-whether-it-lives"
    item = "workloads-probes"
    evidence = r"^Deployment shop/planted: planted has no liveness probe"

    def change(self, deployment: Object) -> None:
        del container(deployment)["livenessProbe"]


class NoPriority(Workload):
    """It has no PriorityClass: when places are few it waits with all others."""

    name = "no-priority"
    item = "workloads-priority"
    evidence = r"^Deployment shop/planted has priority 0 \(no class\)"

    def change(self, deployment: Object) -> None:
        del pod(deployment)["priorityClassName"]


class ImageOnTwoNodes(Workload):
    """Its image was carried to two workers by hand, and is never pulled: the third cannot run it.

    It runs, for it was placed while the third worker was cordoned.
    """

    name = "image-on-two-nodes"
    item = "workloads-images"
    # A node tells of a new image up to half a minute later.
    evidence = r"^holdfast\.test/planted:1 of .* is not on .*worker-3, and is never pulled"

    def change(self, deployment: Object) -> None:
        container(deployment).update(image=IMAGE, imagePullPolicy="Never")

    def plant(self, bench: Bench) -> None:
        same = bench.fleet.plan.spec.release.images["agnhost"]
        for worker in HAVE:
            bench.on(worker, f"{_CTR} tag --force {same} {IMAGE}")
        cordon_all_but(bench, *HAVE)
        super().plant(bench)
        uncordon(bench)

    def mend(self, bench: Bench) -> None:
        uncordon(bench)
        super().mend(bench)
        for worker in HAVE:
            bench.on(worker, f"{_CTR} rm {IMAGE} 2>/dev/null || true")


class FolderOfTheNode(Workload):
    """It keeps its data in a folder of its node: elsewhere it begins with nothing."""

    name = "folder-of-the-node"
    item = "workloads-storage"
    evidence = r"^Deployment shop/planted: /var/tmp is a folder of its node \(hostPath\)"

    def change(self, deployment: Object) -> None:
        pod(deployment)["volumes"] = [{"name": "data", "hostPath": {"path": "/var/tmp"}}]
        container(deployment)["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
