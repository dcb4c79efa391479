"""The lines of a history: a header, then one JSON value a line, in the order of what happened.

    {"format": "holdfast-history", "version": 1, "host": …, "boot": …, "wall": …, "monotonic": …}
    ["invoke", 17, "writer", "write", "holdfast-history-04", 1034.5, {"value": "a:17"}]
    ["return", 17, "ok", 1034.506, {"version": 812, "class": "ok"}]
    ["change", "objects", "MODIFIED", "holdfast-history-04", 1034.507, 812, {"value": "a:17"}]
    ["watch", "objects", "closed", 1036.1, {"why": "ConnectionResetError"}]

An operation is written down before it is sent: where the recorder is killed, no write that may have
happened is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chaos.history.operation import Change, Mark, Op, Result, Turn
from chaos.measure.errors import MeasureError
from chaos.measure.lines import Header, header_for

FORMAT = "holdfast-history"
VERSION = 1
# Microseconds: finer than any clock reading is worth.
DIGITS = 6


class HistoryError(MeasureError):
    """A file is no history, or one of a version that this Holdfast cannot read."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """An operation began."""

    number: int
    process: str
    op: Op
    key: str
    at: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """An operation's result was known."""

    number: int
    result: Result
    at: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What a watch of this name told."""

    watch: str
    what: Change | Mark


Line = Invoked | Returned | Told


def header_line() -> bytes:
    """The first line of a history that begins now, on this machine."""
    now = header_for(())
    return _line(
        {
            "format": FORMAT,
            "version": VERSION,
            "host": now.host,
            "boot": now.boot,
            "wall": now.wall.isoformat(timespec="microseconds"),
            "monotonic": now.monotonic,
        }
    )


def line(what: Line) -> bytes:
    """A line after the first, with its newline."""
    if isinstance(what, Told):
        return _line(_told(what.watch, what.what))
    at = round(what.at, DIGITS)
    if isinstance(what, Invoked):
        head = ["invoke", what.number, what.process, what.op, what.key, at]
        return _line([*head, dict(what.facts)])
    return _line(["return", what.number, what.result, at, dict(what.facts)])


def _told(watch: str, what: Change | Mark) -> list[Any]:
    at = round(what.at, DIGITS)
    if isinstance(what, Change):
        facts: dict[str, Any] = {} if what.value is None else {"value": what.value}
        return ["change", watch, what.kind, what.key, at, what.version, facts]
    facts = {"why": what.why} if what.why else {}
    if what.turn is Turn.LISTED:
        facts["items"] = {key: list(item) for key, item in what.items.items()}
    return ["watch", watch, what.turn, at, facts]


def parse_header(first: bytes) -> Header:
    """The header of a first line; it names no probes.

    Raises:
        HistoryError: it is none, or of another version.
    """
    try:
        data = json.loads(first)
        if data["format"] != FORMAT:
            raise HistoryError(f"its format is {data['format']!r}")
        if data["version"] != VERSION:
            raise HistoryError(
                f"its version is {data['version']!r}; this Holdfast reads version {VERSION}"
            )
        wall = datetime.fromisoformat(data["wall"])
        return Header(data["host"], data["boot"], wall, data["monotonic"], ())
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"its first line is no header: {error!r}") from None


def parse_line(text: bytes) -> Line:
    """A line after the first.

    Raises:
        ValueError: it is none, whole.
    """
    try:
        kind, *rest = json.loads(text)
        return _PARSERS[kind](*rest)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no line of a history: {error!r}") from None


def _invoke(
    number: int, process: str, op: str, key: str, at: float, facts: Mapping[str, Any]
) -> Line:
    return Invoked(number, process, Op(op), key, _moment(at), facts)


def _return(number: int, result: str, at: float, facts: Mapping[str, Any]) -> Line:
    return Returned(number, Result(result), _moment(at), facts)


def _change(
    watch: str, kind: str, key: str, at: float, version: int, facts: Mapping[str, Any]
) -> Line:
    return Told(watch, Change(_moment(at), kind, key, version, facts.get("value")))


def _watch(watch: str, turn: str, at: float, facts: Mapping[str, Any]) -> Line:
    items = {key: (item[0], item[1]) for key, item in facts.get("items", {}).items()}
    return Told(watch, Mark(_moment(at), Turn(turn), items, facts.get("why", "")))


def _moment(at: Any) -> float:
    if not isinstance(at, int | float):
        raise TypeError(f"{at!r} is no moment")
    return at


_PARSERS: dict[str, Callable[..., Line]] = {
    "invoke": _invoke,
    "return": _return,
    "change": _change,
    "watch": _watch,
}


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
