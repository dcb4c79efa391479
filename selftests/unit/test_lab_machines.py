"""A lab's machines: their disks, what can be done to them, and how they stand."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lab import power, saved, status
from lab.errors import LabError, UsageError
from lab.files import File, Files
from lab.home import Home
from lab.machines import Fleet, Layers
from lab.network import Network
from lab.plan import Machine, plan
from lab.shell import CommandFailed
from lab.spec import Spec
from lab.up import prepare_disks
from selftests.unit.support import QUIET, machine_of

LAB = plan(Spec(control_planes=1, workers=1, subnet=0))
NAMES = [m.name for m in LAB.machines]
WAIT_BOOTED = Fleet.wait_booted  # itself, also where a test notes it alone

Done = list[tuple[str, str]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """What is done to machines and cables, in place of doing it. All machines but lb-2 are on."""
    to: Done = []

    def note(of: type, verb: str) -> None:
        def noted(_: object, target: Machine | str, **__: Any) -> bool:
            to.append((verb, target if isinstance(target, str) else target.name))
            return True

        monkeypatch.setattr(of, verb, noted)

    for verb in ("cut", "off", "boot", "wait_booted"):
        note(Fleet, verb)
    for verb in ("cut", "join", "cut_zone", "join_zone"):
        note(Network, verb)
    monkeypatch.setattr(Fleet, "is_on", lambda _, machine: machine.name != "lb-2")
    return to


@pytest.fixture
def fleet(tmp_path: Path, done: Done) -> Fleet:
    layers = Layers(*(tmp_path / name for name in ("base", "tools", "containerd")))
    (layers.containerd / "io.containerd.metadata.v1.bolt").mkdir(parents=True)
    (tmp_path / "lab").mkdir()
    return Fleet(Home(tmp_path / "lab"), LAB, layers)


def machine(name: str) -> Machine:
    return machine_of(LAB, name)


FILES: Files = {
    "/etc/open": File("open\n"),
    "/etc/deep/closed": File("closed\n", 0o600),
    "/etc/deep/link": File(link="../open"),
    "/var/lib/machine": File(folder=True),
    "/root/.ssh/authorized_keys": File("key\n", 0o600),
}


def test_a_disk_holds_the_files_as_they_are_meant(fleet: Fleet) -> None:
    fleet.write_disk(machine("cp-1"), FILES)
    upper = fleet.home.disk(machine("cp-1")) / "upper"
    assert (upper / "etc/deep/closed").read_text() == "closed\n"
    modes = {p: stat.S_IMODE((upper / p).stat().st_mode) for p in ("etc/open", "etc/deep/closed")}
    assert modes == {"etc/open": 0o644, "etc/deep/closed": 0o600}
    assert (upper / "etc/deep/link").readlink() == Path("../open")
    assert (upper / "var/lib/machine").is_dir()
    assert stat.S_IMODE((upper / "root").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", NAMES)
def test_only_a_machine_that_runs_containers_gets_the_images(fleet: Fleet, name: str) -> None:
    fleet.write_disk(machine(name), FILES)
    found = [path.name for path in (fleet.home.disk(machine(name)) / "containerd").iterdir()]
    assert bool(found) is machine(name).runs_kubelet


def test_a_new_disk_has_nothing_of_the_old_one_or_of_one_half_written(fleet: Fleet) -> None:
    disk = fleet.home.disk(machine("lb-1"))
    for left in (disk, disk.with_name("lb-1.part")):
        (left / "upper").mkdir(parents=True)
        (left / "upper/left").write_text("x")
    fleet.write_disk(machine("lb-1"), FILES)
    assert not (disk / "upper/left").exists()
    assert [path.name for path in disk.parent.iterdir()] == ["lb-1"]


def test_a_machine_is_cut_before_it_gets_a_new_disk(fleet: Fleet, done: Done) -> None:
    fleet.write_disk(machine("cp-1"), FILES)
    assert done == [("cut", "cp-1")]


def test_preparing_again_leaves_disks_and_keys_as_they_are(fleet: Fleet) -> None:
    prepare_disks(fleet)
    key = (fleet.home.folder / "ssh_key").read_text()
    for name in NAMES[1:]:
        (fleet.home.disk(machine(name)) / "mark").touch()
    fleet.destroy(machine(NAMES[0]))
    prepare_disks(fleet)
    marked = [name for name in NAMES if (fleet.home.disk(machine(name)) / "mark").exists()]
    assert marked == NAMES[1:]
    assert fleet.home.disk(machine(NAMES[0])).exists()
    assert (fleet.home.folder / "ssh_key").read_text() == key


def test_nobody_else_can_read_the_lab_s_keys(fleet: Fleet) -> None:
    prepare_disks(fleet)
    files = [path for path in fleet.home.folder.rglob("*") if path.is_file()]
    keys = [path for path in files if "PRIVATE KEY" in path.read_text()]
    assert {"ssh_key", "secrets.json", "ca.key"} <= {path.name for path in keys}
    assert [path for path in keys if path.stat().st_mode & 0o077] == []


def test_every_machine_is_known_by_the_key_on_its_disk(fleet: Fleet) -> None:
    prepare_disks(fleet)
    known = (fleet.home.folder / "known_hosts").read_text().splitlines(keepends=True)
    for one, line in zip(LAB.machines, known, strict=True):
        public = fleet.home.disk(one) / "upper/etc/ssh/ssh_host_ed25519_key.pub"
        assert line == f"{one.address} {public.read_text()}"


def test_the_last_lines_of_a_console_are_told_without_the_empty_ones(fleet: Fleet) -> None:
    console = fleet.home.console(machine("cp-1"))
    assert fleet.last_lines(machine("cp-1")).endswith("console of cp-1:\n")
    console.parent.mkdir()
    console.write_bytes(b"first\r\n\r\nsecond\r\n \r\nthird \xff\r\n")
    assert fleet.last_lines(machine("cp-1"), 2).splitlines()[1:] == ["  second", "  third \ufffd"]


def test_a_machine_that_dies_in_booting_is_told_with_its_console(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fleet, "is_on", lambda *_: False)
    console = fleet.home.console(machine("cp-1"))
    console.parent.mkdir()
    console.write_text("Failed to mount.\n")
    with pytest.raises(LabError, match=r"cp-1 died while it booted\.\n.*\n  Failed to mount\."):
        WAIT_BOOTED(fleet, machine("cp-1"))


def test_a_machine_that_does_not_exist_is_answered_with_those_that_do(fleet: Fleet) -> None:
    with pytest.raises(UsageError, match=r"There are: lb-1, lb-2, cp-1, worker-1\b"):
        power.find(fleet, "cp-2")


@pytest.mark.parametrize(
    ("verb", "does"),
    [
        ("cut", ["cut"]),
        ("off", ["off"]),
        ("on", ["boot", "wait_booted"]),
        ("reboot", ["off", "boot", "wait_booted"]),
    ],
)
def test_power_does_what_its_verb_says(
    fleet: Fleet, done: Done, verb: power.PowerVerb, does: list[str]
) -> None:
    power.power(fleet, "cp-1", verb)
    assert done == [(one, "cp-1") for one in does]


def test_a_cable_is_a_machine_s_or_a_zone_s(fleet: Fleet, done: Done) -> None:
    power.cable(fleet, "cp-1", "cut")
    power.cable(fleet, "cp-1", "join")
    power.cable(fleet, "b", "cut")
    power.cable(fleet, "b", "join")
    assert done == [("cut", "cp-1"), ("join", "cp-1"), ("cut_zone", "b"), ("join_zone", "b")]
    with pytest.raises(UsageError):
        power.cable(fleet, "d", "cut")


def test_a_lab_is_not_saved_while_a_machine_is_off(fleet: Fleet) -> None:
    with pytest.raises(LabError, match=r"Not all machines are on: lb-2\. Power them on"):
        saved.save(fleet, progress=QUIET)


def test_what_was_not_saved_is_not_restored_and_nothing_is_touched(
    fleet: Fleet, done: Done
) -> None:
    with pytest.raises(LabError, match=r"Nothing of the lab `dev` was saved\."):
        saved.restore(fleet, progress=QUIET)
    assert done == []


def test_status_tells_power_cable_and_who_holds_the_virtual_address(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(argv: Sequence[str]) -> str:
        if "hf-dev.cp-1" in argv:
            raise CommandFailed(argv, 1, "no such namespace")
        held = ["198.18.14.11", LAB.virtual_ip] if "hf-dev.lb-1" in argv else ["198.18.14.12"]
        return json.dumps([{"addr_info": [{"local": address} for address in held]}])

    monkeypatch.setattr(status, "run", run)
    monkeypatch.setattr(Network, "cut_cables", lambda _: frozenset({"cp-1"}))
    stand = {s.name: (s.power, s.cable, s.holds_virtual_ip) for s in status.status(fleet)}
    assert stand == {
        "lb-1": ("on", "joined", True),
        "lb-2": ("off", "none", False),
        "cp-1": ("on", "cut", False),
        "worker-1": ("on", "joined", False),
    }


def test_the_cables_of_a_cut_zone_s_machines_are_cut(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "run", lambda _: "[]")
    monkeypatch.setattr(Network, "cut_cables", lambda _: frozenset({"a"}))
    cut = {s.name for s in status.status(fleet) if s.cable == "cut"}
    assert cut == {m.name for m in LAB.machines if m.zone == "a"}
