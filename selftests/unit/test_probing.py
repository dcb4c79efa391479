"""Which probes are chosen for a cluster, and what is left out and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaos import probing
from chaos.cluster.access import ApiAccess as ServerAccess
from chaos.cluster.cluster import Cluster
from chaos.errors import HoldfastError
from chaos.measure.probe import ProbeSpec
from chaos.probes import finding, namespace, reaching
from chaos.probes.finding import ClusterDns, Image, NodePort
from selftests.unit.cluster_support import INVENTORY, inventory_of

MORE = """\
load_balancers: {kind: haproxy}
probes:
  http: [{name: shop, url: "http://shop.test/", timeout: 0.5s}]
"""
WITH_RESOLVERS = INVENTORY.replace(
    "  address: 198.51.100.100\n",
    "  address: 198.51.100.100\n  resolvers: [198.51.100.11, 198.51.100.12]\n",
)


@pytest.fixture
def usable(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A cluster that has everything; its kubeconfig and its shells are not looked at."""
    access = ServerAccess(server="https://198.51.100.100:6443", ca="no PEM", token="t")
    monkeypatch.setattr(Cluster, "api", lambda self: access)
    monkeypatch.setattr(namespace, "set_up", lambda cluster: None)
    monkeypatch.setattr(finding, "canary_image", lambda kube: Image("pause:1"))
    port = NodePort("shop", "web", 30080, True)
    monkeypatch.setattr(finding, "node_port", lambda kube, critical: port)
    dns = ClusterDns("198.19.0.10", "cluster.local", "k8s-app=kube-dns")
    monkeypatch.setattr(finding, "cluster_dns", lambda kube: dns)
    monkeypatch.setattr(finding, "nodes_with", lambda kube, label: {"cp-1", "cp-2", "worker-1"})
    monkeypatch.setattr(reaching, "trouble", lambda node, script: "")
    return monkeypatch


def chosen(folder: Path, text: str) -> tuple[dict[str, ProbeSpec], dict[str, str]]:
    cluster = Cluster(inventory_of(folder, text))
    specs, left_out = probing.probes_for(cluster, prepare=True)
    assert len({spec.name for spec in specs}) == len(specs)
    return {spec.name: spec for spec in specs}, dict(left_out)


def test_a_cluster_that_has_all_is_asked_all(tmp_path: Path, usable: pytest.MonkeyPatch) -> None:
    specs, left_out = chosen(tmp_path, WITH_RESOLVERS + MORE)
    assert left_out == {}
    cps, lbs = ("cp-1", "cp-2", "cp-3"), ("lb-1", "lb-2")
    assert set(specs) == {
        *("api-read-new", "api-read-reused", "api-read-http2", "api-write"),
        *("watch-stream@watch", "node-conditions@watch", "leader-leases@watch"),
        "scheduling-canary@scheduler",
        *(f"api-read-new@{node}" for node in cps),
        *(f"{kind}@{node}" for kind in ("etcd-member", "leader-acting") for node in cps),
        *(f"{kind}@{node}" for kind in ("balancer-view", "vip-holder") for node in lbs),
        *("api-name@198.51.100.11", "api-name@198.51.100.12"),
        *(f"service-node-port@{node}" for node in (*cps, "worker-1")),
        "cluster-dns@worker-1",
        *("pod-network@cp-1", "pod-network@cp-2"),  # one a zone
        "user-http@shop",
    }
    assert {spec.rate for spec in specs.values() if spec.path == "endpoint"} == {20.0}
    assert {specs[kind].options["url"] for kind in probing.READS} == {probing.OBJECT}
    assert specs["user-http@shop"].timeout == 0.5
    assert specs["leader-leases@watch"].options["read_idle"] == 3
    for name in ("api-write", "watch-stream@watch", "scheduling-canary@scheduler"):
        assert specs[name].options["access"]["namespace"] == "holdfast"


def test_what_cannot_be_asked_is_left_out_with_the_reason(
    tmp_path: Path, usable: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise HoldfastError("It is not there.", "Put it there.")

    usable.setattr(namespace, "set_up", fails)
    usable.setattr(finding, "node_port", fails)
    usable.setattr(finding, "cluster_dns", fails)
    usable.setattr(reaching, "trouble", lambda node, script: "no ip" if node.name == "lb-2" else "")
    text = INVENTORY.replace("etcd: {topology: stacked}\n", "").replace(", etcd]", "]")
    specs, left_out = chosen(tmp_path, text)
    assert {name for name in specs if "@cp" not in name} == {
        *("api-read-new", "api-read-reused", "api-read-http2"),
        *("node-conditions@watch", "leader-leases@watch", "vip-holder@lb-1"),
    }
    missing = dict.fromkeys(
        ("api-write", "watch-stream", "scheduling-canary", "service-node-port"), "It is not there."
    )
    missing |= dict.fromkeys(("cluster-dns", "pod-network"), "It is not there.")
    assert left_out == missing | {
        "etcd-member": "The inventory says nothing of etcd.",
        "balancer-view": "The inventory has no load_balancers whose statistics are known.",
        "api-name": "The inventory names no resolvers of the endpoint's name.",
        "vip-holder@lb-2": "no ip",
    }


def test_a_large_cluster_is_not_asked_more_than_a_small_one(
    tmp_path: Path, usable: pytest.MonkeyPatch
) -> None:
    many = "".join(
        f'  - {{name: w-{n}, roles: [worker], address: 198.51.101.{n}, url: "local://"}}\n'
        for n in range(1, 41)
    )
    specs, left_out = chosen(tmp_path, INVENTORY.replace("etcd: {", f"{many}etcd: {{"))
    ports = [spec for name, spec in specs.items() if name.startswith("service-node-port")]
    assert len(ports) == 30
    assert sum(spec.rate for spec in ports) == pytest.approx(30)
    assert len([name for name in left_out if name.startswith("service-node-port@")]) == 14
    assert len([name for name in specs if name.startswith("cluster-dns@")]) == 3


def test_choosing_changes_nothing_unless_it_is_to_prepare(
    tmp_path: Path, usable: pytest.MonkeyPatch
) -> None:
    made: list[Cluster] = []
    usable.setattr(namespace, "set_up", made.append)
    cluster = Cluster(inventory_of(tmp_path, INVENTORY))
    names = [spec.name for spec in probing.probes_of(cluster)]
    assert made == []
    assert [spec.name for spec in probing.probes_for(cluster, prepare=True)[0]] == names
    assert made == [cluster]
