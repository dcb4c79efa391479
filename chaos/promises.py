"""What the API, etcd and the controllers promise, judged for the result of an experiment."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from chaos.findings import Bounds, OverlapResult, PromiseResult, TakeoverResult, WorkingResult
from chaos.history import judges, porcupine
from chaos.history.file import History
from chaos.history.judges.judgement import Judgement
from chaos.history.operation import REGISTER
from chaos.history.recorder.recording import HISTORY
from chaos.leaders.acting import Overlap
from chaos.leaders.summary import leaders
from chaos.leaders.working import Working
from chaos.measure.timeline import Timeline

INF = float("inf")


def kept(timeline: Timeline, file: Path, *, fault: float | None) -> tuple[PromiseResult, ...]:
    """The promises of an experiment's history; none where nothing was recorded or injected.

    Args:
        timeline: the experiment's.
        file: its timeline's; the history lies beside it.
        fault: the injection, in monotonic seconds.

    Raises:
        HistoryError: the history cannot be read.
    """
    recorded = file.with_name(HISTORY)
    if fault is None or not recorded.exists():
        return ()
    history = History.read(recorded)
    if history.header.boot != timeline.header.boot:
        return ()
    found = judges.judge(history, fault=fault)
    return tuple(map(_promise, (*found, porcupine.judge(history, key=REGISTER, fault=fault))))


def led(timeline: Timeline, *, fault: float | None) -> dict[str, Any]:
    """What is told of leaders, as fields of a result: promises, takeovers, overlaps, working."""
    if fault is None:
        return {}
    found = leaders(timeline, fault=fault)
    return {
        "promises": tuple(map(_promise, found.judgements)),
        "takeovers": tuple(
            TakeoverResult(
                lease=one.lease,
                old=one.old,
                last=round(one.last, 3),
                new=one.new,
                first=None if one.first is None else round(one.first, 3),
            )
            for one in found.takeovers
        ),
        "overlaps": None
        if found.overlaps is None
        else tuple(_overlap(one, fault) for one in found.overlaps),
        "working": None if found.working is None else _working(found.working),
    }


def _promise(one: Judgement) -> PromiseResult:
    return PromiseResult(**asdict(one))


def _overlap(one: Overlap, fault: float) -> OverlapResult:
    return OverlapResult(
        component=one.component,
        processes=one.processes,
        begins=None if one.begins == -INF else round(one.begins - fault, 3),
        length=Bounds(lower=round(one.lower, 3), upper=_finite(one.upper)),
    )


def _working(one: Working) -> WorkingResult:
    upper = None if one.upper is None else _finite(one.upper)
    return WorkingResult(
        length=Bounds(lower=round(one.lower, 3), upper=upper),
        usual=None if one.usual is None else round(one.usual, 3),
        spoiled=one.spoiled,
    )


def _finite(value: float) -> float | None:
    return None if value == INF else round(value, 3)
