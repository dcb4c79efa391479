"""Samples without a server: a simulated probe against a service whose truth is chosen."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chaos.measure.lines import Header, ProbeInfo
from chaos.measure.outcome import SLOW_AFTER, Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span
from chaos.measure.stall import CONTROL
from chaos.measure.timeline import Timeline

INSTANTLY = 0.0005


@dataclass(frozen=True, slots=True)
class Fault:
    """`refuse`, `error`, `hang` (answers when it ends), `swallow` (never answers), `third`."""

    mode: str
    span: Span


def a_sample(start: float, end: float, outcome: Outcome = Outcome.OK, probe: str = "p") -> Sample:
    return Sample(probe, start, start, end, outcome)


def ok(*starts: float, took: float = 0.005) -> list[Sample]:
    return [a_sample(start, start + took) for start in starts]


def bad(*starts: float, took: float = 0.005, outcome: Outcome = Outcome.CONNECT) -> list[Sample]:
    return [a_sample(start, start + took, outcome) for start in starts]


def by_start(*groups: Iterable[Sample]) -> list[Sample]:
    return sorted((s for group in groups for s in group), key=lambda s: s.start)


def simulate(
    faults: Sequence[Fault],
    *,
    until: float,
    rate: float,
    rng: random.Random,
    latency: float = 0.005,
    jitter: float = 0.002,
    timeout: float = 1.0,
) -> list[Sample]:
    """What a probe of this rate would see from 0 to `until`, in the order of the starts.

    A request is decided at one moment between its start and its end, chosen by `rng`.
    """
    samples = []
    for tick in range(int(until * rate)):
        due = tick / rate
        start = due + rng.uniform(0, jitter)
        took = rng.uniform(0.2, 1.0) * latency
        handled = start + rng.uniform(0, took)
        fault = next((f for f in faults if f.span.begin <= handled <= f.span.end), None)
        end, outcome = start + took, Outcome.OK
        if fault and (fault.mode != "third" or tick % 3 == 0):
            end, outcome = _spoilt(fault, start, handled, took, timeout)
        if outcome is Outcome.OK and end - due > SLOW_AFTER:
            outcome = Outcome.SLOW
        samples.append(Sample("p", due, start, end, outcome))
    return sorted(samples, key=lambda sample: sample.start)


def _spoilt(
    fault: Fault, start: float, handled: float, took: float, timeout: float
) -> tuple[float, Outcome]:
    if fault.mode == "refuse":
        return handled + INSTANTLY, Outcome.CONNECT
    if fault.mode == "error":
        return start + took, Outcome.SERVER_ERROR
    if fault.mode == "hang" and fault.span.end + took < start + timeout:
        return fault.span.end + took, Outcome.OK
    return start + timeout, Outcome.TIMEOUT


def timeline_of(
    samples: Sequence[Sample], *, until: float, stalled: Sequence[Span] = (), rate: float = 20.0
) -> Timeline:
    """A timeline of one probe `p`, from 0 on, with a control probe that is missing in stalls."""
    probes = (
        ProbeInfo("p", "api-read-new", "endpoint", rate, 1.0),
        ProbeInfo(CONTROL, CONTROL, "loopback", 20.0, 1.0),
    )
    control = [
        Sample(CONTROL, n / 20, n / 20, n / 20 + 0.001, Outcome.OK)
        for n in range(int(until * 20))
        if not any(stall.begin < n / 20 < stall.end for stall in stalled)
    ]
    header = Header("here", "boot", datetime(2026, 1, 1, tzinfo=UTC), 0.0, probes)
    return Timeline(header, {"p": tuple(samples), CONTROL: tuple(control)}, (), (), Span(0, until))
