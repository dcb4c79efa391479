"""The runner gets SIGKILL at each moment; the dead man heals, and the next run finds it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.safety.heal import heal
from chaos.safety.journal import Journal
from chaos.safety.leftovers import find
from selftests.fakes.node import FakeNode

REPO = Path(__file__).parents[2]
RUNNER = "selftests.fakes.killed_runner"
# What is seen after the runner's end: the fault is in, a dead man is armed.
MOMENTS = [
    ("before", "deploy", False, False),
    ("after", "deploy", False, False),
    ("after", "arm", False, True),
    ("before", "inject", False, True),
    ("after", "inject", True, True),
    ("before", "undo", True, True),
    ("after", "undo", False, True),
    ("after", "release", False, False),
]


@pytest.mark.parametrize(("when", "verb", "is_in", "armed"), MOMENTS)
def test_it_heals_without_the_runner(
    when: str, verb: str, is_in: bool, armed: bool, tmp_path: Path
) -> None:
    node = FakeNode("cp-1", tmp_path / "cp-1")
    journal, nodes = Journal(tmp_path / "state"), {"cp-1": node}
    runner = subprocess.run(
        [sys.executable, "-m", RUNNER, str(node.root), str(tmp_path / "state"), when, verb],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        check=False,
    )
    try:
        assert runner.returncode == -9
        active = "systemctl is-active kubelet.service"
        assert (node.sh(active).code == 3) is is_in
        assert node.is_armed is armed
        if armed:
            assert node.dead_man_comes().code == 0
        assert node.sh(active).code == 0, "nobody is connected, and it is healed"
        found = find(journal, nodes, run=node.run_folder)
        assert found, "the next run must see that one was killed"
        assert heal(found, journal, nodes, run=node.run_folder).remaining == ()
        assert node.left_by_holdfast() == []
        assert node.sh(active).code == 0
    finally:
        node.power_off()
