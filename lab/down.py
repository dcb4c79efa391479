"""`down`: nothing of a lab is left, whatever state it was in."""

from __future__ import annotations

from pathlib import Path

from lab import host, network
from lab.cgroups import Group
from lab.home import RUN, Home, forget, held
from lab.mounts import mounts_below, unmount_below
from lab.progress import Progress


def down(name: str, *, top: Path | None = None, progress: Progress | None = None) -> None:
    """Take a lab down and delete it; nothing happens where there is none.

    Raises:
        LabError: somebody else is at it, or something would not go away.
    """
    home = Home.of(name, top)
    host.must_be_root()
    with held(name, "down"):
        take_down(name, home, progress or Progress())


def take_down(name: str, home: Home, progress: Progress) -> None:
    """What `down` does, for whoever holds the lab."""
    with progress.step(f"lab `{name}` down"):
        group = Group(name)
        # The network first: nothing half dead answers anybody.
        network.remove(name)
        group.kill()
        unmount_below(home.folder)
        group.remove()
        home.remove()
        if forget(name):
            network.remove_blackhole()
            host.restore_limits()


def leftovers(name: str, home: Home) -> list[str]:
    """What there is of a lab on this host, one line each; empty after `down`."""
    group = Group(name)
    found = [f"process {pid}" for pid in group.pids()]
    found += [f"mount {at}" for at in mounts_below(home.folder)]
    found += [
        f"namespace {n}" for n in network.namespaces() if n.startswith(f"{network.PREFIX}{name}.")
    ]
    found += [f"interface {link}" for link in network.interfaces() if link == network.PREFIX + name]
    found += ["control groups"] if group.exists() else []
    found += [f"folder {home.folder}"] if home.folder.exists() else []
    found += [f"note {file}" for file in sorted(RUN.glob(f"{name}.*"))]
    return found
