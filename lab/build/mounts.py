"""What is mounted below a folder."""

from __future__ import annotations

import re
from pathlib import Path

from lab.shell import run


def below(folder: Path) -> list[Path]:
    """Mount points at or below a folder, the deepest first."""
    top = folder.resolve()
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        # The kernel writes blanks and the like in a path as octal escapes.
        point = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split()[4]))
        if point.is_relative_to(top):
            found.append(point)
    return sorted(found, key=lambda p: len(p.parts), reverse=True)


def take_off(folder: Path) -> None:
    """Unmount all that is mounted at or below a folder.

    Raises:
        CommandFailed: something could not be unmounted.
    """
    for point in below(folder):
        run(["umount", "--lazy", str(point)])
