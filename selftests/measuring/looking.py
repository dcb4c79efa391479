"""One round: stubs that misbehave side by side, and one sampler that looks at all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chaos.measure.cost import processor_seconds
from chaos.measure.sampling import Sampling
from chaos.measure.timeline import Timeline
from chaos.probes import kinds
from selftests.measuring.outages import Asked, Round
from selftests.stub.stub import Stub, Truth

NEW, REUSED = "api-read-new", "api-read-reused"
PERIOD = 0.05

# Before the first outage and after the last: enough samples to know how long a good one takes.
LEAD, TAIL = 1.2, 1.2


@dataclass(frozen=True, slots=True)
class Looked:
    """What was asked, what the stubs say they did, and what was measured.

    `truths` are by the path under which a stub was sampled. `sampler` is the share of a processor
    that the sampler took.
    """

    timeline: Timeline
    truths: dict[str, list[tuple[Asked, Truth]]]
    sampler: float


def look(asked: Round, *, folder: Path, rng: random.Random) -> Looked:
    """Carry out a round.

    Args:
        asked: for each stub its outages.
        folder: where the timeline goes.
        rng: moves each begin to anywhere between two ticks.
    """
    file = folder / "timeline.jsonl"
    with ExitStack() as stack:
        stubs = {f"stub-{n}": stack.enter_context(Stub()) for n in range(len(asked))}
        specs = [
            kinds()[kind].spec(stub.access(), path=path)
            for path, stub in stubs.items()
            for kind in (NEW, REUSED)
        ]
        with Sampling(specs, file) as sampling:
            spent, begun = processor_seconds(sampling.pid), time.monotonic()
            ends = [_plan(*pair, rng) for pair in zip(stubs.values(), asked, strict=True)]
            time.sleep(max(ends) + TAIL - time.monotonic())
            spent, took = processor_seconds(sampling.pid) - spent, time.monotonic() - begun
        truths = {
            path: list(zip(mine, stub.truths(), strict=True))
            for (path, stub), mine in zip(stubs.items(), asked, strict=True)
        }
    return Looked(Timeline.read(file), truths, spent / took)


def _plan(stub: Stub, outages: Sequence[Asked], rng: random.Random) -> float:
    at = time.monotonic() + LEAD
    for one in outages:
        at += rng.uniform(0, PERIOD)
        stub.plan(one.kind.mode, at=at, length=one.length, **one.kind.options)
        at += one.seconds
    return at
