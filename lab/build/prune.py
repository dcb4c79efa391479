"""Taking away what the cache holds and no release of today is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab.build import artifacts
from lab.build.store import exclusive, remove
from lab.cache import cache_dir
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import RELEASES

_PRODUCT = re.compile(r".+-[0-9a-f]{12}")
_WAYS = ("compile", "download")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken away: folders of the cache, and their bytes, hard links counted once."""

    folders: tuple[Path, ...]
    bytes: int


def prune(progress: Progress) -> Pruned:
    """Take away products that nothing is made of any more; those of today stay, built or not.

    Raises:
        LabError: a lab that is up, or was cut off, still stands on one of them.
    """
    with exclusive(progress):
        kept, mounts = _of_today(), _mounts()
        old = [
            folder
            for folder in sorted(cache_dir().iterdir())
            if _PRODUCT.fullmatch(folder.name) and folder not in kept
        ]
        used = [folder for folder in old if str(folder) in mounts]
        if used:
            raise LabError(
                f"A lab still stands on {used[0]}.", "Take it down first: `holdfast lab down`."
            )
        size = _bytes(old)
        for folder in old:
            remove(folder)
    return Pruned(tuple(old), size)


def _of_today() -> set[Path]:
    """Where the products of every release are or would be; the toolchain's counts as one."""
    found = {folder for folder in cache_dir().glob("go-*") if folder.is_dir()}
    for release in RELEASES:
        for way in _WAYS:
            found |= {product.path for product in artifacts.products(release, way)}
    return found


def _mounts() -> str:
    """What is mounted, with the folders that overlays are made of."""
    return Path("/proc/self/mountinfo").read_text()


def _bytes(folders: list[Path]) -> int:
    known: dict[tuple[int, int], int] = {}
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                stat = file.stat()
                known[stat.st_dev, stat.st_ino] = stat.st_size
    return sum(known.values())
