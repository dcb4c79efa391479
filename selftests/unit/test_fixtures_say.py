"""What an experiment does is told line by line, though pytest captures what its test prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from selftests.evidence import REPO

TEST = """
import os, signal
from fixtures.experiments import say_to

def test_it(pytestconfig):
    say = say_to(pytestconfig)
    print("captured")
    say("armed", "one: cp-1")
    say("hold", "")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_line_is_in_the_pipe_when_the_runner_is_killed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEST)
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    words += ["-p", "fixtures.plugin", "--confcutdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *words], cwd=REPO, text=True, capture_output=True, check=False
    )
    assert done.returncode == -9, done.stdout + done.stderr
    assert done.stdout == "  armed: one: cp-1\n  hold\n"
