"""What is mounted below a folder of the cache."""

from __future__ import annotations

from pathlib import Path

from lab.mounts import mounts_below
from lab.shell import run


def below(folder: Path) -> list[Path]:
    """Mount points at or below a folder, wherever links to it lead, the deepest first."""
    return mounts_below(folder.resolve())


def take_off(folder: Path) -> None:
    """Unmount all that is mounted at or below a folder.

    Raises:
        CommandFailed: something could not be unmounted.
    """
    for point in below(folder):
        run(["umount", "--lazy", str(point)])
