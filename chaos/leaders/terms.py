"""etcd: one leader a term."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from chaos.history.judges.judgement import Clock, Judgement, concluded
from chaos.leaders.facts import MemberStatus

PROMISE = "etcd has one leader a term"

# Statuses wanted of each member before the fault: 3 s at 1 Hz.
FLOOR = 3


def judge(
    statuses: Sequence[MemberStatus], *, fault: float | None = None, floor: int = FLOOR
) -> Judgement:
    """Look for two leaders of one term, at whatever times and by whatever members told.

    Raft elects at most one leader a term, for ever, so times do not matter. The promise is broken
    by two members that each said of itself that it leads, in one term, and by nothing else. A
    contradiction that rests on what another member said of a leader, or on a term that was not
    read together with it and may not have been applied yet, is INCONCLUSIVE.

    Limits: at 1 Hz a leader that came and went in between is not seen; and a member that was cut
    off can be asked by nobody.
    """
    clock = Clock(fault if fault is not None else min((s.begin for s in statuses), default=0.0))
    read = [status for status in statuses if status.at_once]
    broken = _two([status for status in read if status.leads], clock)
    doubts = [_too_few(statuses, fault, floor)]
    if not broken and (heard := _two(read, clock)):
        doubts.append(f"{heard[0]}; but not each of them said so of itself")
    elif not broken and (unsure := _two(statuses, clock)):
        doubts.append(f"{unsure[0]}; but the term was that of the last applied entry")
    return concluded(
        PROMISE,
        broken,
        looked_at=len({status.term for status in statuses}),
        of=f"terms in {len(statuses)} statuses",
        doubts=doubts,
    )


def _two(statuses: Iterable[MemberStatus], clock: Clock) -> list[str]:
    by_term: dict[int, dict[str, MemberStatus]] = defaultdict(dict)
    for status in statuses:
        if status.leader:
            by_term[status.term].setdefault(status.leader, status)
    return [
        f"term {term} has {len(leaders)} leaders: "
        + ", ".join(f"{one.leader} by {one.member} at {clock.at(one.end)}" for one in told)
        for term, leaders in sorted(by_term.items())
        if len(told := list(leaders.values())) > 1
    ]


def _too_few(statuses: Sequence[MemberStatus], fault: float | None, floor: int) -> str:
    if not statuses:
        return "no member was asked"
    for member in sorted({status.member for status in statuses}):
        before = sum(s.member == member and (fault is None or s.end < fault) for s in statuses)
        if before < floor:
            return f"{member} was asked {before} times before the fault, and {floor} are wanted"
    if fault is not None and all(status.end < fault for status in statuses):
        return "no member answered after the fault"
    return ""
