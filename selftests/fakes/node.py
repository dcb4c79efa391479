"""A node that really runs its scripts, in a folder of its own, over stubs that keep state in files.

Processes are real, so SIGSTOP is; units, mounts, nft and containers are the stubs' in bin/.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

BIN = Path(__file__).parent / "bin"
MANIFEST = "etc/kubernetes/manifests/etcd.yaml"
ADDRESS, VIRTUAL_IP, RUNNER = "198.18.1.11", "198.18.14.100", "198.18.0.1"
UNITS = ("kubelet", "containerd", "haproxy", "keepalived", "etcd")


class Unreachable(Exception):
    """The fake's way to be cut off."""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class FakeNode:
    """A node in a folder.

    `before_run` sees each command first: to raise, to wait, to fail; `after_run` when it is done.
    With `boot=False` it is another process's view of a node that runs already.
    """

    def __init__(self, name: str, root: Path, *, boot: bool = True) -> None:
        self.name = name
        self.root = root
        self.run_folder = str(root / "run" / "holdfast")
        self.cut = False
        self.before_run: Callable[[str], None] = lambda command: None
        self.after_run: Callable[[str], None] = lambda command: None
        self.commands: list[str] = []
        self._writing = threading.Lock()
        if not boot:
            return
        (root / "run").mkdir(parents=True)
        (root / MANIFEST).parent.mkdir(parents=True)
        (root / MANIFEST).write_text("kind: Pod\n")
        self._boot()

    def _boot(self) -> None:
        (self.root / "state").mkdir()
        started = " ".join(f"{unit}.service" for unit in UNITS)
        assert self.sh(f"systemctl start {started} && etcd-container start").code == 0

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOLDFAST_ROOT": str(self.root),
            "STATE": str(self.root / "state"),
            "SSH_CONNECTION": f"{RUNNER} 40000 {ADDRESS} 22",
        }

    def run(self, command: str, *, timeout: timedelta) -> Result:
        with self._writing:
            self.commands.append(command)
        self.before_run(command)
        if self.cut:
            raise Unreachable(f"{self.name}: no answer")
        done = self.sh(command, seconds=timeout.total_seconds())
        self.after_run(command)
        return done

    def sh(self, command: str, *, seconds: float = 30) -> Result:
        done = subprocess.run(
            ["sh", "-c", command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    @property
    def is_armed(self) -> bool:
        return (self.root / "state/units/holdfast-deadman.timer/command").exists()

    def dead_man_comes(self) -> Result:
        """What systemd does when the timer elapses."""
        unit = self.root / "state/units/holdfast-deadman.timer"
        command = (unit / "command").read_text()
        shutil.rmtree(unit)
        return self.sh(command)

    def left_by_holdfast(self) -> list[str]:
        """Whatever has our mark on this node, the tombstones and the lock aside."""
        folder = Path(self.run_folder)
        found = [p.name for p in folder.glob("*") if p.name not in {"lock", "undone"}]
        found += [p.name for p in (self.root / "state/units").glob("holdfast*")]
        found += [str(p) for p in self.root.glob("run/systemd/system/**/*holdfast*")]
        found += [p.name for p in (self.root / "state").glob("nft/*")]
        return found + [p.name for p in (self.root / "state").glob("mounts/*")]

    def reboot(self) -> None:
        """Everything below /run is gone, and so are processes, mounts and rules."""
        for original in (self.root / "state/mounts").glob("*.original"):
            shutil.copy(original, self.root / MANIFEST)
        self.power_off()
        shutil.rmtree(self.root / "run")
        shutil.rmtree(self.root / "state")
        (self.root / "run").mkdir()
        self._boot()

    def power_off(self) -> None:
        for line in (self.root / "state/processes").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(line), signal.SIGKILL)
