"""Products on disk: folders that are there complete or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.build import mounts
from lab.cache import cache_dir
from lab.progress import Progress

UNFINISHED = ".building-"


@dataclass(frozen=True, slots=True)
class Product:
    """A folder in the cache that is made once.

    Args:
        what: what it is, e.g. `etcd`.
        version: the version of what it is, e.g. `3.6.8`.
        key: a hash of all that it is made of: another key is another product.
    """

    what: str
    version: str
    key: str

    @property
    def path(self) -> Path:
        """Where it is, or will be."""
        return cache_dir() / f"{self.what}-{self.version}-{self.key}"

    @property
    def exists(self) -> bool:
        """Whether it is there, and then complete."""
        return self.path.is_dir()

    @contextmanager
    def making(self) -> Iterator[Path]:
        """Give an empty folder that becomes the product when the block ends without an error.

        The folder is on the product's own file system, so that one rename publishes it.
        On an error it is removed; a killed build's is removed by the next `exclusive`.
        """
        cache_dir().mkdir(parents=True, exist_ok=True)
        # A new name each time: what outlives a killed build cannot write into the next one's.
        work = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}{self.path.name}-", dir=cache_dir()))
        work.chmod(0o755)
        try:
            yield work
            work.rename(self.path)
        finally:
            remove(work)


def remove(folder: Path) -> None:
    """Remove a folder, with what is mounted below it taken off first, if it is there.

    A file system left mounted, say the /proc of an unfinished root, must not be emptied.
    """
    if not os.path.lexists(folder):
        return
    mounts.take_off(folder)
    shutil.rmtree(folder)


@contextmanager
def exclusive(progress: Progress) -> Iterator[None]:
    """Let one process at a time build in this cache; clear what a killed one left unfinished.

    A second process waits, and says so. The kernel frees the lock when its holder dies, so
    that the wait ends with the holder's build.
    """
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step(f"wait for another build in {cache}", announce=True):
                fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in sorted(cache.glob(f"{UNFINISHED}*")):
            remove(stale)
        # Others than root must get at what is in a node's root, whatever the user's mask is.
        mask = os.umask(0o022)
        try:
            yield
        finally:
            os.umask(mask)
