"""From a timeline to the result of its experiment. Pure: the same timeline, the same result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from chaos.measure.budget import Budget
from chaos.measure.degradation import Degradation
from chaos.measure.judge import Measure, judge
from chaos.measure.outage import Outage
from chaos.measure.outcome import Outcome
from chaos.measure.recovery import recovery
from chaos.measure.stall import CONTROL
from chaos.measure.summary import Summary, summarize
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict, worst
from chaos.result import Bounds, ExperimentResult, OutageResult, Phase, ProbeResult
from chaos.story import Story

INF = float("inf")


def judge_timeline(
    timeline: Timeline,
    *,
    path: str,
    budgets: Mapping[str, Mapping[str, float]] | None = None,
) -> ExperimentResult:
    """Judge an experiment from what is on disk.

    Args:
        timeline: of one experiment.
        path: where it lies, relative to the run's folder.
        budgets: other limits than those it was run with, in seconds by probe and by name; they
            replace the probe's own.

    Raises:
        TimelineError: the timeline holds no experiment.
    """
    story = Story.of(timeline)
    probes = tuple(
        _probe(timeline, story, info.name, budgets or {})
        for info in timeline.header.probes
        if info.name != CONTROL
    )
    verdict, reason = _verdict(story, probes)
    planned = story.planned
    return ExperimentResult(
        name=planned.name,
        fault=planned.fault,
        variant=planned.variant,
        target=planned.target,
        nodes=planned.nodes,
        seed=planned.seed,
        hold=planned.hold,
        begins=_wall(timeline, story.begins),
        phases=tuple(
            Phase(name=name, begins=_wall(timeline, begin), seconds=round(end - begin, 3))
            for name, begin, end in story.phases
        ),
        manifested=story.manifested,
        evidence=story.evidence,
        probes=probes,
        service=_service(probes),
        redundancy=_redundancy(story),
        redundancy_budget=planned.redundancy,
        timeline=path,
        verdict=verdict,
        reason=reason,
        waiver=planned.waiver,
    )


def _verdict(story: Story, probes: Sequence[ProbeResult]) -> tuple[Verdict, str]:
    if story.not_covered:
        return Verdict.NOT_COVERED, story.not_covered
    if story.unhealed:
        return Verdict.UNHEALED, story.unhealed
    if story.spoiled:
        return Verdict.INCONCLUSIVE, story.spoiled
    if story.broken_off:
        return Verdict.INCONCLUSIVE, "the run broke off: nobody saw how it went on"
    if story.injected is None:
        return Verdict.INCONCLUSIVE, "the fault was never injected"
    if not story.manifested:
        return Verdict.INCONCLUSIVE, "the fault did not show: nothing was proved by surviving it"
    judged = [probe for probe in probes if probe.judged]
    verdict = worst(probe.verdict for probe in judged)
    reasons = [f"{p.probe}: {p.reason}" for p in judged if p.verdict is verdict]
    limit, took = story.planned.redundancy, _redundancy(story)
    late = limit is not None and (took is None or took > limit)
    if late:
        told = "was not back" if took is None else f"was back after {took:.1f} s"
        back = f"redundancy {told}, budget {limit:g} s from the heal"
        reasons = [back, *reasons] if verdict is Verdict.FAIL else [back]
        verdict = worst([verdict, Verdict.FAIL])
    return verdict, "; ".join(reasons) or "no probe was judged"


def _redundancy(story: Story) -> float | None:
    if story.redundant is None or story.healing is None:
        return None
    return round(story.redundant - story.healing, 3)


def _service(probes: Sequence[ProbeResult]) -> Bounds | None:
    known = [probe.recover for probe in probes if probe.judged and probe.recover]
    if not known:
        return None
    return max(known, key=lambda one: INF if one.upper is None else one.upper)


def _probe(
    timeline: Timeline, story: Story, name: str, other: Mapping[str, Mapping[str, float]]
) -> ProbeResult:
    planned = story.planned
    limits = other.get(name, planned.budgets.get(name, {}))
    struck = timeline.span.end if story.injected is None else story.injected
    before = summarize(timeline, name, until=struck)
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
        outages=tuple(_outage(one, since=struck) for one in seen.outages),
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


def _outage(one: Outage, *, since: float) -> OutageResult:
    return _shown(one, one.classes, since=since, attempted=one.failed)


def _degradation(one: Degradation, *, since: float) -> OutageResult:
    classes = sum((Counter(outage.classes) for outage in one.outages), Counter[Outcome]())
    return _shown(one, classes, since=since, attempted=one.attempted)


def _shown(
    one: Outage | Degradation, classes: Mapping[Outcome, int], *, since: float, attempted: int
) -> OutageResult:
    upper = None if one.still_open else round(one.upper.length, 6)
    return OutageResult(
        begins=round(one.lower.begin - since, 6),
        length=Bounds(lower=round(one.lower.length, 6), upper=upper),
        failed=one.failed,
        attempted=attempted,
        classes={str(kind): count for kind, count in sorted(classes.items())},
    )


def _wall(timeline: Timeline, at: float) -> str:
    header = timeline.header
    moment: datetime = header.wall + timedelta(seconds=at - header.monotonic)
    return moment.isoformat(timespec="milliseconds")
