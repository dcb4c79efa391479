"""Renews the dead men while the runner lives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from chaos.safety.errors import NodeRefused
from chaos.safety.fence import Fence


class Renewer:
    """A thread a node, that renews its dead man until stopped.

    A node that cannot be reached is asked again: its dead man heals it if that lasts. A node that
    refuses is given up: its dead man has come.

    Args:
        fences: what is armed.
        period: from one renewal to the next; a third of the time to live leaves room for two lost.
        say: told of each renewal that failed: the node, and why.
    """

    def __init__(
        self, fences: Sequence[Fence], *, period: timedelta, say: Callable[[str, str], None]
    ) -> None:
        self._period = period.total_seconds()
        self._say = say
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._renew, args=(fence,), daemon=True) for fence in fences
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End. A renewal that is under way may still arrive: the fence's tombstone refuses it."""
        self._stopped.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=2)

    def _renew(self, fence: Fence) -> None:
        while not self._stopped.wait(self._period):
            try:
                fence.renew()
            except NodeRefused as refused:
                if not self._stopped.is_set():
                    self._say(fence.node.name, refused.why)
                return
            except Exception as unreachable:
                if not self._stopped.is_set():
                    self._say(fence.node.name, str(unreachable))
