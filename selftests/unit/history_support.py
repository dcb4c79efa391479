"""Histories without a server: clients of a store that keeps its word, until a test breaks it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chaos.history.file import History
from chaos.history.operation import ENDED, Change, Mark, Op, Operation, Result, Turn
from chaos.measure.lines import Header

HEADER = Header("here", "boot", datetime(2026, 1, 1, tzinfo=UTC), 0.0, ())
REGISTER = "register"
RING = 16
START = 1000


@dataclass(frozen=True, slots=True)
class _Sent:
    op: Op
    process: str
    key: str
    invoked: float
    applied: float
    returned: float
    value: str | None = None


def a_history(
    operations: int = 400, *, rate: float = 40.0, unknown: float = 0.0, seed: int = 7
) -> History:
    """A history in which every promise was kept.

    Args:
        operations: how many, about.
        rate: of all of them together, Hz.
        unknown: the share of writes without an answer, of which one half is applied.
        seed: of all chances.
    """
    rng = random.Random(seed)
    store: dict[str, tuple[int, str | None]] = {}
    version, learned = START, -1  # what the swapper knows; -1: it has to read first
    done: list[Operation] = []
    told: list[Change | Mark] = [Mark(0.0, Turn.LISTED), Mark(0.001, Turn.OPENED)]
    for number, sent in enumerate(_sent(operations, rate, rng), start=1):
        op = Op.READ if sent.op is Op.SWAP and learned < 0 else sent.op
        made = Operation(number, sent.process, op, sent.key, sent.invoked, sent.returned, Result.OK)
        if op is Op.READ:
            have = store.get(sent.key, (0, None))
            learned = have[0] if sent.op is Op.SWAP else learned
            done.append(replace(made, version=have[0], value=have[1]))
            continue
        made = replace(made, value=sent.value, expected=learned if op is Op.SWAP else None)
        silent, applied = rng.random() < unknown, rng.random() < 0.5
        if applied or not silent:
            version += rng.choice((1, 1, 2, 7))  # others write too
            store[sent.key] = (version, sent.value)
            lag = sent.applied + rng.uniform(0.001, 0.02)
            told.append(Change(lag, "MODIFIED", sent.key, version, sent.value))
        if op is Op.SWAP:
            learned = -1 if silent else version
        if silent:
            done.append(replace(made, result=Result.UNKNOWN))
        else:
            done.append(replace(made, version=version))
    end = max(o.returned for o in done) + 0.1
    told = [*told[:2], *sorted(told[2:], key=lambda one: one.at), Mark(end, Turn.CLOSED, why=ENDED)]
    done.sort(key=lambda o: (o.invoked, o.number))
    return History(HEADER, tuple(done), {"objects": tuple(told)}, (), end)


def _sent(operations: int, rate: float, rng: random.Random) -> Iterator[_Sent]:
    """What was sent, in the order in which it was applied; last of all, every object is read."""
    every: list[_Sent] = []
    for n in range(operations):
        kind = n % 4
        ring = f"ring-{n // 4 % RING:02d}"
        invoked = 1.0 + n / rate
        returned = invoked + rng.uniform(0.002, 0.02)
        applied = rng.uniform(invoked, returned)
        if kind == 0:
            every.append(_Sent(Op.WRITE, "writer", ring, invoked, applied, returned, f"w:{n}"))
        elif kind == 1:
            every.append(_Sent(Op.SWAP, "swapper", REGISTER, invoked, applied, returned, f"s:{n}"))
        else:
            key = ring if kind == 2 else REGISTER
            every.append(_Sent(Op.READ, f"reader-{kind}", key, invoked, applied, returned))
    over = 1.0 + operations / rate + 0.5
    for n, key in enumerate([REGISTER, *(f"ring-{n:02d}" for n in range(RING))]):
        at = over + n * 0.01
        every.append(_Sent(Op.READ, "last", key, at, at + 0.002, at + 0.005))
    yield from sorted(every, key=lambda one: one.applied)


def changed(history: History, at: int, **other: object) -> History:
    """The history with one operation, by its place, in other words."""
    operations = list(history.operations)
    operations[at] = replace(operations[at], **other)  # type: ignore[arg-type]
    return replace(history, operations=tuple(operations))


def retold(history: History, tell: Callable[[list[Change | Mark]], list[Change | Mark]]) -> History:
    """The history with its watch telling something else."""
    return replace(history, watches={"objects": tuple(tell(list(history.watches["objects"])))})


def place(history: History, **wanted: object) -> int:
    """The place of an operation in the middle of the history that has these attributes."""
    found = [
        n
        for n, o in enumerate(history.operations)
        if all(getattr(o, name) == value for name, value in wanted.items())
    ]
    return found[len(found) // 2]
