"""Killed, interrupted, asked twice: one clear sentence, and nothing is left half."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.down import down, leftovers
from lab.home import Home
from lab.machines import Fleet
from lab.plan import RANGE
from lab.progress import Progress
from lab.shell import run
from selftests.lab.support import knock
from selftests.lab_fixture import TOP

pytestmark = pytest.mark.lab

NAME = "killed"
UP = (
    sys.executable, "-m", "cli.main", "lab", "up", "--name", NAME, "--subnet", "14",
    "--control-planes", "1", "--workers", "0", "--load-balancers", "1", "--zones", "1",
)  # fmt: skip


@pytest.fixture
def home() -> Iterator[Home]:
    """A small lab that is not there, and is not there afterwards."""
    quiet = Progress(say=lambda _: None)
    down(NAME, top=TOP, progress=quiet)
    yield Home.of(NAME, TOP)
    down(NAME, top=TOP, progress=quiet)
    assert leftovers(NAME, Home.of(NAME, TOP)) == []


def started_until(line: str) -> subprocess.Popen[str]:
    """`up`, running, right after it printed a line that holds this."""
    process = subprocess.Popen(
        UP, cwd=TOP, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    for printed in process.stdout:
        if line in printed:
            return process
    pytest.fail(f"`up` ended without a line `{line}`")


def test_up_that_is_interrupted_leaves_nothing(home: Home) -> None:
    process = started_until("boot 2 machines")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out
    assert leftovers(NAME, Home.of(NAME, TOP)) == []


def test_up_that_was_killed_goes_on_where_it_was(home: Home) -> None:
    process = started_until("boot 2 machines")
    process.kill()
    process.communicate()
    assert leftovers(NAME, home), "SIGKILL leaves what it leaves: that is what is tested"
    again = subprocess.run(UP, cwd=TOP, text=True, capture_output=True, timeout=300, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    # It took the machines as it found them.
    boot = re.search(r"([\d.]+) s boot 2 machines", again.stdout)
    assert boot
    assert float(boot[1]) < 3.0
    assert knock("198.18.238.100", 6443, patience=2.0) == "connected"


def test_the_second_at_the_same_lab_is_told_who_is_at_it(home: Home) -> None:
    first = started_until("network")
    second = subprocess.run(UP, cwd=TOP, text=True, capture_output=True, timeout=60, check=False)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 3
    assert f"process {first.pid}" in second.stderr


def test_nothing_addressed_to_a_lab_leaves_this_machine(fleet: Fleet) -> None:
    shown = run(["ip", "route", "get", "198.19.255.1"], check=False)
    assert "via" not in shown
    assert RANGE in run(["ip", "route", "show", "type", "blackhole"])


def test_the_lab_is_nobody_elses_business(fleet: Fleet) -> None:
    """The host's own groups hold no process of the lab."""
    own = {p for m in fleet.plan.machines for p in fleet.group(m).pids()}
    assert own
    assert os.getpid() not in own
