"""What every fault promises: heal → inject → manifested → heal twice → as before (a fake node)."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from chaos.faults import Fault, Scene, TargetNode, registry
from chaos.safety.fence import Fence
from chaos.safety.plan import SCRIPTS, NodeAction, Plan
from chaos.safety.precheck import precheck
from selftests.fakes.node import ADDRESS, VIRTUAL_IP, FakeNode

HOLD = timedelta(seconds=30)
TARGET = TargetNode(
    name="cp-1",
    address=ADDRESS,
    roles=frozenset({"control-plane", "etcd"}),
    zone="a",
)
EACH = [
    pytest.param(fault, variant, etcd, id=f"{name}-{variant}-{etcd}")
    for name, fault in registry().items()
    for variant in fault.variants
    for etcd in ("stacked", "external")
    if etcd == "stacked" or name == "etcd-stop"
]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FakeNode]:
    fake = FakeNode("cp-1", tmp_path / "cp-1")
    yield fake
    fake.power_off()


def plan_of(fault: Fault, variant: str, etcd: str) -> Plan:
    scene = Scene(targets=(TARGET,), etcd=etcd, virtual_ip=VIRTUAL_IP, pods=("198.19.0.0/25",))
    return fault.plan(scene, variant=variant, hold=HOLD)


def keeps_the_contract(node: FakeNode, action: NodeAction) -> None:
    """The contract itself; an AssertionError says what is broken."""
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(action, {})
    raw = f"HOLDFAST_DIR={fence.folder} sh -eu {fence.folder}"
    was = node.sh(f"{raw}/projection").out
    assert was, "its projection says nothing"
    healed = node.sh(f"{raw}/undo")
    assert healed.code == 0, f"heal fails where nothing was injected: {healed.err}"
    assert node.sh(f"{raw}/projection").out == was, "heal changes what was not injected"

    fence.arm(HOLD)
    assert not fence.manifested()[0], "it manifests before it is injected"
    fence.inject()
    shows, evidence = fence.manifested()
    assert shows, f"it does not manifest: {evidence}"
    assert evidence, "it gives no evidence"
    assert node.sh(f"{raw}/projection").out != was, "its projection does not show it"

    for _ in range(2):
        undone = fence.undo()
        assert undone.healed, undone.detail
        assert not fence.manifested()[0], "it manifests after it was healed"
        assert node.sh(f"{raw}/projection").out == was, "heal leaves something"
        assert node.sh(f"{raw}/undo").code == 0, "heal fails where it has healed"
    fence.release()
    assert node.left_by_holdfast() == []


@pytest.mark.parametrize(("fault", "variant", "etcd"), EACH)
def test_a_fault_keeps_its_contract(fault: Fault, variant: str, etcd: str, node: FakeNode) -> None:
    for action in plan_of(fault, variant, etcd).actions:
        keeps_the_contract(node, action)


@pytest.mark.parametrize(("fault", "variant", "etcd"), EACH)
def test_the_dead_man_heals_it_with_nobody_connected(
    fault: Fault, variant: str, etcd: str, node: FakeNode
) -> None:
    (action,) = plan_of(fault, variant, etcd).actions
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(action, {})
    fence.arm(HOLD)
    before = fence.before()
    fence.inject()
    done = node.dead_man_comes()
    assert done.code == 0, done.out
    assert node.sh(f"sh {fence.folder}/fence.sh projection").out == before
    undone = fence.undo()
    assert undone.healed
    assert undone.by_dead_man
    fence.release()
    assert node.left_by_holdfast() == []


@pytest.mark.parametrize(("fault", "variant", "etcd"), EACH)
def test_a_precheck_passes_on_a_healthy_node_and_not_on_one_that_has_the_fault(
    fault: Fault, variant: str, etcd: str, node: FakeNode
) -> None:
    plan = plan_of(fault, variant, etcd)
    assert precheck(plan, {"cp-1": node}) == {}
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(plan.actions[0], {})
    fence.arm(HOLD)
    fence.inject()
    if variant != "silent" or fault.name == "zone-partition":
        assert "cp-1" in precheck(plan, {"cp-1": node})
    fence.undo()


# Each breaks one promise; the contract must notice every one of them.
BROKEN = {
    "undo does nothing": {"undo": ":"},
    "undo works once only": {"undo": 'systemctl start kubelet.service; mkdir "$HOLDFAST_DIR/once"'},
    "nothing is injected": {"inject": ":"},
    "the evidence is always there": {"manifested": "echo yes"},
    "there is no evidence": {"manifested": "! systemctl is-active --quiet kubelet.service"},
    "the projection is blind": {"projection": "echo all well"},
    "the projection is empty": {"projection": ":"},
    "heal changes more than was injected": {
        "undo": "systemctl start kubelet.service; systemctl stop containerd.service",
        "projection": "systemctl show --property=ActiveState kubelet.service containerd.service",
    },
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=list(BROKEN))
def test_the_contract_can_fail(broken: dict[str, str], node: FakeNode) -> None:
    (action,) = plan_of(registry()["kubelet-stop"], "kill", "stacked").actions
    with pytest.raises(AssertionError):
        keeps_the_contract(node, dataclasses.replace(action, **broken))


def test_a_balancer_that_lost_the_address_is_left_alone(node: FakeNode) -> None:
    plan = plan_of(registry()["balancer-kill"], "kill", "stacked")
    (node.root / "state/moved").touch()
    assert precheck(plan, {"cp-1": node}) == {"cp-1": f"it does not hold {VIRTUAL_IP}"}


@pytest.mark.parametrize("fault", registry().values(), ids=list(registry()))
def test_a_fault_says_what_survives_and_why(fault: Fault) -> None:
    assert "expected" in fault.survives
    assert "Source:" in fault.survives
    assert fault.targets
    assert set(fault.variants) <= {"kill", "silent"}


def test_scripts_change_nothing_that_outlives_a_reboot() -> None:
    words = (
        "systemctl disable",
        "mask ",
        "systemctl enable",
        " mv ",
        "/etc/systemd",
        "nohup",
        "setsid",
        "reboot",
    )
    for parameter in EACH:
        fault, variant, etcd = parameter.values
        assert isinstance(fault, Fault)
        (action,) = plan_of(fault, str(variant), str(etcd)).actions
        for script in (action.inject, action.undo):
            assert not [word for word in words if word in script]


def test_every_script_is_posix_shell(tmp_path: Path) -> None:
    scripts = {"fence.sh": (files("chaos.safety") / "fence.sh").read_text(encoding="utf-8")}
    for parameter in EACH:
        fault, variant, etcd = parameter.values
        assert isinstance(fault, Fault)
        (action,) = plan_of(fault, str(variant), str(etcd)).actions
        for name in SCRIPTS:
            scripts[f"{fault.name}-{variant}-{etcd}-{name}"] = getattr(action, name)
    assert len(scripts) > 40
    for name, text in scripts.items():
        done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
        assert (name, done.returncode, done.stderr) == (name, 0, "")
