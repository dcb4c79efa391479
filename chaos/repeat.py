"""The same experiment carried out n times: how its figures spread. Pure.

One run is one draw: where in its period a health check stood, whose election timer ran out first,
which server a client was connected to. A single figure says little of the next one. So: the median,
the p95, the largest, and of how many; no mean.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.measure.verdict import Verdict

if TYPE_CHECKING:  # chaos.result holds what is made here
    from chaos.findings import Bounds
    from chaos.result import ExperimentResult, ProbeResult

INF = float("inf")

# The last phase of an experiment (`chaos.experiment`): one that was interrupted, healed too early
# or not healed at all does not come to it, and what it measured is no draw of this experiment.
LAST = "settle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How n lengths spread, in seconds; of measured bounds, the upper ones.

    `endless` of the n had no end that was seen. They count, as longer than all others: left out,
    they would make the rest look good. A figure that falls among them is None. `p95` is a length
    that was measured (nearest rank): for n below 20 that is the largest.
    """

    n: int
    endless: int
    median: float | None
    p95: float | None
    max: float | None

    @classmethod
    def of(cls, lengths: Iterable[float | None]) -> Distribution:
        """Of lengths in seconds; None is one without an end.

        Raises:
            ValueError: there is none.
        """
        every = sorted(INF if length is None else length for length in lengths)
        if not every:
            raise ValueError("of no lengths there is no distribution")
        return cls(
            n=len(every),
            endless=every.count(INF),
            median=_finite(statistics.median(every)),
            p95=_finite(every[math.ceil(0.95 * len(every)) - 1]),
            max=_finite(every[-1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One experiment, as often as it was carried out.

    `verdicts` counts all n. `figures` are distributions by what was measured: `longest outage`,
    `total outage` and `recovery` by probe (`api-write: recovery`), `service`, `redundancy`; the n
    of each says of how many. It is smaller than this n where a fault did not show, or a probe saw
    too little: nothing was measured there.
    """

    fault: str
    variant: str
    target: str
    n: int
    verdicts: Mapping[str, int]
    figures: Mapping[str, Distribution]


def repeated(results: Sequence[ExperimentResult]) -> tuple[Repeated, ...]:
    """Those experiments that were carried out more than once, in the order of their first times.

    The same is what has the same fault, variant, target and hold; the nodes that a target was
    resolved to may differ.
    """
    groups: dict[tuple[str, str, str, float], list[ExperimentResult]] = {}
    for one in results:
        groups.setdefault((one.fault, one.variant, one.target, one.hold), []).append(one)
    return tuple(_repeated(group) for group in groups.values() if len(group) > 1)


def _repeated(group: Sequence[ExperimentResult]) -> Repeated:
    lengths: dict[str, list[float | None]] = {}
    for one in group:
        for name, length in _figures(one):
            lengths.setdefault(name, []).append(length)
    first = group[0]
    return Repeated(
        fault=first.fault,
        variant=first.variant,
        target=first.target,
        n=len(group),
        verdicts=dict(Counter(one.verdict.value for one in group)),
        figures={name: Distribution.of(found) for name, found in lengths.items()},
    )


def _figures(one: ExperimentResult) -> Iterator[tuple[str, float | None]]:
    """What one experiment measured, by name; nothing where it was no whole experiment."""
    if not one.manifested or all(phase.name != LAST for phase in one.phases):
        return
    if one.service is not None and all(map(_measured, one.probes)):
        yield "service", one.service.upper
    if one.redundancy_budget is not None:
        yield "redundancy", one.redundancy
    for probe in filter(_measured, one.probes):
        yield f"{probe.probe}: longest outage", probe.longest_outage.upper
        yield f"{probe.probe}: total outage", probe.total_outage.upper
        if probe.recover is not None:
            yield f"{probe.probe}: recovery", probe.recover.upper


def _measured(probe: ProbeResult) -> bool:
    """It saw enough; that it saw no end is a measurement too."""
    known: list[Bounds | None] = [probe.longest_outage, probe.recover]
    endless = any(bounds is not None and bounds.upper is None for bounds in known)
    return endless or probe.verdict is not Verdict.INCONCLUSIVE


def _finite(length: float) -> float | None:
    return None if math.isinf(length) else round(length, 6)
