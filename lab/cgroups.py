"""Control groups: one a machine, in every hierarchy of the host.

On cgroup v1 a machine needs a group in *every* hierarchy, the named `systemd` one included:
without it all machines would share one there, and each kubelet would take the other machines'
Pods for orphans and kill them.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lab.errors import LabError
from lab.plan import Limits
from lab.wait import until

TOP = "holdfast"
PERIOD = 100_000  # microseconds: cpu.cfs_period_us, the kernel's default
SHARES, WEIGHT = 1024, 100  # a group's weight beside others, v1 and v2: the kernel's defaults


@dataclass(frozen=True, slots=True)
class Hierarchies:
    """Where the host's hierarchies are mounted: v1 by controller, and v2."""

    v1: dict[str, Path]
    v2: Path | None

    @property
    def all(self) -> tuple[Path, ...]:
        return (*self.v1.values(), *((self.v2,) if self.v2 else ()))


@cache
def hierarchies() -> Hierarchies:
    """Read from this process's mounts."""
    v1: dict[str, Path] = {}
    v2: Path | None = None
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        at = Path(left.split()[4])
        if kind == "cgroup2":
            v2 = at
        elif kind == "cgroup":
            known = set(options.split(",")) - {"rw", "ro"}
            for controller in known:
                v1[controller.removeprefix("name=")] = at
    return Hierarchies(v1, v2)


@dataclass(frozen=True, slots=True)
class Group:
    """The groups `holdfast/LAB` or `holdfast/LAB/MACHINE` in all hierarchies."""

    lab: str
    machine: str = ""

    def _paths(self) -> list[Path]:
        return [top / TOP / self.lab / self.machine for top in dict.fromkeys(hierarchies().all)]

    def _at(self, controller: str) -> Path:
        found = hierarchies()
        top = found.v1.get(controller) or found.v2
        if top is None:
            raise LabError(f"This kernel offers no cgroup controller `{controller}`.")
        return top / TOP / self.lab / self.machine

    def make(self) -> None:
        """Make the groups where they are not there yet."""
        found = hierarchies()
        for path in self._paths():
            path.mkdir(parents=True, exist_ok=True)
        if "cpuset" in found.v1:
            # A new cpuset is empty, and nothing can run in it.
            top = found.v1["cpuset"]
            for path in (top / TOP, top / TOP / self.lab, top / TOP / self.lab / self.machine):
                for name in ("cpuset.cpus", "cpuset.mems"):
                    (path / name).write_text((path.parent / name).read_text())
        elif found.v2 is not None and "cpu" not in found.v1:
            top = found.v2
            for path in (top, top / TOP, top / TOP / self.lab):
                have = (path / "cgroup.controllers").read_text().split()
                wanted = [c for c in ("cpuset", "cpu", "io", "memory", "pids") if c in have]
                (path / "cgroup.subtree_control").write_text(" ".join(f"+{c}" for c in wanted))

    def limit(self, limits: Limits) -> None:
        """Bound what the machine may use."""
        cpu, memory = self._at("cpu"), self._at("memory")
        if "cpu" in hierarchies().v1:
            (cpu / "cpu.cfs_period_us").write_text(str(PERIOD))
            (cpu / "cpu.cfs_quota_us").write_text(str(limits.cpus * PERIOD))
            (cpu / "cpu.shares").write_text(str(limits.weight * SHARES))
        else:
            (cpu / "cpu.max").write_text(f"{limits.cpus * PERIOD} {PERIOD}")
            (cpu / "cpu.weight").write_text(str(limits.weight * WEIGHT))
        limit = "memory.limit_in_bytes" if "memory" in hierarchies().v1 else "memory.max"
        (memory / limit).write_text(str(limits.memory))

    def entering(self, argv: list[str]) -> list[str]:
        """A command line that first moves itself into the groups."""
        files = [str(path / "cgroup.procs") for path in self._paths()]
        script = (
            'while [ "$1" != -- ]; do echo $$ > "$1" || exit 111; shift; done; shift; exec "$@"'
        )
        return ["/bin/sh", "-c", script, "sh", *files, "--", *argv]

    def pids(self) -> list[int]:
        """The processes in the machine's groups and all groups below, as this host numbers them."""
        found: list[int] = []
        for folder, _, files in os.walk(self._at("pids")):
            if "cgroup.procs" in files:
                try:
                    found += [int(p) for p in Path(folder, "cgroup.procs").read_text().split()]
                except OSError:
                    continue  # the group went while we looked
        return found

    def exists(self) -> bool:
        """Whether any of the groups is there."""
        return any(path.exists() for path in self._paths())

    def kill(self) -> None:
        """SIGKILL everything in the groups until nothing is left.

        Raises:
            LabError: something was still there after 20 s.
        """

        def empty() -> bool:
            left = self.pids()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            return not left

        self.freeze(False)
        until(empty, f"all processes of {self.machine or self.lab} killed", timeout=20, every=0.02)

    def freeze(self, frozen: bool) -> None:
        """Stop, or let go on, everything in the groups at once."""
        found = hierarchies()
        if "freezer" in found.v1:
            file, word = self._at("freezer") / "freezer.state", "FROZEN" if frozen else "THAWED"
            seen, done = file, f"{word}\n"
        elif found.v2 is not None:
            file, word = self._at("freezer") / "cgroup.freeze", "1" if frozen else "0"
            seen, done = file.with_name("cgroup.events"), f"frozen {word}\n"
        else:
            raise LabError("This kernel offers no freezer.")
        if file.exists():
            file.write_text(word)
            until(lambda: done in seen.read_text(), f"{word} in {file}", timeout=10, every=0.02)

    def remove(self) -> None:
        """Remove the groups and all below, bottom-up; there must be no process in them."""
        for path in self._paths():
            for folder, _, _ in os.walk(path, topdown=False):
                _rmdir(Path(folder))
            for parent in (path.parent, path.parent.parent):
                if parent.name in (TOP, self.lab):
                    try:
                        parent.rmdir()
                    except OSError:
                        break  # others are in there


def _rmdir(path: Path) -> None:
    # A group whose last process was killed a moment ago is busy until that is reaped.
    def gone() -> bool:
        try:
            path.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    if path.exists():
        until(gone, f"{path} removed", timeout=10, every=0.02)
