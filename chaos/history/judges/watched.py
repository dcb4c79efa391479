"""A watch tells every change once and in order, and goes on where it broke off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chaos.history.file import History
from chaos.history.judges.epoch import Epoch, epochs
from chaos.history.judges.judgement import FLOOR, Clock, Judgement, concluded, told, too_few
from chaos.history.operation import ABSENT, ENDED, OBJECTS, Change, Mark, Operation, Turn

PROMISE = "a watch has no gap, nothing twice, and its order"

# Seconds that a change may be under way after its write was acknowledged, with the stream open.
LAG = 2.5


def judge(history: History, *, fault: float | None = None, floor: int = FLOOR) -> Judgement:
    """Compare what the watch told with what was acknowledged and read meanwhile.

    A gap is a version that was acknowledged or read and that the watch went over, or did not tell
    within LAG while its stream stood. What it left out because the server had forgotten it (410)
    is no gap: a client is told so, and lists again. That the watch could not be opened again,
    while reads were answered, is a breach too.
    """
    clock = Clock.of(history, fault)
    lines = history.watches.get(OBJECTS, ())
    changes = [what for what in lines if isinstance(what, Change)]
    marks = [what for what in lines if isinstance(what, Mark)]
    stand = _Stand.of(marks, history)
    periods, disorder = epochs(lines, clock)
    gaps, holes, waited = _missing(history, periods, stand, clock)
    broken = [*disorder, *gaps, *_not_resumed(history, stand, clock)]
    doubts = [
        too_few("changes told", (one.at for one in changes), fault=fault, floor=floor),
        "" if stand.open or broken else f"the watch did not stand at the end: {stand.why}",
        f"{waited} changes had no time to be told" if waited else "",
    ]
    turns = [one.turn for one in marks]
    resumed = max(0, turns.count(Turn.OPENED) - turns.count(Turn.LISTED))
    kept = [f"resumed {resumed} times"] if resumed else []
    if Turn.EXPIRED in turns:
        expired = turns.count(Turn.EXPIRED)
        kept.append(f"had to list again after 410 {expired} times, {holes} changes not told")
    return concluded(
        PROMISE,
        broken,
        looked_at=len(changes),
        of="changes told",
        doubts=doubts,
        kept=", ".join(kept),
    )


@dataclass(frozen=True, slots=True)
class _Stand:
    """Whether the watch stood when the history ended, since when it did or did not, and why not."""

    open: bool
    since: float
    end: float
    why: str

    @classmethod
    def of(cls, marks: list[Mark], history: History) -> _Stand:
        end = history.end
        over = next((one for one in marks if one.why == ENDED), None)
        if over:
            end, marks = over.at, marks[: marks.index(over)]
        opened = [n for n, one in enumerate(marks) if one.turn is Turn.OPENED]
        if not opened:
            return cls(False, end, end, f"it never stood: {marks[-1].why if marks else ''}")
        last, after = marks[opened[-1]], marks[opened[-1] + 1 :]
        if not after:
            return cls(True, last.at, end, "")
        why = f"{after[0].turn} {after[0].why}, then {after[-1].turn} {after[-1].why}"
        return cls(False, after[0].at, end, why)


def _missing(
    history: History, periods: list[Epoch], stand: _Stand, clock: Clock
) -> tuple[list[str], int, int]:
    """Gaps, told; how many changes fell into a hole after 410; how many had no time to come."""
    gaps: list[str] = []
    holes = waited = 0
    for proof in _proved(history.operations):
        period = next((one for one in reversed(periods) if one.covers(proof)), None)
        if period is None or period.showed(proof):
            continue
        due = max(proof.returned, stand.since) + LAG
        if proof.version < period.last(proof.key):
            gaps.append(_gap(proof, period, clock))
        elif period is not periods[-1]:
            holes += 1
        elif stand.open and due < stand.end:
            gaps.append(_gap(proof, period, clock))
        else:
            waited += stand.open
    return gaps, holes, waited


def _proved(operations: Iterable[Operation]) -> Iterator[Operation]:
    """For every version that a client was shown, the operation that showed it first."""
    known = set()
    for operation in sorted(operations, key=lambda o: o.returned):
        if operation.ok and operation.version != ABSENT:
            if (operation.key, operation.version) not in known:
                yield operation
            known.add((operation.key, operation.version))


def _gap(proof: Operation, period: Epoch, clock: Clock) -> str:
    before, after = period.around(proof)
    then = f"{after[0]} ({clock.at(after[1])})" if after else "nothing more"
    whose = "which was lost or left out" if proof.writes else "which was left out"
    return (
        f"{proof.key}: version {proof.version}, by {told(proof, clock)}, never came, {whose}; "
        f"the watch told {before} and then {then}"
    )


def _not_resumed(history: History, stand: _Stand, clock: Clock) -> Iterator[str]:
    if stand.open or stand.since + LAG >= stand.end:
        return
    after = [o for o in history.operations if o.ok and o.invoked > stand.since + LAG]
    if after:
        yield (
            f"the watch broke off at {clock.at(stand.since)} ({stand.why}) and was not there again "
            f"by {clock.at(stand.end)}, though {len(after)} operations were answered meanwhile"
        )
