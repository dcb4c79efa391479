"""When the work of a controller was done again: a new Deployment got its pods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaos.measure.sample import Sample

# Seconds beyond the slowest attempt before the fault that are not yet waiting for a new leader.
SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Working:
    """How long after a fault the canary worked again, in seconds since the fault.

    `lower` is when the last attempt began that failed, or waited longer than the slowest before
    the fault; zero if none did. `upper` is when the work was done again: the end of that attempt,
    if it only waited, or of the first one after it that did not fail; None if there is none.
    `usual` is the slowest before the fault, `spoiled` counts the attempts that failed or waited.
    """

    lower: float
    upper: float | None
    usual: float | None
    spoiled: int


def working(canary: Sequence[Sample], *, fault: float) -> Working:
    """By a canary in closed loop, one attempt at a time.

    An attempt that was under way when the fault came proves nothing, however it ended: it may have
    been served before. One begun after it that took longer than the slowest before was waiting for
    somebody to do the work.

    Args:
        canary: its samples, in the order of their starts; served means that the work was done.
        fault: the monotonic moment of the injection.
    """
    tried = [s for s in canary if s.outcome.served or s.outcome.failed]
    before = [s.end - s.start for s in tried if s.end < fault and s.outcome.served]
    usual = max(before, default=None)
    after = [s for s in tried if s.start >= fault]
    spoiled = _spoiled(after, usual)
    if not spoiled:
        first = next((s for s in after if s.outcome.served), None)
        return Working(0.0, _since(fault, first), usual, 0)
    last = spoiled[-1]
    # One that only waited: by its end the work was done.
    rest = after[after.index(last) + (not last.outcome.served) :]
    good = next((s for s in rest if s.outcome.served), None)
    return Working(round(last.start - fault, 6), _since(fault, good), usual, len(spoiled))


def _spoiled(after: Sequence[Sample], usual: float | None) -> list[Sample]:
    """The first unbroken run of those that failed or waited; a later one is another matter."""
    bad = [s.outcome.failed or _waited(s, usual) for s in after]
    if True not in bad:
        return []
    begin = bad.index(True)
    end = bad.index(False, begin) if False in bad[begin:] else len(bad)
    return list(after[begin:end])


def _waited(sample: Sample, usual: float | None) -> bool:
    return usual is not None and sample.end - sample.start > usual + SLACK


def _since(fault: float, sample: Sample | None) -> float | None:
    return None if sample is None else round(sample.end - fault, 6)
