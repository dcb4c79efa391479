"""No read is older than what was known before it began."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chaos.history.file import History
from chaos.history.judges.judgement import FLOOR, Clock, Judgement, concluded, too_few
from chaos.history.operation import ABSENT, Op, Operation

PROMISE = "no read is older than one that ended before it began"


def judge(history: History, *, fault: float | None = None, floor: int = FLOOR) -> Judgement:
    """Look for operations that show an older state than one that had ended before they began.

    Compared are quorum reads and acknowledged writes of the same object, and only where one ended
    before the other began; those that overlap may come in either order.
    """
    clock = Clock.of(history, fault)
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        if operation.ok:
            by_key[operation.key].append(operation)
    reads = [o for o in history.operations if o.op is Op.READ and o.ok]
    broken = [text for same in by_key.values() for text in _older(same, clock)]
    ends = (o.returned for o in reads)
    return concluded(
        PROMISE,
        broken,
        looked_at=len(reads),
        of="answered reads",
        doubts=[too_few("answered reads", ends, fault=fault, floor=floor)],
    )


def _older(same: list[Operation], clock: Clock) -> Iterator[str]:
    """`same`: the acknowledged operations on one object, in the order of their invocations."""
    ended = sorted(same, key=lambda o: o.returned)
    newest: Operation | None = None
    next_ = 0
    for operation in same:
        while next_ < len(ended) and ended[next_].returned < operation.invoked:
            if newest is None or ended[next_].version > newest.version:
                newest = ended[next_]
            next_ += 1
        if newest and operation.version < newest.version:
            yield (
                f"{operation.key}: {operation.process}'s {operation.op} "
                f"({clock.at(operation.invoked)} to {clock.at(operation.returned)}) gave "
                f"{_state(operation)}, and {newest.process}'s {newest.op}, ended at "
                f"{clock.at(newest.returned)}, had given {_state(newest)}"
            )


def _state(operation: Operation) -> str:
    if operation.version == ABSENT:
        return "no object"
    return f"version {operation.version} with {operation.value}"
