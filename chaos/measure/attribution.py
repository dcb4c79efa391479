"""What an outage is owed to, as far as the timeline can tell: plain sentences with times.

A timeline shows what happened at the same time, never why. So every sentence says what lies how
near to which edge, and where several things do, all of them are named. Each edge of an outage is
known to a period and the latency of a sample; what lies within `NEAR` of an edge may belong to it.

What may have something to do with it: what `chaos.measure.happened` finds, and the outages of the
apiservers that were asked by themselves in the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chaos.measure.happened import STATES, STRUCTURE, VIEWS, Happened, happened
from chaos.measure.outage import Outage
from chaos.measure.span import Span
from chaos.measure.summary import summarize
from chaos.measure.timeline import Timeline

ENDPOINT = "endpoint"
# Seconds within which something may be an edge's cause: a view is looked at once a second.
NEAR = 1.0


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an outage may be owed to; each a sentence, `during` in order of time."""

    began: str
    during: tuple[str, ...]
    backends: str
    ended: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, without those that say nothing."""
        return tuple(filter(None, (self.began, *self.during, self.backends, self.ended)))


def attribute(
    timeline: Timeline,
    outage: Outage,
    *,
    views: Mapping[str, Collection[str]] = VIEWS,
    states: Mapping[str, tuple[str, str]] = STATES,
    ignored: Collection[str] = STRUCTURE,
) -> Attribution:
    """What happened around an outage.

    Args:
        timeline: in which it was found.
        outage: of any probe of it.
        views: kinds of probes that are views, with the details whose changes count.
        states: kinds of events that tell a state: the name of what it is of, and of what counts.
        ignored: kinds of events that do not count.
    """
    found = happened(timeline, views=views, states=states, ignored=ignored)
    zero = outage.lower.begin
    inside = [one for one in found if _touches(one.span, outage.upper, 0.0)]
    first, last = _edges(outage)
    begin = [one for one in found if _touches(one.span, first, NEAR) and one.span.begin <= zero]
    end = [one for one in found if _touches(one.span, last, NEAR) and one not in begin]
    backends = list(_backends(timeline, outage))
    return Attribution(
        began=_edge("it began", begin, zero, outage.began_before, "before anything was known"),
        during=tuple(f"{_at(one.span, zero)} {one.told}" for one in inside),
        backends=_beside(timeline, outage, backends),
        ended=_edge("it ended", [*end, *_back(backends, last)], zero, outage.still_open, "never"),
    )


def _edges(outage: Outage) -> tuple[Span, Span]:
    """Where it began and where it ended, as far as that is known."""
    begin = Span(outage.upper.begin, max(outage.upper.begin, outage.lower.begin))
    return begin, Span(min(outage.lower.end, outage.upper.end), outage.upper.end)


def _touches(span: Span, other: Span, near: float) -> bool:
    return span.begin <= other.end + near and span.end >= other.begin - near


def _edge(what: str, found: Sequence[Happened], zero: float, unknown: bool, otherwise: str) -> str:
    if unknown:
        return f"{what} {otherwise}"
    if not found:
        return f"{what}, and nothing is known that happened then"
    told = [f"{one.told} ({_at(one.span, zero)})" for one in found]
    if len(told) == 1:
        return f"{what} as {told[0]}"
    return f"{what} as one of these: {'; '.join(told)}"


@dataclass(frozen=True, slots=True)
class _Backend:
    path: str
    found: tuple[Outage, ...]


def _backends(timeline: Timeline, outage: Outage) -> Iterator[_Backend]:
    """The apiservers that were asked by themselves, with their outages of this time."""
    probes = timeline.header.probes
    # What is asked through the endpoint and of each apiserver as well.
    kinds = {probe.kind for probe in probes if probe.path == ENDPOINT}
    for probe in probes:
        if probe.path == ENDPOINT or probe.kind not in kinds or probe.name == outage.probe:
            continue
        every = summarize(timeline, probe.name).every_outage
        found = tuple(o for o in every if _touches(o.upper, outage.upper, 0.0))
        yield _Backend(probe.path, found)


def _beside(timeline: Timeline, outage: Outage, backends: Sequence[_Backend]) -> str:
    """Which apiserver failed in the same time."""
    if timeline.probe(outage.probe).path != ENDPOINT or not backends:
        return ""
    failed = [one for one in backends if one.found]
    served = sorted(one.path for one in backends if not one.found)
    told = []
    for one in sorted(failed, key=lambda one: one.found[0].lower.begin):
        first, last = one.found[0], one.found[-1]
        open_ = " and on" if last.still_open else ""
        begins = _seconds(first.lower.begin - outage.lower.begin)
        ends = _seconds(last.upper.end - outage.lower.begin)
        told.append(f"{one.path} asked by itself failed from {begins} to {ends}{open_}")
    if served:
        told.append(f"{', '.join(served)} served")
    return "; ".join(told)


def _back(backends: Sequence[_Backend], edge: Span) -> Iterator[Happened]:
    """Apiservers that served again when it ended."""
    for one in backends:
        for found in one.found:
            back = Span(found.lower.end, found.upper.end)
            if not found.still_open and _touches(back, edge, 0.0):
                yield Happened(back, f"{one.path} served again")


def _at(span: Span, zero: float) -> str:
    if span.length < 0.01:
        return _seconds(span.end - zero)
    return f"{_seconds(span.begin - zero)} to {_seconds(span.end - zero)}"


def _seconds(length: float) -> str:
    # No -0.00: it reads as if something were meant by it.
    return f"{round(length, 2) + 0.0:+.2f} s"
