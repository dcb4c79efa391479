"""What a probe is to the sampler: data that says how to make it, and one attempt at a time."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

from chaos.measure.errors import SamplerError
from chaos.measure.outcome import SLOW_AFTER, Outcome
from chaos.measure.sample import Event


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One probe, as plain data that can be sent to the sampler.

    `name` is unique in a timeline. `kind` says what is asked, `path` by which way (`endpoint`, a
    node's name, `loopback`). `factory` is `module:attribute`, called with this spec in the
    sampler: so measuring needs to know no probe. `rate` is in Hz, `timeout` in seconds, and so is
    `slow`, after which an answer is one but late. `options` is the kind's own, may hold keys and
    tokens, and so is never shown or written anywhere.
    """

    name: str
    kind: str
    path: str
    factory: str
    rate: float
    timeout: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    slow: float = SLOW_AFTER

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ValueError(f"probe {self.name}: a rate of {self.rate} Hz cannot be kept")
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"probe {self.name}: a time-out of {self.timeout} s makes no sense")
        if not (math.isfinite(self.slow) and self.slow > 0):
            raise ValueError(f"probe {self.name}: slow after {self.slow} s makes no sense")

    @property
    def period(self) -> float:
        """Seconds from one intended start to the next."""
        return 1.0 / self.rate

    @property
    def in_flight(self) -> int:
        """How many attempts are under way at once when all of them hang to the time-out."""
        return math.ceil(self.rate * self.timeout) + 1

    def as_data(self) -> dict[str, Any]:
        """For the sampler's eyes only: with the options."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ProbeSpec:
        """The reverse of `as_data`."""
        return cls(**data)


@dataclass(slots=True)
class Attempt:
    """One attempt while it lasts: the probe notes here how far it came.

    `tick` counts the schedule from 0. `phase` tells, should it hang, in what. What is noted before
    the end is kept whatever the end is: so a write that hung still says what it wrote.
    """

    tick: int
    phase: str = "begin"
    detail: dict[str, str | int | float | bool] = field(default_factory=dict)

    def note(self, **facts: str | float) -> None:
        """Add to the sample's detail."""
        self.detail.update(facts)


class Probe(Protocol):
    """Asks one cheap question, over and over. Knows nothing of faults and never tries again."""

    async def prepare(self) -> None:
        """Whatever should not be part of the first sample. A failure here is no news: ignored."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """Ask once. The sampler cancels it at the time-out and tells ok from slow by itself.

        An exception that comes out of here is a defect of the probe: the sample is not_sent.
        """

    async def close(self) -> None:
        """Let go of what is held."""


@runtime_checkable
class Teller(Protocol):
    """A probe that tells of what happens, beside its samples."""

    def tell_to(self, put: Callable[[Event], None]) -> None:
        """Take where its events go: into the timeline, within a batch."""


def build(spec: ProbeSpec) -> Probe:
    """The probe that a spec describes.

    Raises:
        SamplerError: there is no such factory, or it does not take these options.
    """
    module, _, attribute = spec.factory.partition(":")
    try:
        factory = getattr(importlib.import_module(module), attribute)
        return cast("Probe", factory(spec))
    except Exception as error:
        raise SamplerError(
            f"The probe {spec.name} cannot be made: {type(error).__name__}: {error}"
        ) from error
