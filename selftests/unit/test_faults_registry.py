"""How faults are found, and what each would do to whom."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import chaos.faults
from chaos.cluster.target import Kind
from chaos.faults import Blast, Scene, TargetNode, registry
from chaos.safety.errors import NodeRefused
from chaos.safety.fence import Fence
from chaos.safety.plan import NodeAction
from selftests.fakes.node import ADDRESS, RUNNER, FakeNode

HOLD = timedelta(seconds=30)
CP = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane", "etcd"}), zone="a")
WORKER = TargetNode(name="w-1", address="198.18.1.51", roles=frozenset({"worker"}), zone="a")
BALANCER = TargetNode(name="lb-1", address="198.18.14.11", roles=frozenset({"load-balancer"}))
ZONE = Scene(targets=(CP, WORKER, BALANCER), pods=("198.19.0.0/25", "198.19.0.0/24", "fd00::/64"))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FakeNode]:
    fake = FakeNode("cp-1", tmp_path / "cp-1")
    yield fake
    fake.power_off()


def partition(target: TargetNode) -> NodeAction:
    return registry()["zone-partition"].action(target, ZONE, "silent")


def injected(node: FakeNode, action: NodeAction) -> str:
    fence = Fence(node, "one", run=node.run_folder)
    fence.deploy(action, {})
    fence.arm(HOLD)
    fence.inject()
    return (node.root / "state/nft/inet-holdfast").read_text()


def test_the_five_are_found() -> None:
    five = {"kubelet-stop", "containerd-stop", "etcd-stop", "zone-partition", "balancer-kill"}
    assert five <= set(registry())


NEW = '''
from chaos.faults.kubelet_stop import KubeletStop
class Another(KubeletStop):
    """Docs."""
    name = "{name}"
'''


@pytest.mark.parametrize("name", ["another", "kubelet-stop"])
def test_one_more_file_is_one_more_fault(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"zz_{name.replace('-', '_')}.py").write_text(NEW.format(name=name))
    monkeypatch.setattr(chaos.faults, "__path__", [*chaos.faults.__path__, str(tmp_path)])
    registry.cache_clear()
    try:
        if name == "another":
            assert "another" in registry()
        else:
            with pytest.raises(ValueError, match="two faults are called kubelet-stop"):
                registry()
    finally:
        registry.cache_clear()


def test_the_kinds_of_target_are_those_that_can_be_resolved() -> None:
    known = {str(kind) for kind in Kind}
    assert not [
        kind for fault in registry().values() for kind in fault.targets if kind not in known
    ]


def test_a_plan_without_a_target_or_with_an_unknown_variant_is_none() -> None:
    fault = registry()["zone-partition"]
    with pytest.raises(ValueError, match="no variant kill"):
        fault.plan(ZONE, variant="kill", hold=HOLD)
    with pytest.raises(ValueError, match="no target"):
        fault.plan(Scene(targets=()), variant="silent", hold=HOLD)


@pytest.mark.parametrize(
    ("fault", "etcd", "blast"),
    [
        ("kubelet-stop", "stacked", Blast(control_planes=frozenset({"cp-1"}))),
        ("containerd-stop", "stacked", Blast(control_planes=frozenset({"cp-1"}))),
        (
            "etcd-stop",
            "stacked",
            Blast(etcd_voters=frozenset({"cp-1"}), control_planes=frozenset({"cp-1"})),
        ),
        ("etcd-stop", "external", Blast(etcd_voters=frozenset({"cp-1"}))),
        ("balancer-kill", "stacked", Blast(balancers=frozenset({"cp-1"}))),
    ],
)
def test_what_a_fault_takes(fault: str, etcd: str, blast: Blast) -> None:
    assert registry()[fault].blast(Scene(targets=(CP,), etcd=etcd)) == blast


def test_a_target_that_is_it_no_more_is_left_alone(node: FakeNode) -> None:
    scene = Scene(targets=(CP,), still="echo 'cp-2 leads by now'; exit 1")
    (action,) = registry()["etcd-stop"].plan(scene, variant="kill", hold=HOLD).actions
    with pytest.raises(NodeRefused, match="cp-2 leads by now"):
        injected(node, action)
    assert node.sh("crictl ps").out, "etcd runs"


def test_a_zone_takes_all_that_is_in_it() -> None:
    blast = registry()["zone-partition"].blast(ZONE)
    assert blast == Blast(
        etcd_voters=frozenset({"cp-1"}),
        control_planes=frozenset({"cp-1"}),
        balancers=frozenset({"lb-1"}),
    )


def test_a_partition_lets_the_zone_and_the_runners_ssh_through(node: FakeNode) -> None:
    table = injected(node, partition(CP))
    assert f"ip saddr {RUNNER} tcp dport 22 accept" in table
    assert f"ip daddr {RUNNER} tcp sport 22 accept" in table
    # Networks within each other are one: nft refuses a set that overlaps.
    near = "198.18.1.11/32, 198.18.1.51/32, 198.19.0.0/24"
    assert f"ip saddr {{ {near} }} ip daddr {{ {near} }} accept" in table
    assert "ip6 saddr { fd00::/64 } accept" in table
    assert 'iifname != { "eth0" } accept' in table
    assert BALANCER.address not in table


def test_a_partition_cuts_a_balancer_off_from_all_but_the_runner(node: FakeNode) -> None:
    # The fake's interface has the control plane's address.
    action = partition(TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"load-balancer"})))
    table = injected(node, action)
    accepted = [line.strip() for line in table.splitlines() if "accept" in line]
    assert [line for line in accepted if line.startswith(("ip ", "ip6 "))] == [
        f"ip saddr {RUNNER} tcp dport 22 accept",
        f"ip daddr {RUNNER} tcp sport 22 accept",
    ]


def test_the_runner_is_known_behind_sudo_as_well(node: FakeNode) -> None:
    script = partition(CP).inject.split("address=")[0] + "\necho $family $runner $port"
    # The shell that has the variable stays the parent of the one that has it not.
    done = node.sh(f"env --unset=SSH_CONNECTION sh -euc {shlex.quote(script)}; exit")
    assert done.out == f"ip {RUNNER} 22\n", done.err


def test_where_the_runner_is_not_known_nothing_is_cut(node: FakeNode) -> None:
    # Out of this test's family, for an ancestor may have come by SSH itself.
    script = shlex.quote(f"sleep 0.2; {partition(CP).precheck}")
    out = node.root / "said"
    orphan = f"env --unset=SSH_CONNECTION setsid sh -euc {script} >{out}.new; mv {out}.new {out}"
    node.sh(f"unset SSH_CONNECTION; setsid -f sh -c {shlex.quote(orphan)}")
    while not out.exists():
        time.sleep(0.02)
    assert "own connection to this node is not known" in out.read_text()
