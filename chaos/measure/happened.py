"""What happened, by a timeline: whatever changed the cluster, or shows that it changed.

- Events, but for those that only structure an experiment, those that tell how things were at the
  beginning, and those that tell a state again (a Lease is renewed every two seconds) as it was.
- Changes of a *view*: a probe whose samples' details say how others see the cluster (which servers
  a balancer has down, who holds the virtual IP, who leads etcd). Such a change lies somewhere
  between two samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from chaos.measure.sample import ORPHANED, READY, STOPPED, Event
from chaos.measure.span import Span
from chaos.measure.timeline import Timeline

# Events that structure an experiment and change nothing of the cluster.
STRUCTURE = frozenset(
    {
        *("planned", "predicted", "clocks", "phase", "manifested"),
        *("spoiled", "unhealed", "not covered", READY, STOPPED, ORPHANED),
    }
)
# As timelines have them: kinds of probes that are views, with the details whose changes count …
VIEWS: Mapping[str, Collection[str]] = MappingProxyType(
    {"balancer-view": ("down",), "vip-holder": ("holds",), "etcd-member": ("leader",)}
)
# … and kinds of events that tell a state: the name of what it is of, and of what counts.
STATES: Mapping[str, tuple[str, str]] = MappingProxyType({"lease": ("lease", "holder")})
_WORDS = {
    "injected": "the fault was injected",
    "healing": "the heal began",
    "healed": "the fault was healed",
    "redundant": "all members, nodes and backends were back",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened at a moment within `span` (monotonic seconds)."""

    span: Span
    told: str


def happened(
    timeline: Timeline,
    *,
    views: Mapping[str, Collection[str]] = VIEWS,
    states: Mapping[str, tuple[str, str]] = STATES,
    ignored: Collection[str] = STRUCTURE,
) -> list[Happened]:
    """All of it, in order of time.

    Args:
        timeline: in which to look.
        views: kinds of probes that are views, with the details whose changes count.
        states: kinds of events that tell a state: the name of what it is of, and of what counts.
        ignored: kinds of events that do not count.
    """
    events = (*_events(timeline, {*ignored, *states}), *_told(timeline, states))
    return sorted(
        [*events, *_changes(timeline, views)], key=lambda one: (one.span.begin, one.span.end)
    )


def _events(timeline: Timeline, ignored: Collection[str]) -> Iterator[Happened]:
    for event in timeline.events:
        if event.kind in ignored or event.data.get("first"):
            continue
        told = {k: v for k, v in event.data.items() if k != "within"}
        shown = ", ".join(f"{name} {value}" for name, value in told.items())
        words = _WORDS.get(event.kind, event.kind)
        yield Happened(_when(event), f"{words} ({shown})" if shown else words)


def _told(timeline: Timeline, states: Mapping[str, tuple[str, str]]) -> Iterator[Happened]:
    """The events by which a state was another than the last time."""
    known: dict[tuple[str, str], str] = {}
    for event in timeline.events:
        if event.kind not in states:
            continue
        of, counts = (str(event.data.get(name, "")) for name in states[event.kind])
        was = known.get((event.kind, of))
        known[event.kind, of] = counts
        if was not in (None, counts):
            what = f"{event.kind} {of}: {states[event.kind][1]}"
            yield Happened(_when(event), f"{what} from {was or 'nobody'} to {counts or 'nobody'}")


def _when(event: Event) -> Span:
    """The moment of an event, as wide as the clock is uncertain by which it was told."""
    within = event.data.get("within", 0.0)
    off = float(within) if isinstance(within, int | float) else 0.0
    return Span(event.at - off, event.at + off)


def _changes(timeline: Timeline, views: Mapping[str, Collection[str]]) -> Iterator[Happened]:
    for probe in timeline.header.probes:
        for key in views.get(probe.kind, ()):
            known = [s for s in timeline.samples[probe.name] if key in s.detail]
            for one, other in pairwise(known):
                was, now = one.detail[key], other.detail[key]
                if was != now:
                    told = f"{probe.name}: {key} from {_shown(was)} to {_shown(now)}"
                    yield Happened(Span(one.start, max(one.start, other.end)), told)


def _shown(value: object) -> str:
    """A detail as a word: an empty one is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "nothing"
