"""Degradations: outages with so little success between them that they are one trouble."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from chaos.measure.outage import QUIET, Outage
from chaos.measure.sample import Sample
from chaos.measure.span import Span, Spans


@dataclass(frozen=True, slots=True)
class Degradation:
    """Two or more outages with less than 1 s of proven success between one and the next.

    `lower` goes from the first failed start to the last, `upper` from the last success before to
    the first one after. `attempted` and `failed` count the clean samples started within `lower`.
    """

    probe: str
    lower: Span
    upper: Span
    attempted: int
    failed: int
    unseen: float
    outages: tuple[Outage, ...]

    @property
    def share(self) -> float:
        """Failed of attempted, 0 to 1: about 1/3 where one backend of three is silent."""
        return self.failed / self.attempted

    @property
    def still_open(self) -> bool:
        """It lasted until the end of the timeline, or longer."""
        return self.outages[-1].still_open

    @property
    def longest(self) -> Outage:
        """The longest outage in it, by the upper bound."""
        return max(self.outages, key=lambda outage: outage.upper.length)

    def within(self, span: Span) -> bool:
        """It belongs to this time, as one of its outages does."""
        return any(outage.within(span) for outage in self.outages)


def quiet(period: float) -> float:
    """Seconds of success that end a degradation: 1 s, and for a slow probe five periods.

    At 1 Hz one silent backend of three shows every third second: 1 s would make a row of blips.
    """
    return max(QUIET, 5 * period)


def degradations(
    found: Sequence[Outage], samples: Sequence[Sample], *, period: float, unseen: Spans
) -> tuple[tuple[Outage, ...], tuple[Degradation, ...]]:
    """Tell outages that stand alone from degradations.

    Between two outages, success is proven from the first success after the one to the last before
    the other, less what was not seen in between.

    Args:
        found: one probe's outages, in order.
        samples: its clean samples, in the order of their starts.
        period: its period in seconds.
        unseen: what it did not see.

    Returns:
        the outages that stand alone, and the degradations, which hold the others.
    """
    groups: list[list[Outage]] = []
    for outage in found:
        if groups and _proven(groups[-1][-1], outage, unseen) < quiet(period):
            groups[-1].append(outage)
        else:
            groups.append([outage])
    starts = [sample.start for sample in samples]
    alone = tuple(group[0] for group in groups if len(group) == 1)
    return alone, tuple(_one(group, starts, unseen) for group in groups if len(group) > 1)


def _proven(one: Outage, other: Outage, unseen: Spans) -> float:
    if one.upper.end >= other.upper.begin:
        return 0.0
    between = Span(one.upper.end, other.upper.begin)
    return between.length - unseen.seconds(between)


def _one(group: list[Outage], starts: list[float], unseen: Spans) -> Degradation:
    lower = Span(group[0].lower.begin, group[-1].lower.end)
    upper = Span(group[0].upper.begin, group[-1].upper.end)
    return Degradation(
        probe=group[0].probe,
        lower=lower,
        upper=upper,
        attempted=bisect_right(starts, lower.end) - bisect_left(starts, lower.begin),
        failed=sum(outage.failed for outage in group),
        unseen=unseen.seconds(upper),
        outages=tuple(group),
    )
