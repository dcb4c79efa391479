"""A cluster: its machines by role and zone, its API, who holds the address."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import InventoryError, Role
from chaos.cluster.kubeconfig import KubeconfigError
from chaos.cluster.node import Node
from chaos.cluster.unreachable import NodeUnreachable, Reason
from chaos.errors import HoldfastError
from selftests.unit import cluster_support as support
from selftests.unit.cluster_support import INVENTORY, inventory_of
from selftests.unit.test_cluster_kubeconfig import content


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(inventory_of(tmp_path))


def names(nodes: Iterable[Node]) -> list[str]:
    return [node.name for node in nodes]


def test_machines_by_role_and_zone(cluster: Cluster) -> None:
    assert names(cluster.with_role(Role.CONTROL_PLANE)) == ["cp-1", "cp-2", "cp-3"]
    assert names(cluster.with_role(Role.WORKER, Role.LOAD_BALANCER)) == [
        "worker-1",
        "lb-1",
        "lb-2",
    ]
    assert names(cluster.in_zone("b")) == ["cp-2", "lb-2"]
    assert cluster.node("cp-2").zone == "b"
    assert cluster.node("cp-2").run("echo hello").out == "hello\n"
    with pytest.raises(InventoryError, match='there is no node "cp-9"'):
        cluster.node("cp-9")


def test_etcd_is_asked_where_it_runs(tmp_path: Path) -> None:
    assert names(Cluster(inventory_of(tmp_path)).etcd_nodes) == ["cp-1", "cp-2", "cp-3"]
    away = INVENTORY.replace(", etcd]", "]").replace(
        "{topology: stacked}",
        "{topology: external, endpoints: ['https://e:2379'], pki: {ca: a, certificate: b, key: c}}",
    )
    cluster = Cluster(inventory_of(tmp_path, away))
    assert names(cluster.etcd_nodes) == ["cp-1", "cp-2", "cp-3"]
    assert cluster.etcd.part.endpoints == ("https://e:2379",)


def test_without_etcd_in_the_inventory(tmp_path: Path) -> None:
    text = INVENTORY.replace(", etcd]", "]").replace("etcd: {topology: stacked}", "")
    with pytest.raises(HoldfastError, match="The inventory says nothing of etcd"):
        Cluster(inventory_of(tmp_path, text)).etcd_facts()


def test_the_api_as_plain_data(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="There is no kubeconfig"):
        cluster.api()
    what = content()
    what["clusters"][0]["cluster"]["tls-server-name"] = "api.test"
    YAML().dump(what, tmp_path / "kubeconfig")
    assert cluster.api().server == "https://198.51.100.100:6443"
    one = cluster.apiserver("cp-2")
    assert (one.host, one.port, one.server_name) == ("198.51.100.22", 6443, None)
    assert one.key == cluster.api().key


def test_the_context_of_the_inventory_is_used(tmp_path: Path) -> None:
    text = INVENTORY.replace("kubeconfig: kubeconfig", "kubeconfig: kubeconfig\n  context: other")
    YAML().dump(content(), tmp_path / "kubeconfig")
    with pytest.raises(KubeconfigError, match='has no cluster "nowhere"'):
        Cluster(inventory_of(tmp_path, text)).api()


def test_which_cluster_it_really_is(cluster: Cluster, tmp_path: Path) -> None:
    found = {"metadata": {"uid": "9-9"}}
    with support.api(lambda *_: (200, found), pair=support.served(), folder=tmp_path) as port:
        what = content()
        what["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        YAML().dump(what, tmp_path / "kubeconfig")
        assert cluster.uid() == "9-9"
        assert cluster.kube is cluster.kube


ADDRESS = "2: eth0    inet 198.51.100.100/24 scope global eth0"
OTHER = "2: eth0    inet 198.51.100.10/24 scope global eth0"


def shown(cluster: Cluster, **by_name: str | None) -> Cluster:
    """The same cluster, whose machines show these addresses; None: they cannot be reached."""

    def node_of(name: str, text: str | None) -> Node:
        def answer(_: str) -> tuple[int, str, str]:
            if text is None:
                raise NodeUnreachable(name, name, Reason.TIMED_OUT)
            return 0, text, ""

        part = cluster.inventory.node(name)
        return support.fake_node(name, answer, *part.roles)

    named = {k.replace("_", "-"): v for k, v in by_name.items()}
    cluster.nodes = tuple(node_of(n.name, named.get(n.name, OTHER)) for n in cluster.nodes)
    return cluster


def test_who_holds_the_address(cluster: Cluster) -> None:
    assert names(shown(cluster, lb_2=ADDRESS).holders()) == ["lb-2"]


def test_nobody_and_two_hold_it(cluster: Cluster) -> None:
    assert shown(cluster).holders() == ()
    assert names(shown(cluster, lb_1=ADDRESS, lb_2=ADDRESS).holders()) == ["lb-1", "lb-2"]


def test_one_that_is_silent_may_hold_it_and_is_not_counted(cluster: Cluster) -> None:
    assert names(shown(cluster, lb_1=None, lb_2=ADDRESS).holders()) == ["lb-2"]
    with pytest.raises(NodeUnreachable):
        shown(cluster, lb_1=None, lb_2=None).holders()


def test_without_balancers_a_control_plane_may_hold_it(tmp_path: Path) -> None:
    cluster = Cluster(inventory_of(tmp_path, INVENTORY.replace("load-balancer", "worker")))
    assert names(shown(cluster, cp_3=ADDRESS).holders()) == ["cp-3"]


def test_an_address_that_changes_is_held_by_nobody(tmp_path: Path) -> None:
    text = INVENTORY.replace("  address: 198.51.100.100\n", "")
    with pytest.raises(HoldfastError, match="The endpoint has no fixed address"):
        Cluster(inventory_of(tmp_path, text)).holders()
