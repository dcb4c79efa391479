"""The watchdog outlives its runner and joins what the runner cut."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.safety.entry import Entry
from chaos.safety.errors import Refused, Unhealed
from chaos.safety.journal import Journal
from chaos.safety.plan import Command, Plan
from chaos.safety.session import Session
from chaos.safety.watchdog import Watchdog

RUNNER = """
import sys, time
from datetime import timedelta
from pathlib import Path
from chaos.safety.plan import Command, Plan
from chaos.safety.session import Session
state, folder = Path(sys.argv[1]), sys.argv[2]
cable = Command(name="cp-1", inject="touch cut", heal="rm -f cut", folder=folder)
session = Session(state=state, cluster_uid="u", nodes={})
session.arm(Plan(fault="cable", variant="silent", hold=timedelta(seconds=60), commands=(cable,)))
session.inject()
print(session._watchdog.pid, flush=True)
time.sleep(60)
"""


def until_gone(path: Path, *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while path.exists():
        assert time.monotonic() < end, f"{path.name} is still there"
        time.sleep(0.02)


def cable(folder: Path, *, heal: str = "rm -f cut") -> Plan:
    command = Command(name="cp-1", inject="touch cut", heal=heal, folder=str(folder))
    return Plan(fault="cable", variant="silent", hold=timedelta(seconds=30), commands=(command,))


def written(state: Path, plan: Plan) -> Journal:
    journal = Journal(state)
    entry = Entry.of(plan, generation="g", cluster_uid="u", created="c", runner={}, ttl=1)
    journal.write(entry.at("injected"))
    return journal


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_heals_when_the_runner_is_killed(tmp_path: Path, how: signal.Signals) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path / "state"), str(tmp_path)],
        stdout=subprocess.PIPE,
    )
    with runner:
        assert runner.stdout
        watchdog = int(runner.stdout.readline())
        assert (tmp_path / "cut").exists()
        assert os.getsid(watchdog) == watchdog, "a hang-up of the terminal would reach it"
        runner.send_signal(how)
        runner.wait()
        until_gone(tmp_path / "cut")
    for entry in (tmp_path / "state" / "journal").glob("*.json"):
        until_gone(entry)
    assert "the runner is gone" in (tmp_path / "state" / "watchdog.log").read_text()


def test_it_heals_when_the_time_is_over(tmp_path: Path) -> None:
    written(tmp_path / "state", cable(tmp_path))
    (tmp_path / "cut").touch()
    with Watchdog(tmp_path / "state", "g", ttl=timedelta(seconds=0.3)):
        until_gone(tmp_path / "cut")


def test_dismissed_it_does_nothing(tmp_path: Path) -> None:
    journal = written(tmp_path / "state", cable(tmp_path))
    (tmp_path / "cut").touch()
    watchdog = Watchdog(tmp_path / "state", "g", ttl=timedelta(seconds=30))
    watchdog.start()
    watchdog.dismiss()
    watchdog.dismiss()
    assert (tmp_path / "cut").exists()
    assert len(journal.entries()) == 1
    assert (tmp_path / "state" / "watchdog.log").read_text() == ""


def test_a_session_joins_what_it_cut(tmp_path: Path) -> None:
    with Session(state=tmp_path / "state", cluster_uid="u", nodes={}) as session:
        session.arm(cable(tmp_path))
        session.inject()
        assert (tmp_path / "cut").exists()
        session.heal()
    assert not (tmp_path / "cut").exists()
    assert Journal(tmp_path / "state").entries() == ()


def test_a_cut_that_fails_is_healed_and_told(tmp_path: Path) -> None:
    command = Command(
        name="cp-1", inject="sh -c 'touch cut; exit 3'", heal="rm cut", folder=str(tmp_path)
    )
    plan = Plan(fault="c", variant="silent", hold=timedelta(seconds=9), commands=(command,))
    with (  # noqa: PT012
        pytest.raises(Refused, match="code 3"),
        Session(state=tmp_path / "state", cluster_uid="u", nodes={}) as session,
    ):
        session.arm(plan)
        session.inject()
    assert not (tmp_path / "cut").exists()


def test_a_join_that_fails_is_unhealed_and_the_watchdog_goes_on(tmp_path: Path) -> None:
    heal = "sh -c 'test -e allowed && rm -f cut'"
    session = Session(state=tmp_path / "state", cluster_uid="u", nodes={})
    session.arm(cable(tmp_path, heal=heal))
    session.inject()
    with pytest.raises(Unhealed, match="failed: code 1"):
        session.heal()
    assert session._watchdog
    assert len(Journal(tmp_path / "state").entries()) == 1
    (tmp_path / "allowed").touch()
    # What the runner's end does: its end of the pipe closes.
    process = session._watchdog._process
    assert process
    assert process.stdin
    process.stdin.close()
    until_gone(tmp_path / "cut")
    process.wait(5)
    assert process.stdout
    process.stdout.close()
