"""When a cluster is well, and what is said of one that is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import cluster
from lab.api import Api
from lab.cluster import Cluster, each
from lab.errors import LabError
from lab.home import Home
from lab.machines import Fleet, Layers
from lab.plan import Machine, plan
from lab.spec import Spec
from selftests.unit.support import QUIET

LAB = plan(Spec(control_planes=1, workers=1, subnet=0))
NODES = ("cp-1", "worker-1")


class Kubernetes:
    """A cluster that is well, until a test changes something."""

    def __init__(self) -> None:
        self.ready = dict.fromkeys(NODES, "True")
        self.serving = set(NODES)
        self.tainted: set[str] = set()
        self.requests: list[dict[str, Any]] = []
        self.approved: list[str] = []
        self.deployment: dict[str, Any] = {
            "metadata": {"namespace": "shop", "name": "web", "generation": 2},
            "spec": {"replicas": 3},
            "status": {"observedGeneration": 2, "availableReplicas": 3, "updatedReplicas": 3},
        }
        self.daemon_set: dict[str, Any] = {
            "metadata": {"namespace": "kube-system", "name": "kube-proxy", "generation": 1},
            "status": {"observedGeneration": 1, "numberReady": 2, "desiredNumberScheduled": 2},
        }

    def items(self, path: str) -> list[dict[str, Any]]:
        """In place of `Api.items`."""
        conditions = {
            name: [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": ready}]
            for name, ready in self.ready.items()
        }
        nodes = [
            {
                "metadata": {"name": name},
                "spec": {"taints": [{"key": cluster.NOT_READY}] if name in self.tainted else None},
                "status": {"conditions": told},
            }
            for name, told in conditions.items()
        ]
        kinds: dict[str, list[dict[str, Any]]] = {
            "nodes": nodes,
            "certificatesigningrequests": self.requests,
            "deployments": [copy.deepcopy(self.deployment)],
            "daemonsets": [copy.deepcopy(self.daemon_set)],
        }
        return kinds[path.rpartition("/")[2]]

    def get(self, path: str) -> str:
        """In place of `Api.get`."""
        if path.split("/")[4] not in self.serving:
            raise LabError(f"The API answers 500 for {path}: tls: internal error")
        return "ok"

    def kubectl(self, *words: str) -> str:
        assert words[:2] == ("certificate", "approve")
        self.approved += words[2:]
        return ""


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> Kubernetes:
    one = Kubernetes()

    def once(condition: Callable[[], object], what: str, **_: float) -> None:
        if not condition():
            raise LabError(f"Not in time: {what}.")

    monkeypatch.setattr(Api, "of", lambda _: one)
    monkeypatch.setattr(Cluster, "kubectl", property(lambda _: one.kubectl))
    monkeypatch.setattr(cluster, "until", once)
    return one


def look() -> None:
    here = Path("/lab")
    Cluster(Fleet(Home(here), LAB, Layers(here, here, here)), QUIET).wait_well()


def test_a_cluster_that_is_well_is_not_waited_for(kubernetes: Kubernetes) -> None:
    look()


def test_a_ready_node_that_still_keeps_pods_away_is_waited_for(kubernetes: Kubernetes) -> None:
    kubernetes.tainted = {"worker-1"}
    with pytest.raises(LabError, match=r"Not Ready: worker-1\."):
        look()


@pytest.mark.parametrize("ready", ["False", "Unknown"])
def test_a_node_that_is_not_ready_is_named(kubernetes: Kubernetes, ready: str) -> None:
    kubernetes.ready["worker-1"] = ready
    with pytest.raises(LabError, match=r"Not Ready: worker-1\."):
        look()


def test_a_node_that_never_registered_is_named(kubernetes: Kubernetes) -> None:
    del kubernetes.ready["cp-1"]
    with pytest.raises(LabError, match=r"Not Ready: cp-1\."):
        look()


def test_a_node_whose_kubelet_has_no_certificate_to_serve_with_is_named(
    kubernetes: Kubernetes,
) -> None:
    kubernetes.serving.remove("worker-1")
    with pytest.raises(LabError, match="worker-1"):
        look()


def test_only_what_kubelets_ask_to_serve_with_is_approved_and_only_once(
    kubernetes: Kubernetes,
) -> None:
    serving, client = "kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client"
    kubernetes.requests = [
        {"metadata": {"name": "new"}, "spec": {"signerName": serving}, "status": {}},
        {"metadata": {"name": "client"}, "spec": {"signerName": client}, "status": {}},
        {
            "metadata": {"name": "old"},
            "spec": {"signerName": serving},
            "status": {"conditions": [{"type": "Approved"}]},
        },
    ]
    look()
    assert kubernetes.approved == ["new"]


@pytest.mark.parametrize(
    "short", [{"availableReplicas": 2}, {"updatedReplicas": 2}, {"observedGeneration": 1}]
)
def test_a_deployment_short_of_replicas_of_its_last_shape_is_named(
    kubernetes: Kubernetes, short: dict[str, int]
) -> None:
    kubernetes.deployment["status"] |= short
    with pytest.raises(LabError, match=r"Without all their replicas: shop/web\."):
        look()


def test_a_deployment_that_nobody_has_looked_at_yet_is_named(kubernetes: Kubernetes) -> None:
    kubernetes.deployment["status"] = {}
    with pytest.raises(LabError, match="shop/web"):
        look()


@pytest.mark.parametrize("short", [{"numberReady": 1}, {"observedGeneration": 0}])
def test_a_daemon_set_that_is_not_on_every_node_is_named(
    kubernetes: Kubernetes, short: dict[str, int]
) -> None:
    kubernetes.daemon_set["status"] |= short
    with pytest.raises(LabError, match=r"Without all their replicas: kube-system/kube-proxy\."):
        look()


def test_what_is_done_to_each_is_done_to_all_though_one_fails() -> None:
    done: list[str] = []

    def do(machine: Machine) -> None:
        done.append(machine.name)
        if machine.name == "cp-1":
            raise LabError("cp-1 is odd.")

    with pytest.raises(LabError, match=r"cp-1 is odd\."):
        each(LAB.machines, do)
    assert sorted(done) == sorted(m.name for m in LAB.machines)
