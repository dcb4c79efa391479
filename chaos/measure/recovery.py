"""Time until the service recovered from a fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chaos.measure.outage import QUIET, Outage
from chaos.measure.span import Span


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long after an event the service was back for good; all zero where it was never lost.

    `lower` and `upper` are seconds from the event: to the last failed start, and to the first
    success after it. `certain` is what it took at least, `possible` at most, whatever went on
    unseen. `by_heal`: the service came back only when the fault was taken away, so how long it
    would have taken by itself is not known. `still_open`: it did not come back at all.
    """

    lower: float
    upper: float
    certain: float
    possible: float
    by_heal: bool
    still_open: bool


def recovery(
    found: Iterable[Outage], *, since: float, heal: float | None, unseen: Iterable[Span]
) -> Recovery:
    """Service recovery after an event.

    What begins to fail only after the heal is the heal's effect and no part of this recovery.

    Args:
        found: all outages of one probe, those in degradations too.
        since: the event, usually the injection; monotonic seconds.
        heal: when the fault was taken away; None where it never was.
        unseen: what the probe did not see. From 1 s on it may have hidden a loss.
    """
    during = Span(since, float("inf") if heal is None else heal)
    lost = [outage for outage in found if outage.within(during)]
    hidden = [
        part.end - since
        for part in unseen
        if part.length >= QUIET and part.end > since and part.begin < during.end
    ]
    if not lost:
        return Recovery(0.0, 0.0, 0.0, max(hidden, default=0.0), by_heal=False, still_open=False)
    last = max(lost, key=lambda outage: outage.upper.end)
    lower, upper = (max(0.0, edge - since) for edge in (last.lower.end, last.upper.end))
    by_heal = last.upper.end > during.end
    return Recovery(
        lower=lower,
        upper=upper,
        certain=lower if last.unseen or last.still_open else upper,
        possible=float("inf") if by_heal or last.still_open else max([upper, *hidden]),
        by_heal=by_heal,
        still_open=last.still_open,
    )
