"""Doing several things at once, each bounded by itself.

Not concurrent.futures: the interpreter waits for its threads at the end, and whoever interrupts a
run should not have to wait for a machine that does not answer. These are daemons.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from chaos.errors import HoldfastError

_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")

# Waiting for ssh and for answers is most of it: more threads than processors do no harm.
AT_ONCE = 16
GENTLY = os.cpu_count() or 1
"""While probes measure: what this host does in one burst is taken from them, and in a lab, whose
machines share its processors, from the cluster too."""


class Later(Generic[_T]):
    """A task that runs beside us from now on.

    >>> later = Later(fetch)
    >>> other_work()
    >>> later.result()
    """

    def __init__(self, task: Callable[[], _T]) -> None:
        self._task = task
        self._result: list[_T] = []
        self._wrong: BaseException | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="holdfast", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result.append(self._task())
        except BaseException as wrong:
            self._wrong = wrong
        finally:
            self._done.set()

    def result(self) -> _T:
        """Wait for its end; what it returned, or raise what it raised."""
        self._done.wait()
        if self._wrong is not None:
            raise self._wrong
        return self._result[0]


def together(
    tasks: Mapping[_K, Callable[[], _T]], *, at_once: int = AT_ONCE
) -> dict[_K, _T | HoldfastError]:
    """Run all of them; in place of a result, what went wrong. Each must end in time by itself.

    Anything but a HoldfastError is a defect, and raised.
    """
    waiting = deque(tasks.items())
    results: dict[_K, _T | HoldfastError] = {}

    def work() -> None:
        while waiting:
            try:
                key, task = waiting.popleft()
            except IndexError:
                return
            try:
                results[key] = task()
            except HoldfastError as wrong:
                results[key] = wrong

    try:
        for worker in [Later(work) for _ in range(min(at_once, len(tasks)))]:
            worker.result()
    finally:
        waiting.clear()  # interrupted: what has not begun never will
    return {key: results[key] for key in tasks}
