"""What judging a promise ends with, and what of it is the same for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos.history.file import INF, History
from chaos.history.operation import Operation
from chaos.measure.verdict import Verdict

# Acknowledged operations of each sort wanted before the fault: 6 s at 5 Hz. With fewer there was
# hardly anything that the fault could have spoiled.
FLOOR = 30

# Pieces of evidence that are told one by one; a broken cluster has thousands.
MOST = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one promise was kept.

    Attributes:
        promise: it, in a few words.
        reason: why this verdict, a sentence without its stop.
        evidence: what broke it, a sentence each, with object, values and seconds since the fault;
            of many the first MOST.
        broken: how often it was broken.
        looked_at: how many operations or changes it was tried on.
    """

    promise: str
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...]
    broken: int
    looked_at: int


@dataclass(frozen=True, slots=True)
class Clock:
    """Moments as they are told: seconds since the fault, or since the history began."""

    zero: float

    @classmethod
    def of(cls, history: History, fault: float | None) -> Clock:
        """The clock of a history."""
        return cls(history.header.monotonic if fault is None else fault)

    def at(self, moment: float) -> str:
        """As in `+12.345 s`."""
        return "never" if moment == INF else f"{moment - self.zero:+.3f} s"


def told(operation: Operation, clock: Clock) -> str:
    """An operation in a few words: who did what, when."""
    what = f"{operation.process}'s {operation.op} of {operation.value}"
    return f"{what} ({clock.at(operation.invoked)} to {clock.at(operation.returned)})"


def concluded(
    promise: str,
    broken: Sequence[str],
    *,
    looked_at: int,
    of: str,
    doubts: Iterable[str] = (),
    kept: str = "",
) -> Judgement:
    """The judgement: broken once is FAIL, else any doubt is INCONCLUSIVE, else PASS.

    Args:
        promise: in a few words.
        broken: the evidence of each time.
        looked_at: how much it was tried on.
        of: of what, as in `acknowledged writes`.
        doubts: why it may not be said that it was kept.
        kept: what else is to be told where it was.
    """
    unsure = [doubt for doubt in doubts if doubt]
    if broken:
        verdict, reason = Verdict.FAIL, f"broken {len(broken)} times: {broken[0]}"
        if len(broken) == 1:
            reason = broken[0]
    elif unsure:
        verdict, reason = Verdict.INCONCLUSIVE, "; ".join(unsure)
    else:
        verdict, reason = (
            Verdict.PASS,
            "; ".join(filter(None, [f"kept for {looked_at} {of}", kept])),
        )
    return Judgement(promise, verdict, reason, tuple(broken[:MOST]), len(broken), looked_at)


def too_few(what: str, moments: Iterable[float], *, fault: float | None, floor: int) -> str:
    """The doubt that too little was done before the fault, or nothing after it; else nothing.

    Args:
        what: of what, as in `acknowledged writes`.
        moments: when each was acknowledged, in monotonic seconds.
        fault: when it was injected; None counts all of them as before.
        floor: how many are wanted before.
    """
    ends = list(moments)
    before = sum(fault is None or end < fault for end in ends)
    if before < floor:
        return f"too few {what} before the fault: {before}, and {floor} are wanted"
    if fault is not None and before == len(ends):
        return f"no {what} after the fault"
    return ""
