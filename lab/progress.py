"""Telling the user what happens, with the seconds that each step took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """Prints one line a step when it ends: seconds, what, and detail.

    Args:
        say: where a line goes; by default standard output, flushed.
    """

    say: Callable[[str], None] = field(default=lambda line: print(line, flush=True))
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, what: str, *, announce: bool = False) -> Iterator[None]:
        """Time a step. With `announce`, also say that it begins: for those of minutes."""
        if announce:
            self.say(f"         {what} …")
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self.say(f"{time.monotonic() - begun:6.1f} s {what}: not done")
            raise
        self.say(f"{time.monotonic() - begun:6.1f} s {what}")

    def total(self) -> float:
        """Seconds since this progress began."""
        return time.monotonic() - self.started
