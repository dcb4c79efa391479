"""`holdfast run conformance` as its users run it, and what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from chaos.cluster.facts import Facts
from chaos.cluster.recorded import load
from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports import run_folder, verdict_json

REPO = Path(__file__).parents[2]
HOLDFAST = Path(sys.executable).with_name("holdfast")
FAIL = Verdict.FAIL


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of `holdfast run`.

    Args:
        code: its exit code.
        seconds: how long it took.
        result: what its verdict.json holds.
        out: what it printed.
        folder: where it left its facts; None where there are none.
    """

    code: int
    seconds: float
    result: RunResult
    out: str
    folder: Path | None = None

    @property
    def facts(self) -> Facts:
        """What it had read of the cluster."""
        assert self.folder, "it left no facts"
        return load(self.folder / "facts.json")

    @property
    def wrong(self) -> frozenset[str]:
        """The items that failed, and that nobody has waived."""
        return frozenset(c.id for c in self.result.checks if c.verdict is FAIL and not c.waiver)

    def unseen(self, sound: Ran) -> tuple[str, ...]:
        """The items that neither passed nor failed here, and did in a run without any defect."""
        before = {c.id: c.verdict for c in sound.result.checks}
        open_ = {name: verdict for name, verdict in self.not_passed.items() if verdict is not FAIL}
        return tuple(sorted(name for name in open_ if open_[name] is not before.get(name)))

    @property
    def not_passed(self) -> Mapping[str, Verdict]:
        """The items that did not pass, with their verdicts."""
        checks = self.result.checks
        return {c.id: c.verdict for c in checks if c.verdict is not Verdict.PASS}

    def told(self, item: str) -> str:
        """An item's evidence, a sentence a line."""
        return "\n".join(line for c in self.result.checks if c.id == item for line in c.evidence)


def run(
    inventory: Path,
    *words: str,
    profile: str = "conformance",
    state: Path | None = None,
    timeout: float = 180.0,
) -> Ran:
    """Run it to its end.

    Args:
        words: further options.
        state: its $XDG_STATE_HOME, where its journal is; only faults have one.
        timeout: seconds.

    Raises:
        AssertionError: it wrote no verdict.
    """
    begun, before = time.monotonic(), _runs(inventory)
    done = subprocess.run(
        [str(HOLDFAST), "run", profile, str(inventory), *words],
        cwd=REPO,
        env={**os.environ, **({"XDG_STATE_HOME": str(state)} if state else {})},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
    )
    new = _runs(inventory) - before
    assert len(new) == 1, f"no verdict, exit code {done.returncode}:\n{done.stdout}"
    folder = new.pop()
    result = verdict_json.loads((folder / run_folder.VERDICT).read_text())
    return Ran(done.returncode, round(time.monotonic() - begun, 1), result, done.stdout, folder)


def _runs(inventory: Path) -> set[Path]:
    """The folders of the runs on this cluster: what prints theirs cuts it at a terminal's width."""
    uid = YAML(typ="safe").load(inventory)["cluster"]["uid"]
    return {
        file.parent
        for file in run_folder.OUT.glob("2*/run.json")
        if json.loads(file.read_text())["cluster"]["uid"] == uid
    }
