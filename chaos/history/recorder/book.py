"""The history's file as the workloads write it."""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos.history.lines import Invoked, Returned, Told, line
from chaos.history.operation import Change, Mark, Op, Result, Turn
from chaos.measure.timeline import Appender


class Book:
    """Writes one history, for all workloads of one process; what is noted is on disk at once."""

    def __init__(self, file: Path) -> None:
        self._appender = Appender(file)
        self._numbers = itertools.count(1)
        self.newest: dict[str, int] = {}
        """The newest version of each object that was acknowledged."""

    @staticmethod
    @functools.cache
    def of(file: str) -> Book:
        """The one of this file."""
        return Book(Path(file))

    def invoke(self, process: str, op: Op, key: str, **facts: Any) -> int:
        """An operation begins; returns its number.

        Raises:
            OSError: it cannot be noted, and so must not be sent.
        """
        number = next(self._numbers)
        self._put(Invoked(number, process, op, key, time.monotonic(), facts))
        return number

    def returned(self, number: int, result: Result, **facts: Any) -> None:
        """Its result is known. Raises OSError."""
        self._put(Returned(number, result, time.monotonic(), facts))

    def acknowledged(self, key: str, version: int) -> None:
        """This version of an object is to be told by the watch."""
        self.newest[key] = max(version, self.newest.get(key, 0))

    def change(self, watch: str, *, kind: str, key: str, version: int, value: str | None) -> None:
        """A watch told of an object. Raises OSError."""
        self._put(Told(watch, Change(time.monotonic(), kind, key, version, value)))

    def mark(
        self,
        watch: str,
        turn: Turn,
        *,
        why: str = "",
        items: Mapping[str, tuple[int, str | None]] | None = None,
    ) -> None:
        """What became of a watch. Raises OSError."""
        self._put(Told(watch, Mark(time.monotonic(), turn, items or {}, why)))

    def _put(self, what: Invoked | Returned | Told) -> None:
        self._appender.append(line(what))
