"""What one probe saw in an experiment, judged. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta

from chaos.findings import Bounds
from chaos.measure.attribution import attribute
from chaos.measure.budget import Budget
from chaos.measure.degradation import Degradation
from chaos.measure.judge import Measure, judge
from chaos.measure.outage import Outage
from chaos.measure.outcome import Outcome
from chaos.measure.recovery import recovery
from chaos.measure.summary import Summary, summarize
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict
from chaos.result import OutageResult, ProbeResult
from chaos.story import Story

INF = float("inf")
# Outages of a probe whose surroundings are told; a broken probe has hundreds.
MOST = 10


def probe_result(
    timeline: Timeline, story: Story, name: str, other: Mapping[str, Mapping[str, float]]
) -> ProbeResult:
    """What a probe saw from the injection on, judged by its budget.

    Args:
        other: limits that replace those it was run with, in seconds by probe and by name.
    """
    planned = story.planned
    limits = other.get(name, planned.budgets.get(name, {}))
    struck = timeline.span.end if story.injected is None else story.injected
    before = summarize(timeline, name, since=min(story.baseline, struck), until=struck)
    seen = summarize(timeline, name, since=struck)
    recovered = recovery(seen.every_outage, since=struck, heal=story.healing, unseen=seen.unseen)
    finding = judge(seen, _budget(limits), before=before, recovered=recovered)
    measured = {measure.name: measure for measure in finding.measures}
    endless = any(outage.still_open for outage in seen.every_outage)
    return ProbeResult(
        probe=name,
        path=seen.probe.path,
        rate=seen.probe.rate,
        samples=seen.samples,
        ok=seen.ok,
        failed=seen.failed,
        not_sent=seen.classes.get(Outcome.NOT_SENT, 0),
        classes={str(kind): count for kind, count in sorted(seen.classes.items())},
        latency=_latency(seen),
        outages=tuple(
            _outage(one, since=struck, told=_told(timeline, one) if n < MOST else ())
            for n, one in enumerate(seen.outages)
        ),
        degradations=tuple(_degradation(one, since=struck) for one in seen.degradations),
        longest_outage=_bounds(measured["longest outage"], open_=endless),
        total_outage=_bounds(measured["total outage"], open_=endless),
        recover=_bounds(measured["recovery"], open_=recovered.still_open or recovered.by_heal),
        budget=dict(limits),
        budget_from=planned.budget_from.get(name, "") if name not in other else "rejudged",
        judged=bool(limits),
        verdict=finding.verdict if limits else Verdict.NOT_COVERED,
        reason=finding.reason if limits else "told, not judged",
    )


def _budget(limits: Mapping[str, float]) -> Budget:
    known = {field.name for field in fields(Budget)}
    return Budget(**{k: timedelta(seconds=v) for k, v in limits.items() if k in known})


def _latency(seen: Summary) -> dict[str, float]:
    if seen.latency is None:
        return {}
    return {name: round(getattr(seen.latency, name), 6) for name in ("p50", "p95", "p99", "max")}


def _bounds(measure: Measure, *, open_: bool = False) -> Bounds:
    upper = None if open_ or measure.upper == INF else round(measure.upper, 6)
    return Bounds(lower=round(measure.lower, 6), upper=upper)


def _told(timeline: Timeline, one: Outage) -> tuple[str, ...]:
    return attribute(timeline, one).sentences


def _outage(one: Outage, *, since: float, told: tuple[str, ...]) -> OutageResult:
    return _shown(one, one.classes, since=since, attempted=one.failed, told=told)


def _degradation(one: Degradation, *, since: float) -> OutageResult:
    classes = sum((Counter(outage.classes) for outage in one.outages), Counter[Outcome]())
    return _shown(one, classes, since=since, attempted=one.attempted)


def _shown(
    one: Outage | Degradation,
    classes: Mapping[Outcome, int],
    *,
    since: float,
    attempted: int,
    told: tuple[str, ...] = (),
) -> OutageResult:
    upper = None if one.still_open else round(one.upper.length, 6)
    return OutageResult(
        begins=round(one.lower.begin - since, 6),
        length=Bounds(lower=round(one.lower.length, 6), upper=upper),
        failed=one.failed,
        attempted=attempted,
        classes={str(kind): count for kind, count in sorted(classes.items())},
        told=told,
    )
