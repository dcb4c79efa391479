"""Members of an etcd start one after another, and nothing stays frozen."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lab import boot
from lab.plan import Machine, plan
from lab.spec import Spec
from selftests.unit.support import QUIET

PLAN = plan(Spec(subnet=0))


@dataclass
class Group:
    fleet: Fleet
    name: str

    def freeze(self, frozen: bool) -> None:
        if frozen != (self.name in self.fleet.frozen):
            self.fleet.frozen ^= {self.name}
            self.fleet.said.append(f"{'freeze' if frozen else 'thaw'} {self.name}")


@dataclass
class Fleet:
    on: set[str] = field(default_factory=set)
    data: bool = True
    frozen: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    plan: Any = PLAN

    @property
    def home(self) -> Fleet:
        return self

    def has_etcd_data(self, _: Machine) -> bool:
        return self.data

    def is_on(self, machine: Machine) -> bool:
        return machine.name in self.on

    def group(self, machine: Machine) -> Group:
        return Group(self, machine.name)

    def boot(self, machine: Machine) -> None:
        if machine.name not in self.on:
            self.on.add(machine.name)
            self.said.append(f"boot {machine.name}")

    def wait_listening(self, machine: Machine) -> None:
        self.said.append(f"listens {machine.name}")

    def wait_booted(self, machine: Machine) -> None:
        assert machine.name not in self.frozen
        self.said.append(f"booted {machine.name}")


def booted(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, *, serve: bool = True) -> list[str]:
    def serves(member: Machine) -> bool:
        assert member.name not in fleet.frozen
        fleet.said.append(f"asked {member.name}")
        return serve

    monkeypatch.setattr(boot, "_serves", serves)
    monkeypatch.setattr(boot, "PATIENCE", 0.01)
    boot.boot_all(fleet, QUIET)  # type: ignore[arg-type]
    return [line for line in fleet.said if line.startswith(("freeze", "thaw", "asked"))]


def test_each_member_serves_before_the_next_one_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()
    assert booted(fleet, monkeypatch) == [
        *("freeze cp-2", "freeze cp-3"),
        *("asked cp-1", "thaw cp-2", "asked cp-2", "thaw cp-3", "asked cp-3"),
    ]
    first = fleet.said.index("freeze cp-2")
    assert set(fleet.said[:first]) >= {"boot worker-1", "listens cp-2", "listens cp-3"}
    assert len([line for line in fleet.said if line.startswith("booted")]) == 8


def test_one_that_never_serves_keeps_nobody_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()
    said = booted(fleet, monkeypatch, serve=False)
    assert [line for line in said if line.startswith("thaw")] == ["thaw cp-2", "thaw cp-3"]
    assert fleet.frozen == set()


@pytest.mark.parametrize("fleet", [Fleet(data=False), Fleet(on={"cp-1", "cp-2"})])
def test_nobody_waits_where_no_two_members_start(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert booted(fleet, monkeypatch) == []


def test_what_a_killed_run_left_frozen_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(on={m.name for m in PLAN.machines}, frozen={"cp-2", "worker-1"})
    assert sorted(booted(fleet, monkeypatch)) == ["thaw cp-2", "thaw worker-1"]


def test_nothing_stays_frozen_when_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet()

    def interrupted(_: Machine) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(boot, "_serves", interrupted)
    with pytest.raises(KeyboardInterrupt):
        boot.boot_all(fleet, QUIET)  # type: ignore[arg-type]
    assert fleet.frozen == set()


def test_a_port_that_listens_and_says_nothing_does_not_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(boot, "PEERS", silent.getsockname()[1])
        here = replace(PLAN.control_planes[0], address="127.0.0.1")
        assert boot._serves(here) is False
