"""What must hold before anything begins: asked at the start, and again by the run itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chaos.cluster.cluster import Cluster
from chaos.faults import Scene, TargetNode, registry
from chaos.run import ask_first
from chaos.safety.entry import Entry
from chaos.safety.errors import Denied, Refused, Unhealed
from chaos.safety.fence import Fence
from chaos.safety.journal import Journal, state_folder
from chaos.safety.lease import Body
from chaos.safety.lock import RunLock
from fixtures import gate
from selftests.fakes.node import ADDRESS, FakeNode
from selftests.unit.test_safety_lease import Clock, FakeLeases, lease

UID = "0a1b"
TARGET = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return state_folder(UID)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNode]:
    fake = FakeNode("cp-1", tmp_path / "cp-1")
    monkeypatch.setattr("chaos.run.find", lambda journal, nodes: _find(journal, nodes, fake))
    yield fake
    fake.power_off()


def _find(journal: Journal, nodes: dict[str, FakeNode], fake: FakeNode) -> Any:
    from chaos.safety.leftovers import find

    return find(journal, nodes, run=fake.run_folder)


def cluster(node: FakeNode, *, environment: str = "lab", uid: str = UID) -> Cluster:
    part = SimpleNamespace(environment=environment, uid=UID)
    inventory = SimpleNamespace(cluster=part)
    parts = {"inventory": inventory, "nodes": (node,), "uid": lambda: uid, "kube": None}
    return cast("Cluster", SimpleNamespace(**parts))


@pytest.fixture(autouse=True)
def leases(monkeypatch: pytest.MonkeyPatch) -> FakeLeases:
    """The cluster's Lease."""
    api = FakeLeases()
    monkeypatch.setattr("chaos.run.ClusterLease", lambda _kube: api)
    return api


def test_a_clean_cluster_is_fine_and_nothing_is_held(
    node: FakeNode, state: Path, leases: FakeLeases
) -> None:
    ask_first(cluster(node), environ={})
    with RunLock(state):
        pass
    assert leases.holder == ""


class Renewed(FakeLeases):
    """Somebody writes it whenever it was read."""

    def read(self) -> Body | None:
        seen = super().read()
        if self.body:
            self._write(self.body)
        return seen


def test_a_run_on_another_host_refuses_before_anything_begins(
    node: FakeNode, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Renewed()
    lease(api, "elsewhere/7", Clock()).acquire()
    monkeypatch.setattr("chaos.run.ClusterLease", lambda _kube: api)
    with pytest.raises(Refused, match="under way: elsewhere/7") as refused:
        ask_first(cluster(node), environ={})
    assert refused.value.exit_code == 3
    assert api.holder == "elsewhere/7"


def test_a_folder_on_a_node_refuses_with_code_4(node: FakeNode, state: Path) -> None:
    action = registry()["kubelet-stop"].action(TARGET, Scene(targets=(TARGET,)), "kill")
    Fence(node, "kubelet-stop-1", run=node.run_folder).deploy(action, {})
    with pytest.raises(Unhealed, match="cp-1: kubelet-stop-1") as refused:
        ask_first(cluster(node), environ={})
    assert refused.value.exit_code == 4


def test_an_entry_of_the_journal_refuses_with_code_4(node: FakeNode, state: Path) -> None:
    entry = Entry(
        generation="etcd-stop-1",
        cluster_uid=UID,
        fault="etcd-stop",
        variant="kill",
        created="2026-01-01T00:00:00.000+00:00",
        runner={"host": "h", "pid": "1"},
        ttl=30.0,
    )
    Journal(state).write(entry)
    with pytest.raises(Unhealed, match="journal: etcd-stop-1"):
        ask_first(cluster(node), environ={})


def test_a_run_here_refuses_though_it_has_something_armed(node: FakeNode, state: Path) -> None:
    with RunLock(state), pytest.raises(Refused, match="under way here") as refused:
        ask_first(cluster(node), environ={})
    assert refused.value.exit_code == 3


def test_production_and_another_cluster_are_denied(node: FakeNode, state: Path) -> None:
    with pytest.raises(Denied):
        ask_first(cluster(node, environment="production"), environ={})
    with pytest.raises(Denied):
        ask_first(cluster(node, uid="another"), environ={})


@pytest.mark.parametrize("profile", ["gate", "resilience"])
def test_the_command_asks_before_it_begins(
    profile: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(_cluster: Cluster, *, confirmed: bool) -> None:
        assert confirmed
        raise Unhealed("An earlier run left something: cp-1: one.")

    monkeypatch.setattr(gate, "load_known", lambda _file: None)
    monkeypatch.setattr(gate, "Cluster", lambda _inventory: None)
    monkeypatch.setattr(gate, "ask_first", refuse)
    monkeypatch.setattr("fixtures.gate.RunFolder.create", lambda: pytest.fail("it had begun"))
    with pytest.raises(Unhealed, match="cp-1: one"):
        gate.run(gate.Asked(inventory=tmp_path / "x.yaml", profile=profile, confirmed=True))
