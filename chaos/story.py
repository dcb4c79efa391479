"""What an experiment writes into its timeline besides samples, and how that is read back.

The timeline alone must be enough to judge an experiment again, so everything that the judgement
needs and no probe sees is an event: the plan, the phases, the evidence, the heal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from chaos.measure.errors import TimelineError
from chaos.measure.sample import STOPPED, Event
from chaos.measure.timeline import Timeline

PLANNED = "planned"
PHASE = "phase"
INJECTED = "injected"
MANIFESTED = "manifested"
HEALING = "healing"
HEALED = "healed"
REDUNDANT = "redundant"
SPOILED = "spoiled"
UNHEALED = "unhealed"
NOT_COVERED = "not covered"
PREDICTED = "predicted"
CLOCKS = "clocks"

# The phase in which nothing is broken and nothing else is done: what the rest is held against.
BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What was going to be done, written before anything is.

    `hold` and `redundancy` (the time allowed from the heal until all are back) are in seconds,
    `budgets` are limits in seconds by probe and by name, `budget_from` where each came from.
    `waiver` is why a FAIL, or that it could not be tried, does not count; `expired` is a waiver
    whose day is over. Either is empty where there is none.
    """

    name: str
    fault: str
    variant: str
    target: str
    nodes: tuple[str, ...]
    seed: int
    hold: float
    redundancy: float | None
    budgets: Mapping[str, Mapping[str, float]]
    budget_from: Mapping[str, str]
    waiver: str = ""
    expired: str = ""

    def as_data(self) -> dict[str, Any]:
        """As an event's data."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Planned:
        """The reverse of `as_data`."""
        return cls(**{**data, "nodes": tuple(data["nodes"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An experiment as its events tell it. Moments are monotonic seconds; None did not happen.

    `phases` are names with begin and end. `spoiled` says why nothing can be concluded, `unhealed`
    why the fault may still be in, `not_covered` why it was not tried at all. `broken_off`: its end
    was never written. `predicted` are predictions by probe, as data; `clocks` each node's offset
    and how wrong it may be, in seconds.
    """

    planned: Planned
    begins: float
    phases: tuple[tuple[str, float, float], ...]
    injected: float | None = None
    manifested: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)
    healing: float | None = None
    healed: float | None = None
    redundant: float | None = None
    spoiled: str = ""
    unhealed: str = ""
    not_covered: str = ""
    predicted: Mapping[str, Any] = field(default_factory=dict)
    clocks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    broken_off: bool = False

    @property
    def baseline(self) -> float:
        """When the baseline began. Before that the cluster was looked at, which is work for it."""
        return max((at for name, at, _ in self.phases if name == BASELINE), default=self.begins)

    @classmethod
    def of(cls, timeline: Timeline) -> Story:
        """Read it from a timeline's events.

        Raises:
            TimelineError: it holds no experiment.
        """
        events = timeline.events
        planned = _last(events, PLANNED)
        if planned is None:
            raise TimelineError("this timeline holds no experiment: it has no event `planned`")
        manifested = _last(events, MANIFESTED)
        shown: Any = manifested.data if manifested else {}
        predicted, clocks = _last(events, PREDICTED), _last(events, CLOCKS)
        return cls(
            planned=Planned.from_data(planned.data),
            begins=next(event.at for event in events if event.kind == PLANNED),
            phases=_phases(events, end=timeline.span.end),
            injected=_when(events, INJECTED),
            manifested=bool(shown.get("manifested")),
            evidence=dict(shown.get("nodes", {})),
            healing=_when(events, HEALING),
            healed=_when(events, HEALED),
            redundant=_when(events, REDUNDANT),
            spoiled=_why(events, SPOILED),
            unhealed=_why(events, UNHEALED),
            not_covered=_why(events, NOT_COVERED),
            predicted=_inside(predicted, "probes"),
            clocks=_pairs(_inside(clocks, "nodes")),
            broken_off=_last(events, STOPPED) is None,
        )


def _inside(event: Event | None, key: str) -> Mapping[str, Any]:
    # By one more name: in an event's data anything may be called as something else already.
    found: Any = event.data.get(key) if event else None
    return dict(found or {})


def _pairs(data: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    return {node: (float(offset), float(within)) for node, (offset, within) in data.items()}


def _last(events: Sequence[Event], kind: str) -> Event | None:
    return next((event for event in reversed(events) if event.kind == kind), None)


def _when(events: Sequence[Event], kind: str) -> float | None:
    found = _last(events, kind)
    return found.at if found else None


def _why(events: Sequence[Event], kind: str) -> str:
    # The first reason is the cause; what follows are its effects.
    found = next((event for event in events if event.kind == kind), None)
    return str(found.data.get("why", "")) if found else ""


def _phases(events: Sequence[Event], *, end: float) -> tuple[tuple[str, float, float], ...]:
    begun = [(str(event.data["name"]), event.at) for event in events if event.kind == PHASE]
    if not begun:
        return ()
    over = next((event.at for event in events if event.kind == STOPPED), end)
    ends = [*(at for _, at in begun[1:]), over]
    return tuple((name, at, until) for (name, at), until in zip(begun, ends, strict=True))
