"""Being told to end is the ordinary interruption, and none comes between while we heal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """SIGINT, SIGTERM and SIGHUP become KeyboardInterrupt, at once or after the healing.

    Only once: a terminal's Ctrl-C and what `holdfast` passes on are two signals, and the second one
    must not end the healing that the first one began, nor keep it from beginning.

    Outside the main thread it does nothing: Python gives signals to the main thread alone.

    Args:
        say: told when a signal has to wait.
    """

    def __init__(self, say: Callable[[str], None] = lambda _line: None) -> None:
        self._say = say
        self._depth = 0
        self._pending = False
        self._raised = False
        self._old: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruptions:
        if threading.current_thread() is threading.main_thread():
            self._old = {number: signal.signal(number, self._came) for number in NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._old = {}

    def _came(self, number: int, _frame: FrameType | None) -> None:
        if not self._depth and not self._raised:
            self._interrupt()
        self._pending = not self._raised
        # It may have come amid a line that is being printed, and no line is worth the healing.
        with suppress(Exception):
            self._say(f"{signal.Signals(number).name}: healing first")

    def _interrupt(self) -> NoReturn:
        self._raised, self._pending = True, False
        raise KeyboardInterrupt

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """While this lasts, a signal waits; at its end it interrupts."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._pending and not self._depth:
                self._interrupt()
