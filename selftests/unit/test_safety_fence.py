"""The fence on a node: one lock, a dead man first, a tombstone last."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.faults import Scene, TargetNode, registry
from chaos.safety.errors import NodeRefused
from chaos.safety.fence import Fence
from chaos.safety.plan import NodeAction
from selftests.fakes.node import ADDRESS, FakeNode

TTL = timedelta(seconds=30)
TARGET = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FakeNode]:
    fake = FakeNode("cp-1", tmp_path / "cp-1")
    yield fake
    fake.power_off()


@pytest.fixture
def action() -> NodeAction:
    scene = Scene(targets=(TARGET,))
    return registry()["kubelet-stop"].action(TARGET, scene, "kill")


@pytest.fixture
def fence(node: FakeNode, action: NodeAction) -> Fence:
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(action, {"version": 1})
    return fence


def kubelet(node: FakeNode) -> str:
    return node.sh("systemctl show --property=ActiveState --value kubelet.service").out.strip()


def test_nothing_is_injected_without_a_dead_man(fence: Fence, node: FakeNode) -> None:
    with pytest.raises(NodeRefused, match="cp-1: the dead man is not armed"):
        fence.inject()
    assert kubelet(node) == "active"


def test_arming_tells_what_is_left_and_keeps_what_was_before(fence: Fence) -> None:
    assert timedelta(seconds=29) < fence.arm(TTL) <= TTL
    assert "ActiveState=active" in fence.before()


def test_nothing_is_injected_with_less_than_ten_seconds_left(fence: Fence, node: FakeNode) -> None:
    fence.arm(timedelta(seconds=9))
    with pytest.raises(NodeRefused, match=r"the dead man comes in [0-9]+ hundredths"):
        fence.inject()
    assert kubelet(node) == "active"


def test_a_dead_man_that_systemd_does_not_show_is_none(fence: Fence, node: FakeNode) -> None:
    fence.arm(TTL)
    node.sh("rm $STATE/units/holdfast-deadman.timer/next")
    with pytest.raises(NodeRefused, match="not armed"):
        fence.inject()


@pytest.mark.parametrize("sub", ["running", "elapsed"])
def test_a_dead_man_at_work_or_gone_is_none(fence: Fence, node: FakeNode, sub: str) -> None:
    fence.arm(TTL)
    node.sh(f"echo {sub} > $STATE/units/holdfast-deadman.timer/sub")
    with pytest.raises(NodeRefused, match="not armed"):
        fence.inject()


def test_after_the_undo_a_late_inject_refuses(fence: Fence, node: FakeNode) -> None:
    fence.arm(TTL)
    fence.undo()
    with pytest.raises(NodeRefused, match="generation one is over"):
        fence.inject()
    assert kubelet(node) == "active"


def test_a_late_inject_waits_for_the_undo_and_then_refuses(fence: Fence, node: FakeNode) -> None:
    fence.arm(TTL)
    held = node.run_folder + "/lock"
    # Somebody has the lock; undo and then inject wait in line for it.
    with subprocess.Popen(["flock", held, "sleep", "1"]) as holder:
        time.sleep(0.2)
        undone = fence.undo()
        assert undone.healed
        assert holder.poll() is not None
    with pytest.raises(NodeRefused, match="is over"):
        fence.inject()


def test_after_release_the_generation_stays_over(
    fence: Fence, node: FakeNode, action: NodeAction
) -> None:
    fence.arm(TTL)
    fence.undo()
    fence.release()
    assert node.left_by_holdfast() == []
    fence.deploy(action, {})  # a command that was long under way
    with pytest.raises(NodeRefused, match="is over"):
        fence.arm(TTL)


def test_another_generation_cannot_be_armed_beside_it(
    fence: Fence, node: FakeNode, action: NodeAction
) -> None:
    fence.arm(TTL)
    other = Fence(node, "two", run=node.run_folder)
    other.deploy(action, {})
    with pytest.raises(NodeRefused, match=r"left by another run: .*/one"):
        other.arm(TTL)
    node.sh(f"rm -r {fence.folder}")
    # And if its folder were lost, the unit's name is still taken.
    with pytest.raises(NodeRefused, match="the dead man cannot be armed"):
        other.arm(TTL)


def test_a_release_of_one_generation_leaves_the_dead_man_of_another(
    fence: Fence, node: FakeNode, action: NodeAction
) -> None:
    fence.arm(TTL)
    other = Fence(node, "two", run=node.run_folder)
    other.deploy(action, {})
    other.undo()
    other.release()
    assert node.is_armed


def test_renewing_starts_the_time_anew(fence: Fence) -> None:
    fence.arm(timedelta(seconds=12))
    time.sleep(1.1)
    assert fence.renew() > timedelta(seconds=11.5)


def test_renewing_after_the_dead_man_came_refuses(fence: Fence, node: FakeNode) -> None:
    fence.arm(TTL)
    fence.inject()
    node.dead_man_comes()
    with pytest.raises(NodeRefused, match="is over"):
        fence.renew()


def test_release_refuses_what_is_not_healed(fence: Fence, node: FakeNode) -> None:
    fence.arm(TTL)
    fence.inject()
    with pytest.raises(NodeRefused, match="undo comes first"):
        fence.release()
    fence.undo()
    node.sh("systemctl stop kubelet.service")
    with pytest.raises(NodeRefused, match="ActiveState=inactive"):
        fence.release()
    assert node.is_armed


def test_an_undo_that_fails_says_what_differs(node: FakeNode, action: NodeAction) -> None:
    broken = NodeAction(
        node="cp-1",
        precheck=action.precheck,
        inject=action.inject,
        undo="echo no luck; false",
        manifested=action.manifested,
        projection=action.projection,
    )
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(broken, {})
    fence.arm(TTL)
    fence.inject()
    undone = fence.undo()
    assert not undone.healed
    assert "no luck" in undone.detail
    assert "ActiveState=inactive" in undone.detail
    node.sh("systemctl start kubelet.service")
    assert fence.undo().healed


def test_a_fault_whose_precheck_fails_under_the_lock_is_not_injected(
    fence: Fence, node: FakeNode
) -> None:
    fence.arm(TTL)
    node.sh("systemctl stop kubelet.service")
    with pytest.raises(NodeRefused, match=r"kubelet\.service is not active"):
        fence.inject()
    assert fence.undo().detail == "nothing was injected"
    assert kubelet(node) == "inactive", "what we did not stop, we do not start"


def test_the_program_is_posix_shell() -> None:
    from importlib.resources import files

    program = str(files("chaos.safety") / "fence.sh")
    for shell in (["dash", "-n"], ["bash", "--posix", "-n"]):
        assert subprocess.run([*shell, program], check=False).returncode == 0
