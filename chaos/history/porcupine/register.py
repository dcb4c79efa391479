"""A register's operations as a checker takes them: by values and times alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chaos.history.file import INF, History
from chaos.history.operation import ABSENT, Change, Op, Operation, Result

# What stands for the value of a register that is not there.
NOTHING = ""


class Unfit(Exception):
    """The history says too little of this object."""


@dataclass(frozen=True, slots=True)
class Register:
    """The value at the beginning, and the operations, each as the Go program's JSON has it."""

    initial: str
    operations: tuple[dict[str, Any], ...]


def register(history: History, key: str) -> Register:
    """What is known of a register.

    Left out is what was refused, for it had no effect, and what was not answered and never seen:
    had it happened, nobody could tell. A write that was seen and not answered did happen, at any
    time from its invocation on. The value that a swap was made for is what its own client was shown
    with the version it expected.

    Raises:
        Unfit: it is not known what the register held before it was first written to, or what a
            swap was made for.
    """
    every = [o for o in history.operations if o.key == key]
    initial = _initial(every)
    known = {(o.process, o.version): _value(o) for o in every if o.result is Result.OK}
    seen = {o.value for o in every if o.op is Op.READ} | _told(history, key)
    end = max((o.returned for o in every if o.returned < INF), default=0.0) + 1.0
    operations = []
    for o in every:
        if o.result is Result.FAILED or (o.result is Result.UNKNOWN and o.value not in seen):
            continue
        if o.op is Op.SWAP and o.expected != ABSENT and (o.process, o.expected) not in known:
            raise Unfit(
                f"nobody knows the value of version {o.expected}, which a swap was made for"
            )
        operations.append(
            {
                "op": str(o.op),
                "value": _value(o),
                "expected": known.get((o.process, o.expected or ABSENT), NOTHING),
                "call": _nanoseconds(o.invoked),
                "return": _nanoseconds(o.returned if o.result is Result.OK else end),
            }
        )
    return Register(initial, tuple(operations))


def _initial(every: Iterable[Operation]) -> str:
    """What a read gave that ended before anybody wrote."""
    first = min((o.invoked for o in every if o.writes), default=INF)
    for o in every:
        if o.op is Op.READ and o.result is Result.OK and o.returned < first:
            return _value(o)
    raise Unfit("the register was not read before it was first written to")


def _told(history: History, key: str) -> set[str | None]:
    return {
        what.value
        for watch in history.watches.values()
        for what in watch
        if isinstance(what, Change) and what.key == key
    }


def _value(operation: Operation) -> str:
    return NOTHING if operation.value is None else operation.value


def _nanoseconds(moment: float) -> int:
    return round(moment * 1e9)
