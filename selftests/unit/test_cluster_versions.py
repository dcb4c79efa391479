"""What a report's head says of the versions, without listing anything twice."""

from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from chaos.cluster import facts as f
from chaos.cluster.cluster import Cluster
from chaos.cluster.recorded import save
from chaos.cluster.versions import versions_of, versions_on_nodes
from chaos.errors import HoldfastError
from fixtures import gate
from fixtures.facts import FACTS
from selftests.unit.conformance_parts import members
from selftests.unit.conformance_support import good, known


def node(**info: str) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, "status": {"nodeInfo": info}}


class Kube:
    """An API with two nodes; what was asked of it is kept."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        return {"gitVersion": "v1.36.2"}

    def list(self, path: str) -> Any:
        self.asked.append(path)
        first = node(kubeletVersion="v1.36.2", kernelVersion="6.18", osImage="Debian")
        second = node(kubeletVersion="v1.35.0", kernelVersion="6.18", osImage="Debian")
        return types.SimpleNamespace(items=(first, second))


def cluster(kube: Kube, etcd_facts: Any) -> Cluster:
    return cast(Cluster, types.SimpleNamespace(kube=kube, etcd_facts=etcd_facts))


def of(**fields: Any) -> f.Facts:
    """Facts whose nodes have these."""
    nodes = [
        replace(one, kubernetes=replace(one.kubernetes, **fields)) if one.kubernetes else one
        for one in known(good().nodes)
    ]
    return replace(good(), nodes=tuple(nodes))


def test_the_control_plane_s_own_without_a_list() -> None:
    kube = Kube()
    found = versions_of(cluster(kube, lambda: members(3)))
    assert found == {"kubernetes": "v1.36.2", "etcd": members(3).statuses[0].version}
    assert kube.asked == ["/version"]


def test_an_etcd_that_cannot_be_asked() -> None:
    def refuse() -> None:
        raise HoldfastError("Nobody answers.")

    found = versions_of(cluster(Kube(), refuse))
    assert found["etcd"] == "not known: Nobody answers"


def test_nodes_that_differ_are_all_told() -> None:
    found = versions_on_nodes(cluster(Kube(), None))
    assert found == {
        "kubelet": "v1.35.0, v1.36.2",
        "runtime": "",
        "kernel": "6.18",
        "system": "Debian",
    }


def test_facts_tell_it_too() -> None:
    found = versions_on_nodes(of(runtime="containerd://2.3.7", kernel="6.18"))
    assert (found["kubelet"], found["runtime"]) == ("v1.36.2", "containerd://2.3.7")
    unread = replace(good(), nodes=f.NotAvailable("nobody looked"))
    assert versions_on_nodes(unread) == {}


def test_a_run_takes_them_from_its_facts_if_it_has_some(tmp_path: Path) -> None:
    assert gate._on_nodes(tmp_path) == {}
    (tmp_path / FACTS).write_text("{")
    assert gate._on_nodes(tmp_path) == {}
    save(of(system="Debian"), tmp_path / FACTS)
    assert gate._on_nodes(tmp_path)["system"] == "Debian"
