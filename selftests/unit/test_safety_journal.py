"""The undo journal on the runner, and the lock beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chaos.safety import files
from chaos.safety.entry import VERSION, Entry
from chaos.safety.errors import Refused, Unhealed
from chaos.safety.journal import Journal, new_generation, state_folder
from chaos.safety.lock import RunLock
from chaos.safety.plan import Command, NodeAction, Plan

SCRIPTS = {"precheck": "p", "inject": "i", "undo": "u", "manifested": "m", "projection": "j"}
ACTION = NodeAction(node="cp-1", **SCRIPTS)
CABLE = Command(name="cp-2", inject="cut cp-2", heal="join cp-2", folder="/inventory")
PLAN = Plan(
    fault="f",
    variant="kill",
    hold=timedelta(seconds=9),
    actions=(ACTION,),
    commands=(CABLE,),
)

# What version 1 wrote. It is read for ever: what a cluster has lost hangs on it.
VERSION_1 = {
    "version": 1,
    "generation": "g",
    "cluster_uid": "u",
    "fault": "f",
    "variant": "kill",
    "created": "2026-01-01T00:00:00.000+00:00",
    "runner": {"host": "h", "pid": "7"},
    "ttl": 30.0,
    "nodes": [{"action": {"node": "cp-1", **SCRIPTS}, "before": "all well\n"}],
    "commands": [
        {"name": "cp-2", "inject": "cut cp-2", "heal": "join cp-2", "folder": "/inventory"}
    ],
    "stage": "injected",
}


def entry(generation: str = "g", created: str = "2026-01-01") -> Entry:
    return Entry.of(
        PLAN,
        generation=generation,
        cluster_uid="u",
        created=created,
        runner={"host": "h", "pid": "7"},
        ttl=30,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    whole = entry().seen({"cp-1": "all well\n"}).at("injected")
    journal.write(whole)
    assert Journal(tmp_path).entries() == (whole,)
    journal.remove("g")
    journal.remove("g")
    assert journal.entries() == ()


def test_version_1_is_read(tmp_path: Path) -> None:
    files.write(tmp_path / "journal" / "g.json", json.dumps(VERSION_1))
    (read,) = Journal(tmp_path).entries()
    assert read.nodes[0].action == ACTION
    assert read.nodes[0].before == "all well\n"
    assert read.commands == (CABLE,)
    assert read.may_be_in


def test_this_version_writes_what_is_frozen_above() -> None:
    if VERSION == 1:
        now = entry(created=str(VERSION_1["created"])).seen({"cp-1": "all well\n"}).at("injected")
        assert json.loads(json.dumps(now.dump())) == VERSION_1


def test_fields_that_came_later_are_left_out(tmp_path: Path) -> None:
    later = json.loads(json.dumps(VERSION_1))
    later["mood"] = "fine"
    later["nodes"][0]["action"]["mood"] = "fine"
    later["commands"][0]["mood"] = "fine"
    files.write(tmp_path / "journal" / "g.json", json.dumps(later))
    assert Journal(tmp_path).entries()[0].nodes[0].action == ACTION


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 99}', json.dumps({**VERSION_1, "nodes": [{}]})],
    ids=["empty", "a list", "no version", "newer", "no action"],
)
def test_what_cannot_be_read_stops_everything_and_is_named(tmp_path: Path, text: str) -> None:
    files.write(tmp_path / "journal" / "g.json", text)
    with pytest.raises(Unhealed, match=r"journal/g\.json") as unhealed:
        Journal(tmp_path).entries()
    assert unhealed.value.exit_code == 4


def test_the_newest_comes_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for generation, created in (("a", "2026-01-02"), ("b", "2026-01-03"), ("c", "2026-01-01")):
        journal.write(entry(generation, created))
    assert [one.generation for one in journal.entries()] == ["b", "a", "c"]


def test_a_write_that_fails_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path)
    journal.write(entry())
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        journal.write(entry().at("injecting"))
    assert journal.entries()[0].stage == "planned"


def test_writing_flushes_the_file_and_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    Journal(tmp_path).write(entry())
    assert flushed[0].startswith(".g.json")
    assert flushed[1:] == ["journal"]


def test_where_it_is_kept(tmp_path: Path) -> None:
    assert state_folder("u-1", environ={"XDG_STATE_HOME": str(tmp_path)}) == (
        tmp_path / "holdfast" / "u-1"
    )
    for environ in ({}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "relative"}):
        assert state_folder("u", environ=environ) == Path.home() / ".local/state/holdfast/u"
    assert state_folder("../../x", environ={}).name == "_.._x"


def test_generations_are_folder_names_and_never_the_same() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    one, two = new_generation("etcd-stop", now), new_generation("etcd-stop", now)
    assert one.startswith("etcd-stop-20260102T030405Z-")
    assert one != two


HOLD_THE_LOCK = """
import sys
from pathlib import Path
from chaos.safety.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_run_at_a_time_until_the_holder_dies(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match=rf"process {holder.pid}\)"):
            RunLock(tmp_path).acquire()
        holder.kill()
    with RunLock(tmp_path):
        pass
    with RunLock(tmp_path):
        pass
