"""Whether the API kept what it promises, from a history alone: one file a promise.

All of it is pure: the same history gives the same judgement, with no cluster. Two operations are
put in an order only where one ended before the other began, and only on one object: a
resourceVersion is the object's, not the store's.
"""

from __future__ import annotations

from chaos.history.file import History
from chaos.history.judges import lost, older, swapped, twice, watched
from chaos.history.judges.judgement import FLOOR, Judgement

__all__ = ["FLOOR", "Judgement", "judge"]


def judge(
    history: History, *, fault: float | None = None, floor: int = FLOOR
) -> tuple[Judgement, ...]:
    """Judge every promise.

    Args:
        history: as it was read.
        fault: the monotonic moment of the injection; None where nothing was injected.
        floor: acknowledged operations wanted before the fault, of each sort that a promise is
            about. With fewer the judgement is INCONCLUSIVE, unless the promise was broken anyway.
    """
    return tuple(
        part.judge(history, fault=fault, floor=floor)
        for part in (lost, twice, swapped, older, watched)
    )
