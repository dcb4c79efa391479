"""Being the only one at something, across processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab.errors import LabError


@contextmanager
def exclusive(file: Path, what: str, *, doing: str = "") -> Iterator[None]:
    """Hold a lock file, made for it and gone after it, and its folder too where that is empty then.

    Args:
        what: what is held, as in "{what} is held by process 7".
        doing: what we are at, for others to be told; without it we wait until it is free.

    Raises:
        LabError: with `doing`, when somebody else holds it; says who, doing what, since when.
    """
    lock = _take(file, what, wait=not doing)
    try:
        lock.write(f"process {os.getpid()} (`{doing}`, since {time.strftime('%H:%M:%S')})")
        lock.flush()
        yield
    finally:
        # Unlinked while it is held: who opened it before sees that it is gone and opens it anew.
        file.unlink(missing_ok=True)
        lock.close()
        with contextlib.suppress(OSError):  # others have something in it
            file.parent.rmdir()


def _take(file: Path, what: str, *, wait: bool) -> TextIO:
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock = file.open("a+")
        except FileNotFoundError:
            continue  # the folder went between the two lines
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            told = f"{what[0].upper()}{what[1:]} is held by {holder}."
            raise LabError(told, "Wait for it to end.") from None
        if _is(lock, file):
            return lock
        lock.close()


def _is(lock: TextIO, file: Path) -> bool:
    try:
        return os.fstat(lock.fileno()).st_ino == file.stat().st_ino
    except FileNotFoundError:
        return False
