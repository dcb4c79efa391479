"""What a report's head says of the versions, without listing anything twice."""

from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from chaos.cluster import facts as f
from chaos.cluster.cluster import Cluster
from chaos.cluster.recorded import save
from chaos.cluster.versions import version_of, versions_within
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


def test_one_question_tells_whether_there_is_an_api() -> None:
    kube = Kube()
    assert version_of(cluster(kube, None)) == {"kubernetes": "v1.36.2"}
    assert kube.asked == ["/version"]


def test_an_etcd_that_cannot_be_asked() -> None:
    def refuse() -> None:
        raise HoldfastError("Nobody answers.")

    assert versions_within(cluster(Kube(), refuse))["etcd"] == "not known: Nobody answers"
    unread = replace(good(), etcd=f.NotAvailable("nobody answers"))
    assert versions_within(unread)["etcd"] == "not known: nobody answers"


def test_nodes_that_differ_are_all_told() -> None:
    found = versions_within(cluster(Kube(), lambda: members(3)))
    assert found == {
        "etcd": members(3).statuses[0].version,
        "kubelet": "v1.35.0, v1.36.2",
        "runtime": "",
        "kernel": "6.18",
        "system": "Debian",
    }


def test_facts_tell_it_too() -> None:
    found = versions_within(of(runtime="containerd://2.3.7", kernel="6.18"))
    assert found["etcd"] == known(good().etcd).statuses[0].version
    assert (found["kubelet"], found["runtime"]) == ("v1.36.2", "containerd://2.3.7")
    unread = replace(good(), nodes=f.NotAvailable("nobody looked"))
    assert list(versions_within(unread)) == ["etcd"]


def test_a_run_takes_them_from_its_facts_if_it_has_some(tmp_path: Path) -> None:
    assert gate._found(tmp_path) == {}
    (tmp_path / FACTS).write_text("{")
    assert gate._found(tmp_path) == {}
    save(of(system="Debian"), tmp_path / FACTS)
    assert gate._found(tmp_path)["system"] == "Debian"
