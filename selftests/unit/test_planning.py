"""What an order means on a cluster: whether it can be tried, what it may cost, who says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos import experiment, limits
from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import Inventory
from chaos.cluster.target import Chosen, Target
from chaos.coverage import not_covered
from chaos.experiment import Experiment
from chaos.faults import registry
from chaos.measure.probe import ProbeSpec
from chaos.measure.verdict import Verdict
from chaos.planning import Order, planned_of, scene_of
from selftests.unit.cluster_support import INVENTORY, inventory_of

ALLOWED = "chaos: {allowed: [all]}\n"
READS = ProbeSpec("api-read-new", "api-read-new", "endpoint", "x:y", 20.0)
BUDGET = "budgets: {kubelet-stop: {probes: {any: {longest_outage: 700ms}}}}\n"
TODAY = datetime.now(UTC).date()


def cluster_with(folder: Path, more: str = ALLOWED) -> Cluster:
    return Cluster(inventory_of(folder, INVENTORY + more))


def order(fault: str = "kubelet-stop", target: str = "one control plane") -> Order:
    name = f"{fault}-kill"
    return Order(
        name=name, fault=registry()[fault], variant="kill", target=Target.parse(target), seed=1
    )


def without(inventory: Inventory, *names: str) -> Inventory:
    """The same with nodes left out."""
    left = tuple(node for node in inventory.nodes if node.name not in names)
    return inventory.model_copy(update={"nodes": left})


def test_what_a_cluster_lacks_for_a_fault(tmp_path: Path) -> None:
    inventory = cluster_with(tmp_path).inventory
    for fault in registry().values():
        assert not_covered(fault, inventory) == ""
    one = without(inventory, "cp-2", "cp-3", "lb-2")
    assert not_covered(registry()["kubelet-stop"], one) == ""
    told = not_covered(registry()["etcd-stop"], one)
    assert told == "3 control planes are needed and there is 1"
    assert "2 balancers are needed and there is 1" in not_covered(registry()["balancer-kill"], one)
    assert "3 zones are needed" in not_covered(registry()["zone-partition"], one)


def test_what_is_not_allowed_is_not_covered(tmp_path: Path) -> None:
    inventory = cluster_with(tmp_path, "chaos: {allowed: [etcd-stop]}\n").inventory
    assert not_covered(registry()["etcd-stop"], inventory) == ""
    told = not_covered(registry()["kubelet-stop"], inventory)
    assert told == "the inventory does not allow kubelet-stop (chaos.allowed)"


def test_what_was_not_tried_is_told_from_its_timeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it was tried")

    monkeypatch.setattr(experiment, "Sampling", never)
    cluster = cluster_with(tmp_path, "")
    result = Experiment(cluster, order(), tmp_path / "run", tmp_path / "state", "uid").run()
    assert result.verdict is Verdict.NOT_COVERED
    assert result.reason == "the inventory does not allow kubelet-stop (chaos.allowed)"
    assert (result.name, result.probes, result.counts) == ("kubelet-stop-kill", (), True)


@pytest.mark.parametrize(
    ("more", "fault", "limit", "who"),
    [
        (BUDGET, "kubelet-stop", 0.7, "inventory"),
        ("", "kubelet-stop", 2.0, "fault"),
        (BUDGET, "etcd-stop", 30.0, "sources"),
    ],
)
def test_a_budget_is_the_inventorys_then_the_faults_then_the_sources(
    more: str, fault: str, limit: float, who: str, tmp_path: Path
) -> None:
    inventory = cluster_with(tmp_path, more).inventory
    figures, origin = limits.budgets(inventory, registry()[fault], [READS])
    assert (figures["api-read-new"]["longest_outage"], origin) == (limit, {"api-read-new": who})
    assert figures["api-read-new"]["recover"] == (5.0 if fault == "kubelet-stop" else 30.0)


@pytest.mark.parametrize("name", ["kubelet-stop", "kubelet-stop-kill"])
def test_a_waiver_of_an_experiment_holds_until_its_day(name: str, tmp_path: Path) -> None:
    def waivers(until: object) -> tuple[str, str]:
        entry = f"{{id: {name}, reason: no shell, owner: platform, expires: {until}}}"
        inventory = cluster_with(tmp_path, f"waivers: [{entry}]\n").inventory
        planned = planned_of(order(), inventory, ())
        return planned.waiver, planned.expired

    assert waivers(TODAY) == (f"no shell, platform, until {TODAY}", "")
    over = TODAY - timedelta(days=1)
    assert waivers(over) == ("", f"no shell, platform, until {over}")


def test_an_expired_waiver_fails_though_nothing_was_tried(tmp_path: Path) -> None:
    entry = "{id: kubelet-stop, reason: no shell, owner: platform, expires: 2020-01-31}"
    cluster = cluster_with(tmp_path, f"waivers: [{entry}]\n")
    result = Experiment(cluster, order(), tmp_path / "run", tmp_path / "state", "uid").run()
    assert result.verdict is Verdict.FAIL
    assert result.reason.startswith("its waiver has expired (no shell, platform, until 2020-01-31)")


def test_a_scene_has_the_targets_own_pod_networks(tmp_path: Path) -> None:
    cluster = cluster_with(tmp_path)
    nodes = [
        {"metadata": {"name": "cp-1"}, "spec": {"podCIDRs": ["10.1.0.0/24", "fd00::/64"]}},
        {"metadata": {"name": "cp-2"}, "spec": {"podCIDRs": ["10.2.0.0/24"]}},
        {"metadata": {"name": "worker-1"}, "spec": {}},
    ]

    class Kube:
        def list(self, path: str) -> Any:
            assert path == "/api/v1/nodes"
            return type("Listed", (), {"items": nodes})

    vars(cluster)["kube"] = Kube()
    who = Chosen(Target.parse("one control plane"), ("cp-1", "worker-1"), "as named", 1)
    scene = scene_of(cluster, who)
    assert scene.pods == ("10.1.0.0/24", "fd00::/64")
    assert [target.name for target in scene.targets] == ["cp-1", "worker-1"]
