"""The history of the one register, given to porcupine, a checker of linearizability, through Go.

A second opinion by values alone: it trusts no resourceVersion. What it says is of this object, and
nothing is called linearizable beyond that.
"""

from __future__ import annotations

from pathlib import Path

from chaos.history.file import History
from chaos.history.judges.judgement import FLOOR, Judgement, concluded, too_few
from chaos.history.operation import Op, Operation, Result
from chaos.history.porcupine.program import NoGo, cache, check
from chaos.history.porcupine.register import Register, Unfit, register
from chaos.measure.verdict import Verdict

__all__ = ["PROMISE", "Register", "Unfit", "judge", "register"]

PROMISE = "the register is linearizable"

# Seconds that the search may take: it is exponential in the writes that nobody answered.
LIMIT = 30.0


def judge(
    history: History,
    *,
    key: str,
    fault: float | None = None,
    floor: int = FLOOR,
    limit: float = LIMIT,
    folder: Path | None = None,
) -> Judgement:
    """Whether there is an order of all operations on `key` that fits them and their times.

    FAIL where there is none. NOT_COVERED without Go, or where the checker cannot be compiled.
    INCONCLUSIVE where the search took longer than `limit`, and where too little was done.

    Args:
        history: as it was read; not judged by anything else.
        key: the register, which one client swaps and others read.
        fault: the monotonic moment of the injection, if there was one.
        floor: acknowledged swaps wanted before it.
        limit: seconds.
        folder: where the compiled checker is kept; by default the user's cache.
    """
    try:
        given = register(history, key)
        said = check(given, limit=limit, folder=folder or cache())
    except Unfit as wrong:
        return Judgement(PROMISE, Verdict.INCONCLUSIVE, str(wrong), (), 0, 0)
    except NoGo as wrong:
        return Judgement(PROMISE, Verdict.NOT_COVERED, str(wrong), (), 0, 0)
    broken = {"illegal": [f"{key}: no order of its operations fits what was answered when"]}
    swaps = [o.returned for o in _on(history, key) if o.op is Op.SWAP and o.result is Result.OK]
    return concluded(
        PROMISE,
        broken.get(said, []),
        looked_at=len(given.operations),
        of="operations",
        doubts=[
            f"the search took more than {limit:g} s" if said == "unknown" else "",
            too_few("acknowledged swaps", swaps, fault=fault, floor=floor),
        ],
    )


def _on(history: History, key: str) -> list[Operation]:
    return [o for o in history.operations if o.key == key]
