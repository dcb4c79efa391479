"""A history on disk, begun and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaos.history.lines import (
    HistoryError,
    Invoked,
    Returned,
    Told,
    header_line,
    parse_header,
    parse_line,
)
from chaos.history.operation import ABSENT, Change, Mark, Operation, Result
from chaos.measure.lines import Header

INF = float("inf")


@dataclass(frozen=True, slots=True)
class History:
    """All operations of one recording, and what its watches told.

    `operations` stand in the order of their invocations; one whose return was never written is
    UNKNOWN and never returned. `watches` holds by name what each told, in the order in which it was
    told. `torn` are the numbers of lines that were not whole, or fit nothing. `end` is the last
    moment that the file knows of.
    """

    header: Header
    operations: tuple[Operation, ...]
    watches: Mapping[str, tuple[Change | Mark, ...]]
    torn: tuple[int, ...] = ()
    end: float = field(default=0.0)

    @classmethod
    def read(cls, file: Path) -> History:
        """Read a history, also one whose recorder was killed.

        Raises:
            HistoryError: the file is not there, no history, or of another version.
        """
        try:
            head, *lines = file.read_bytes().split(b"\n")
        except OSError as error:
            raise HistoryError(f"{file} cannot be read: {error.strerror}.") from None
        try:
            header = parse_header(head)
        except HistoryError as error:
            raise HistoryError(f"{file} is no history that can be read: {error}.") from None
        return cls._of(header, lines)

    @classmethod
    def _of(cls, header: Header, lines: list[bytes]) -> History:
        begun: dict[int, Invoked] = {}
        done: dict[int, Operation] = {}
        watches: dict[str, list[Change | Mark]] = {}
        torn, end = [], header.monotonic
        # After the last newline stands nothing, or the beginning of what was never finished.
        if lines and lines.pop():
            torn.append(len(lines) + 2)
        for number, text in enumerate(lines, start=2):
            if not text:
                continue  # nothing was lost: see Appender.append
            try:
                read = parse_line(text)
                if isinstance(read, Told):
                    watches.setdefault(read.watch, []).append(read.what)
                    end = max(end, read.what.at)
                    continue
                end = max(end, read.at)
                if isinstance(read, Invoked):
                    begun[read.number] = read
                else:
                    done[read.number] = _joined(begun.pop(read.number), read)
            except (ValueError, KeyError):
                torn.append(number)
        open_ = {number: _joined(one, None) for number, one in begun.items()}
        operations = sorted((done | open_).values(), key=lambda o: (o.invoked, o.number))
        told = {name: tuple(what) for name, what in watches.items()}
        return cls(header, tuple(operations), told, tuple(sorted(torn)), end)


def _joined(begun: Invoked, done: Returned | None) -> Operation:
    facts = {**begun.facts, **(done.facts if done else {})}
    return Operation(
        number=begun.number,
        process=begun.process,
        op=begun.op,
        key=begun.key,
        invoked=begun.at,
        returned=done.at if done else INF,
        result=done.result if done else Result.UNKNOWN,
        value=facts.pop("value", None),
        version=facts.pop("version", ABSENT),
        expected=facts.pop("expected", None),
        detail=facts,
    )


def begin(file: Path) -> None:
    """Begin a new history.

    Raises:
        HistoryError: there is one already, which is never written over, or no place for one.
    """
    try:
        with file.open("xb", buffering=0) as new:
            new.write(header_line())
    except FileExistsError:
        raise HistoryError(f"{file} is there already, and a history is kept.") from None
    except OSError as error:
        raise HistoryError(f"{file} cannot be written: {error.strerror}.") from None
