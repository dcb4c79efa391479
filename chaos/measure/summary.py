"""What one probe saw in a stretch of time: what the reports show and what is judged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chaos.measure.degradation import Degradation, degradations
from chaos.measure.lines import ProbeInfo
from chaos.measure.outage import QUIET, Outage, outages
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans
from chaos.measure.stall import CONTROL, clean, stalls, undisturbed, unseen
from chaos.measure.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds from the intended start to the end, of the samples served while no stall lasted.

    Percentiles are values that were measured (nearest rank). With the failures left out they tell
    nothing of an outage; they never stand without the count of failures.
    """

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Latency | None:
        """None where nothing was served."""
        values = sorted(sample.latency for sample in samples if sample.outcome.served)
        if not values:
            return None
        p50, p95, p99 = (values[math.ceil(q * len(values)) - 1] for q in (0.50, 0.95, 0.99))
        return cls(p50, p95, p99, values[-1])


@dataclass(frozen=True, slots=True)
class Summary:
    """One probe over `span`.

    `classes` counts every sample started in the span, `samples` their sum; `excluded` of them say
    nothing of the service (`stall.clean`). `alone` are the outages outside of
    degradations. `unseen` is where the probe was blind; `stalled` where the runner stood still.
    """

    probe: ProbeInfo
    span: Span
    samples: int
    excluded: int
    ok: int
    failed: int
    classes: Mapping[Outcome, int]
    latency: Latency | None
    alone: tuple[Outage, ...]
    degradations: tuple[Degradation, ...]
    unseen: tuple[Span, ...]
    stalled: tuple[Span, ...]

    @property
    def every_outage(self) -> tuple[Outage, ...]:
        """All outages in order, down to each single failed sample in a degradation."""
        inside = [outage for one in self.degradations for outage in one.outages]
        return tuple(sorted([*self.alone, *inside], key=lambda outage: outage.lower.begin))

    @property
    def outages(self) -> tuple[Outage, ...]:
        """The outages to tell one by one: those alone, and inside of degradations from 1 s on.

        Shorter ones inside are told by their degradation: one silent backend is no row of blips.
        """
        alone = set(map(id, self.alone))
        return tuple(o for o in self.every_outage if id(o) in alone or o.lower.length >= QUIET)

    @property
    def unseen_share(self) -> float:
        """How much of the span the probe did not see, 0 to 1."""
        return _share(self.unseen, self.span)

    @property
    def stalled_share(self) -> float:
        """How much of the span the runner stood still, 0 to 1."""
        return _share(self.stalled, self.span)


def summarize(
    timeline: Timeline, probe: str, *, since: float | None = None, until: float | None = None
) -> Summary:
    """What a probe saw from one moment to another, by default all the time.

    Outages are found over the whole timeline and then given to the span in which they became
    known or lasted, so their bounds do not depend on where the span is cut.

    Args:
        timeline: where the samples are.
        probe: its name.
        since: monotonic seconds; never before the timeline's begin.
        until: monotonic seconds; never after its end.

    Raises:
        TimelineError: there is no such probe.
    """
    info = timeline.probe(probe)
    begin = timeline.span.begin if since is None else max(since, timeline.span.begin)
    end = timeline.span.end if until is None else min(until, timeline.span.end)
    span = Span(begin, max(begin, end))
    stalled = stalls_of(timeline)
    good = clean(timeline.samples[probe], stalled, timeout=info.timeout)
    blind = unseen(good, period=info.period, around=timeline.span)
    every = outages(good, unseen=blind, around=timeline.span)
    alone, degraded = degradations(every, good, period=info.period, unseen=blind)
    taken = [s for s in timeline.samples[probe] if _in(s, span)]
    counted = [s for s in good if _in(s, span)]
    return Summary(
        probe=info,
        span=span,
        samples=len(taken),
        excluded=len(taken) - len(counted),
        ok=sum(sample.outcome.served for sample in counted),
        failed=sum(sample.outcome.failed for sample in counted),
        classes=Counter(sample.outcome for sample in taken),
        latency=Latency.of(undisturbed(counted, stalled)),
        alone=tuple(outage for outage in alone if outage.within(span)),
        degradations=tuple(one for one in degraded if one.within(span)),
        unseen=blind.parts(span),
        stalled=stalled.parts(span),
    )


def stalls_of(timeline: Timeline) -> Spans:
    """When the runner stood still, by the timeline's control probe; always, where it has none."""
    known = {probe.name: probe for probe in timeline.header.probes}
    if CONTROL not in known:
        return Spans([timeline.span])
    control = timeline.samples[CONTROL]
    return stalls(control, period=known[CONTROL].period, around=timeline.span)


def _share(parts: Iterable[Span], span: Span) -> float:
    return sum(part.length for part in parts) / span.length if span.length else 1.0


def _in(sample: Sample, span: Span) -> bool:
    return span.begin <= sample.start < span.end
