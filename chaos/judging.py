"""From a timeline to the result of its experiment. Pure: the same timeline, the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from chaos.findings import Bounds, PromiseResult
from chaos.foretelling import compared
from chaos.measure.stall import CONTROL
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict, worst
from chaos.probe_results import probe_result
from chaos.promises import kept, led
from chaos.result import ExperimentResult, Phase, ProbeResult
from chaos.story import Story

INF = float("inf")


def judge_timeline(
    timeline: Timeline,
    *,
    path: str,
    budgets: Mapping[str, Mapping[str, float]] | None = None,
    promises: Sequence[PromiseResult] = (),
) -> ExperimentResult:
    """Judge an experiment from what is on disk.

    Args:
        timeline: of one experiment.
        path: where it lies, relative to the run's folder.
        budgets: other limits than those it was run with, in seconds by probe and by name; they
            replace the probe's own.
        promises: of the experiment's history, judged already.

    Raises:
        TimelineError: the timeline holds no experiment.
    """
    story = Story.of(timeline)
    probes = tuple(
        probe_result(timeline, story, info.name, budgets or {})
        for info in timeline.header.probes
        if info.name != CONTROL
    )
    planned = story.planned
    found = led(timeline, fault=story.injected)
    every = (*promises, *found.pop("promises", ()))
    verdict, reason = _verdict(story, probes, every)
    if planned.expired and verdict is not Verdict.UNHEALED:
        verdict, reason = Verdict.FAIL, f"its waiver has expired ({planned.expired}); {reason}"
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
        expired=planned.expired,
        predictions=compared(
            timeline,
            story.predicted,
            {probe.probe: probe.budget for probe in probes},
            struck=story.injected,
            until=story.healing,
        ),
        promises=every,
        clocks=story.clocks,
        **found,
    )


def judge_folder(
    root: Path, path: str, *, budgets: Mapping[str, Mapping[str, float]] | None = None
) -> ExperimentResult:
    """Judge an experiment from its timeline, and from the history beside it if there is one.

    Args:
        root: the run's folder.
        path: of the timeline, relative to that.
        budgets: as in `judge_timeline`.

    Raises:
        TimelineError: the timeline cannot be read, or holds no experiment.
        HistoryError: the history cannot be read.
    """
    timeline = Timeline.read(root / path)
    promises = kept(timeline, root / path, fault=Story.of(timeline).injected)
    return judge_timeline(timeline, path=path, budgets=budgets, promises=promises)


def _verdict(
    story: Story, probes: Sequence[ProbeResult], promises: Sequence[PromiseResult]
) -> tuple[Verdict, str]:
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
    verdict = worst([verdict, *(p.verdict for p in promises)])
    reasons = [f"{p.probe}: {p.reason}" for p in judged if p.verdict is verdict]
    if verdict is not Verdict.PASS:
        reasons += [f"{p.promise}: {p.reason}" for p in promises if p.verdict is verdict]
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


def _wall(timeline: Timeline, at: float) -> str:
    header = timeline.header
    moment: datetime = header.wall + timedelta(seconds=at - header.monotonic)
    return moment.isoformat(timespec="milliseconds")
