"""What a timeline is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.measure.outcome import Outcome

Detail = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Sample:
    """One attempt of one probe.

    `due`, `start` and `end` are monotonic seconds: when the schedule wanted it, when it began, when
    its outcome was known. `detail` says what the class leaves open: the phase, the error, the
    status, which server answered, what was written.
    """

    probe: str
    due: float
    start: float
    end: float
    outcome: Outcome
    detail: Detail = field(default_factory=dict)

    @property
    def lateness(self) -> float:
        """Seconds from the intended start to the real one: our own delay, not the cluster's."""
        return self.start - self.due

    @property
    def latency(self) -> float:
        """Seconds from the intended start to the end: what a client on that schedule waited."""
        return self.end - self.due


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the runner or the sampler did or saw, at a monotonic moment (seconds)."""

    at: float
    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


READY = "sampling-ready"
"""Every probe has had its first sample."""
STOPPED = "sampling-stopped"
"""From here on nothing is sampled on purpose. A timeline without it was cut off."""
ORPHANED = "sampling-orphaned"
"""The sampler saw its parent die and ended."""
