"""From what a probe saw and what was allowed, a verdict with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.measure.budget import Budget
from chaos.measure.degradation import Degradation
from chaos.measure.outage import Outage
from chaos.measure.recovery import Recovery
from chaos.measure.summary import Summary
from chaos.measure.verdict import Verdict, worst

# Successes wanted before the fault: 5 s at 20 Hz. With fewer, "it worked before" is a guess.
FLOOR = 100

# The share of the hold that may be unseen, or stalled, before nothing at all is said.
UNSEEN = 0.1

INF = float("inf")


@dataclass(frozen=True, slots=True)
class Measure:
    """One number against its limit, in seconds; without a limit it is told and not judged.

    `lower` and `upper` bound what was measured. `certain` is what it is at least, whatever went on
    unseen, and `possible` what it is at most, had all that is unseen been failure.
    """

    name: str
    lower: float
    upper: float
    certain: float
    possible: float
    limit: float | None

    @property
    def verdict(self) -> Verdict:
        """FAIL if over the limit for certain, PASS if within it for certain."""
        if self.limit is None:
            return Verdict.NOT_COVERED
        if self.certain > self.limit:
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE if self.possible > self.limit else Verdict.PASS

    def __str__(self) -> str:
        text = f"{self.name} {self.lower:.2f} to {self.upper:.2f} s"
        return text if self.limit is None else f"{text}, budget {self.limit:g} s"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, the reason in a sentence, and the numbers it rests on."""

    verdict: Verdict
    reason: str
    measures: tuple[Measure, ...]
    samples_before: int
    samples: int
    unseen_share: float
    stalled_share: float


def judge(
    seen: Summary,
    budget: Budget,
    *,
    before: Summary,
    recovered: Recovery | None = None,
    floor: int = FLOOR,
    unseen_limit: float = UNSEEN,
) -> Finding:
    """Judge one probe under one fault. Pure: the same timeline gives the same finding.

    The upper bounds are judged. Where the runner did not see enough, the verdict is INCONCLUSIVE
    unless even the best case is over the budget: unknown is worse than true, and no failure.

    Args:
        seen: from the injection to the end of the time in which the service is watched.
        budget: what is allowed.
        before: the baseline, up to the injection.
        recovered: service recovery since the injection; None where it was not looked at.
        floor: successful samples wanted in the baseline.
        unseen_limit: the share of `seen` (0 to 1) that the probe may not have seen, or the runner
            may have stood still.
    """
    measures = _measures(seen, budget, recovered)

    def finding(verdict: Verdict, reason: str) -> Finding:
        return Finding(
            verdict,
            reason,
            measures,
            before.ok,
            seen.samples,
            seen.unseen_share,
            seen.stalled_share,
        )

    if before.ok < floor:
        reason = f"too few samples before the fault: {before.ok} good ones, {floor} wanted"
    elif before.failed and before.every_outage:  # one that ended as it began is not the baseline's
        reason = f"it failed before the fault already: {before.failed} of {before.samples} samples"
    elif max(seen.unseen_share, seen.stalled_share) > unseen_limit:
        reason = (
            f"of {seen.span.length:.1f} s the runner stood still for {seen.stalled_share:.0%} and "
            f"the probe did not see {seen.unseen_share:.0%}; at most {unseen_limit:.0%} is allowed"
        )
    elif budget.empty:
        reason = "there is no budget to judge by"
    else:
        verdict = worst(m.verdict for m in measures)
        return finding(verdict, _reason(verdict, measures, recovered))
    return finding(Verdict.INCONCLUSIVE, reason)


def _measures(seen: Summary, budget: Budget, recovered: Recovery | None) -> tuple[Measure, ...]:
    return (
        _longest(seen, _seconds(budget.longest_outage)),
        _total(seen, _seconds(budget.total_outage)),
        _degradation(seen, _seconds(budget.degradation)),
        _recovery(recovered, _seconds(budget.recover)),
    )


def _longest(seen: Summary, limit: float | None) -> Measure:
    every = seen.every_outage
    longest = max(every, key=lambda outage: outage.upper.length, default=None)
    lower, upper = _bounds(longest)
    certain = max((outage.certain for outage in every), default=0.0)
    return Measure("longest outage", lower, upper, certain, _at_most(seen, upper), limit)


def _total(seen: Summary, limit: float | None) -> Measure:
    """Outages that stand alone in full, degradations by the share that failed."""
    lower = sum(outage.lower.length for outage in seen.alone)
    upper = sum(outage.upper.length for outage in seen.alone)
    certain = sum(outage.certain for outage in seen.alone)
    for one in seen.degradations:
        lower += one.lower.length * one.share
        upper += one.upper.length * one.share
        certain += _certain(one) * one.share
    blind = sum(part.length for part in seen.unseen)
    possible = INF if _open(seen) else upper + blind
    return Measure("total outage", lower, upper, certain, possible, limit)


def _degradation(seen: Summary, limit: float | None) -> Measure:
    longest = max(seen.degradations, key=lambda one: one.upper.length, default=None)
    lower, upper = _bounds(longest)
    certain = max((_certain(one) for one in seen.degradations), default=0.0)
    return Measure("degradation", lower, upper, certain, _at_most(seen, upper), limit)


def _recovery(recovered: Recovery | None, limit: float | None) -> Measure:
    if recovered is None:
        return Measure("recovery", 0.0, 0.0, 0.0, INF, limit)
    r = recovered
    return Measure("recovery", r.lower, r.upper, r.certain, r.possible, limit)


def _bounds(one: Outage | Degradation | None) -> tuple[float, float]:
    return (one.lower.length, one.upper.length) if one else (0.0, 0.0)


def _certain(one: Degradation) -> float:
    return one.lower.length if one.still_open else max(0.0, one.upper.length - one.unseen)


def _open(seen: Summary) -> bool:
    return any(outage.still_open for outage in seen.every_outage)


def _at_most(seen: Summary, upper: float) -> float:
    return INF if _open(seen) else max([upper, *(part.length for part in seen.unseen)])


def _reason(verdict: Verdict, measures: tuple[Measure, ...], recovered: Recovery | None) -> str:
    told = [measure for measure in measures if measure.limit is not None]
    if verdict is Verdict.PASS:
        return "within budget: " + "; ".join(map(str, told))
    picked = "; ".join(str(measure) for measure in told if measure.verdict is verdict)
    if verdict is Verdict.FAIL:
        return f"over budget: {picked}"
    if recovered and recovered.by_heal and not recovered.still_open:
        picked += "; the service came back only with the heal"
    return f"it cannot be told whether this is within budget: {picked}"


def _seconds(limit: timedelta | None) -> float | None:
    return None if limit is None else limit.total_seconds()
