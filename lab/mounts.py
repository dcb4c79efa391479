"""The mounts that a lab makes on the host."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lab.shell import run


def mounts_below(folder: Path) -> list[Path]:
    """Where something is mounted in this folder or below, deepest first."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        # The kernel writes blanks and backslashes of a path as three octal digits.
        at = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split()[4]))
        if at == folder or folder in at.parents:
            found.append(at)
    return sorted(found, key=lambda path: len(path.parts), reverse=True)


def mount_overlay(disk: Path, *, lower: Sequence[Path]) -> None:
    """Mount `disk/root`: `disk/upper` over the lower folders, uppermost first."""
    root = disk / "root"
    if root in mounts_below(root):
        return
    options = (
        f"lowerdir={':'.join(map(str, lower))},upperdir={disk / 'upper'},workdir={disk / 'work'}"
    )
    run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)])


def unmount_below(folder: Path) -> None:
    """Unmount all that is mounted in this folder or below."""
    for at in mounts_below(folder):
        run(["umount", str(at)])
