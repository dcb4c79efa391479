"""One run at a time from this runner."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from chaos.safety.errors import Refused


class RunLock:
    """A lock in the cluster's state folder; the kernel lets go of it when its holder dies.

    Args:
        folder: the cluster's state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._held: int | None = None

    def acquire(self) -> None:
        """Take it. Raises Refused if another process has it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(opened, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(opened)
            raise Refused(
                f"Another run on this cluster is under way here (process {holder}).",
                "Wait for it, or interrupt it: it heals before it ends.",
            ) from None
        os.ftruncate(opened, 0)
        os.pwrite(opened, f"{os.getpid()}\n".encode(), 0)
        self._held = opened

    def release(self) -> None:
        """Give it back; does nothing if it is not held."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> RunLock:
        self.acquire()
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        self.release()
