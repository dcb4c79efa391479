"""All that is judged and measured of leaders in one experiment, from its timeline."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.history.judges.judgement import Judgement
from chaos.leaders import leases, terms, told
from chaos.leaders.acting import Overlap, overlaps
from chaos.leaders.takeover import Takeover, takeovers
from chaos.leaders.working import Working, working
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict

WANTED = told.COMPONENTS
"""The leases that are wanted."""


@dataclass(frozen=True, slots=True)
class Leaders:
    """Two judgements, and three measures that are told.

    `overlaps` and `working` are None where no probe looked.
    """

    judgements: tuple[Judgement, ...]
    takeovers: tuple[Takeover, ...]
    overlaps: tuple[Overlap, ...] | None
    working: Working | None


def leaders(timeline: Timeline, *, fault: float) -> Leaders:
    """Judge and measure. What no probe looked at is NOT_COVERED.

    Args:
        timeline: of one experiment.
        fault: the monotonic moment of the injection.
    """
    writes = told.lease_writes(timeline)
    judged = (
        terms.judge(told.member_statuses(timeline), fault=fault)
        if told.has(timeline, told.MEMBER)
        else _unseen(terms.PROMISE, "no probe asked etcd's members"),
        leases.judge(writes, wanted=WANTED, fault=fault)
        if told.has(timeline, told.LEASES)
        else _unseen(leases.PROMISE, "no probe watched the leases"),
    )
    return Leaders(
        judgements=judged,
        takeovers=takeovers(writes, fault=fault, until=timeline.span.end),
        overlaps=overlaps(told.acting_statuses(timeline))
        if told.has(timeline, told.ACTING)
        else None,
        working=working(told.canary(timeline), fault=fault)
        if told.has(timeline, told.CANARY)
        else None,
    )


def _unseen(promise: str, why: str) -> Judgement:
    return Judgement(promise, Verdict.NOT_COVERED, why, (), 0, 0)
