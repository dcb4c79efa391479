"""A session: whatever happens inside, at its end the fault is gone."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.faults import Scene, TargetNode, registry
from chaos.safety.errors import NodeRefused, Refused, Unhealed
from chaos.safety.heal import heal
from chaos.safety.journal import Journal
from chaos.safety.leftovers import anything_armed, find, refuse
from chaos.safety.plan import Plan
from chaos.safety.session import Session
from selftests.fakes.node import ADDRESS, FakeNode, Unreachable

UID = "0a1b"


class Bench:
    """A fake node and a state folder."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.journal = Journal(self.state)
        self.node = FakeNode("cp-1", folder / "cp-1")
        self.nodes = {"cp-1": self.node}
        self.said: list[tuple[str, str]] = []

    def session(self, *, ttl: float = 30) -> Session:
        return Session(
            state=self.state,
            cluster_uid=UID,
            nodes=self.nodes,
            ttl=timedelta(seconds=ttl),
            say=lambda event, detail: self.said.append((event, detail)),
            run=self.node.run_folder,
        )

    def plan(self, fault: str = "kubelet-stop", variant: str = "kill") -> Plan:
        target = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))
        return registry()[fault].plan(
            Scene(targets=(target,)), variant=variant, hold=timedelta(seconds=20)
        )

    @property
    def kubelet(self) -> str:
        command = "systemctl show --property=ActiveState --value kubelet.service"
        return self.node.sh(command).out.strip()

    def is_clean(self) -> bool:
        left = self.journal.entries()
        return self.kubelet == "active" and not left and not self.node.left_by_holdfast()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.node.power_off()


def test_a_whole_session(bench: Bench) -> None:
    with bench.session() as session:
        armed = session.arm(bench.plan())
        assert armed.left["cp-1"] > timedelta(seconds=28)
        assert [entry.stage for entry in bench.journal.entries()] == ["armed"]
        session.inject()
        assert bench.kubelet == "inactive"
        evidence = session.manifested()
        assert evidence.manifested
        assert "is inactive" in evidence.nodes["cp-1"]
        healing = session.heal()
    assert [one.by for one in healing.nodes] == ["runner"]
    assert not healing.by_dead_man
    assert bench.is_clean()
    assert [event for event, _ in bench.said] == ["armed", "injected", "healed"]


@pytest.mark.parametrize("moment", ["armed", "injected", "manifested"])
@pytest.mark.parametrize("wrong", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_is_raised_it_is_healed(
    bench: Bench, moment: str, wrong: type[BaseException]
) -> None:
    with pytest.raises(wrong), bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        if moment != "armed":
            session.inject()
        if moment == "manifested":
            session.manifested()
        raise wrong
    assert bench.is_clean()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_the_ordinary_interruption(bench: Bench, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        session.inject()
        os.kill(os.getpid(), number)
        time.sleep(1)
    assert bench.is_clean()
    assert signal.getsignal(number) == before


def test_a_signal_while_healing_waits(bench: Bench) -> None:
    def interrupt(command: str) -> None:
        if command.endswith(" undo"):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        session.inject()
        bench.node.before_run = interrupt
        session.heal()
    assert bench.is_clean()


@pytest.mark.parametrize("at", [" arm ", " before", " inject"])
def test_an_interruption_before_any_step_heals(bench: Bench, at: str) -> None:
    def interrupt(command: str) -> None:
        if at in f"{command} " and "fence.sh" in command:
            raise KeyboardInterrupt

    bench.node.before_run = interrupt
    with pytest.raises(KeyboardInterrupt), bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        session.inject()
    assert bench.is_clean()


def test_the_journal_is_on_disk_before_the_node_is_touched(bench: Bench) -> None:
    seen: list[int] = []
    bench.node.before_run = lambda _command: seen.append(len(bench.journal.entries()))
    with bench.session() as session:
        session.arm(bench.plan())
    assert seen
    assert set(seen) == {1}


def test_a_node_that_is_away_before_the_fault_is_no_unhealed_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.safety.session.NOT_BEGUN", timedelta(0))
    bench.node.cut = True
    with pytest.raises(Unreachable), bench.session() as session:
        session.arm(bench.plan())
    assert bench.journal.entries() == ()


def test_a_node_that_refuses_is_told_and_left_as_it_was(bench: Bench) -> None:
    bench.node.sh("systemctl stop kubelet.service")
    with pytest.raises(NodeRefused, match="not active"), bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        session.inject()
    assert bench.kubelet == "inactive"
    assert bench.node.left_by_holdfast() == []


def test_a_node_that_cannot_be_healed_is_unhealed_and_kept_in_the_journal(bench: Bench) -> None:
    with pytest.raises(Unhealed) as unhealed, bench.session() as session:  # noqa: PT012
        session.arm(bench.plan())
        session.inject()
        bench.node.cut = True
        session.heal(within=timedelta(seconds=1))
    assert unhealed.value.exit_code == 4
    (entry,) = bench.journal.entries()
    assert entry.stage == "healing"
    bench.node.cut = False
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    healed = heal(found, bench.journal, bench.nodes, run=bench.node.run_folder)
    assert healed.remaining == ()
    assert bench.is_clean()


def test_it_is_renewed_while_the_runner_lives(bench: Bench) -> None:
    with bench.session(ttl=3) as session:
        session.arm(bench.plan())
        time.sleep(2.5)
    renewed = [command for command in bench.node.commands if command.endswith(" renew")]
    assert len(renewed) >= 2


def test_a_partition_is_never_renewed_and_has_its_time_up_front(bench: Bench) -> None:
    with bench.session(ttl=1) as session:
        armed = session.arm(bench.plan("zone-partition", "silent"))
        assert armed.ttl == timedelta(seconds=20 + 30)
        time.sleep(1)
    assert not [command for command in bench.node.commands if command.endswith(" renew")]


def test_the_dead_man_is_told_from_the_runner(bench: Bench) -> None:
    with bench.session() as session:
        session.arm(bench.plan())
        session.inject()
        bench.node.dead_man_comes()
        healing = session.heal()
    assert healing.by_dead_man
    assert bench.is_clean()


def test_a_reboot_heals_and_is_seen(bench: Bench) -> None:
    with bench.session() as session:
        session.arm(bench.plan("etcd-stop"))
        session.inject()
        bench.node.reboot()
        healing = session.heal()
    assert [one.by for one in healing.nodes] == ["reboot"]
    assert bench.is_clean()


def test_a_folder_that_was_lost_is_written_again_to_heal(bench: Bench) -> None:
    with bench.session() as session:
        session.arm(bench.plan())
        session.inject()
        bench.node.sh(f"rm -r {bench.node.run_folder}")
        session.heal()
    assert bench.kubelet == "active"


def test_two_faults_at_once_are_refused(bench: Bench) -> None:
    with bench.session() as session:
        session.arm(bench.plan())
        with pytest.raises(Refused, match="not healed yet"):
            session.arm(bench.plan())


def leave_behind(bench: Bench) -> str:
    """What a SIGKILL of the runner in the middle of a fault leaves."""
    session = bench.session()
    armed = session.arm(bench.plan())
    session.inject()
    assert session._renewer
    session._renewer.stop()
    return armed.generation


def test_leftovers_are_found_and_a_start_refuses(bench: Bench) -> None:
    generation = leave_behind(bench)
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    assert found.nodes[0].armed
    assert found.nodes[0].generations == (generation,)
    assert anything_armed(bench.nodes.values(), run=bench.node.run_folder)
    with pytest.raises(Unhealed, match=generation) as refused:
        refuse(found)
    assert refused.value.exit_code == 4


def test_heal_takes_away_what_the_runner_left(bench: Bench) -> None:
    leave_behind(bench)
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    healed = heal(found, bench.journal, bench.nodes, run=bench.node.run_folder)
    assert healed.remaining == ()
    assert "cp-1: healed by runner" in healed.done[0]
    assert bench.is_clean()


def test_heal_works_without_the_runners_journal(bench: Bench) -> None:
    bench.journal.remove(leave_behind(bench))
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    healed = heal(found, bench.journal, bench.nodes, run=bench.node.run_folder)
    assert healed.remaining == ()
    assert bench.is_clean()


@pytest.mark.parametrize(
    ("fault", "variant"),
    [("zone-partition", "silent"), ("etcd-stop", "kill"), ("balancer-kill", "kill")],
)
def test_heal_finds_our_marks_where_all_journals_are_lost(
    bench: Bench, fault: str, variant: str
) -> None:
    session = bench.session()
    generation = session.arm(bench.plan(fault, variant)).generation
    session.inject()
    if session._renewer:
        session._renewer.stop()
    bench.journal.remove(generation)
    bench.node.sh(f"rm -r {bench.node.run_folder}")
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    assert found.nodes[0].marks
    assert not found.nodes[0].generations
    healed = heal(found, bench.journal, bench.nodes, run=bench.node.run_folder)
    assert healed.remaining == ()
    assert bench.is_clean()
    assert bench.node.sh("systemctl is-active haproxy.service keepalived.service").code == 0


def test_heal_leaves_what_has_not_our_mark(bench: Bench) -> None:
    bench.node.sh("systemctl stop containerd.service; mkdir -p $STATE/nft; touch $STATE/nft/ip-x")
    found = find(bench.journal, bench.nodes, run=bench.node.run_folder)
    assert not found
    heal(found, bench.journal, bench.nodes, run=bench.node.run_folder)
    assert (bench.node.root / "state/nft/ip-x").exists()
    assert bench.node.sh("systemctl is-active containerd.service").code == 3


def test_an_entry_for_a_node_that_the_inventory_lacks_remains(bench: Bench) -> None:
    generation = leave_behind(bench)
    found = find(bench.journal, {}, run=bench.node.run_folder)
    healed = heal(found, bench.journal, {}, run=bench.node.run_folder)
    assert "not in the inventory" in healed.done[0]
    assert generation in healed.remaining[0]


def test_the_nodes_own_journal_is_the_runners(bench: Bench) -> None:
    generation = leave_behind(bench)
    there = Path(bench.node.run_folder) / generation / "entry.json"
    assert json.loads(there.read_text())["fault"] == "kubelet-stop"
