"""A Lease is written by its holder, or by one to whom it has fallen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from chaos.history.judges.judgement import Clock, Judgement, concluded
from chaos.leaders.facts import LeaseWrite
from chaos.measure.verdict import Verdict

PROMISE = "no lease is written by one who does not hold it"

# Writes of each lease wanted before the fault; a holder renews every 2 s by default.
FLOOR = 2

# Seconds by which the clocks of two writers may differ, and a watch be late.
SKEW = 1.0


def judge(
    writes: Sequence[LeaseWrite],
    *,
    wanted: Iterable[str],
    fault: float | None = None,
    floor: int = FLOOR,
    skew: float = SKEW,
) -> Judgement:
    """Look for writes by which somebody else than the holder went on holding, or took it too soon.

    A write tells who it is for and not who made it, so a non-holder is known by what only it would
    write: another holder with no more transitions than before (a renewal by one who still thought
    it held the lease), another holder before the lease had run out and without its having been
    given back, or a write through another program than the one whose lease it is.

    That it was too soon has to be so by two clocks: by the writers' own (which differ by at most
    `skew`) and by ours, at which the watch told it. Each alone can err, by an offset or a delay.

    Limits: a write that was refused, as every one by a non-holder should be, leaves no trace in a
    watch; and two processes of one program are told apart by the holder that they write, not by
    the manager of the fields.

    Args:
        writes: of all leases.
        wanted: the leases that must be among them.
        fault: the monotonic moment of the injection.
        floor: writes of each lease wanted before it.
        skew: seconds.
    """
    clock = Clock(fault if fault is not None else min((w.at for w in writes), default=0.0))
    by_lease: dict[str, list[LeaseWrite]] = {name: [] for name in wanted}
    for write in writes:
        by_lease.setdefault(write.lease, []).append(write)
    coordinated = sorted({w.lease for w in writes if w.strategy})
    if coordinated:
        why = f"the apiserver chooses the holder of {', '.join(coordinated)}: coordinated election"
        return Judgement(PROMISE, Verdict.NOT_COVERED, why, (), 0, len(writes))
    broken = [text for each in by_lease.values() for text in _broken(each, clock, skew)]
    return concluded(
        PROMISE,
        broken,
        looked_at=len(writes),
        of=f"writes of {len(by_lease)} leases",
        doubts=[_too_few(by_lease, fault, floor)],
    )


def _broken(writes: list[LeaseWrite], clock: Clock, skew: float) -> Iterator[str]:
    yield from _foreign(writes, clock)
    for before, after in pairwise(writes):
        if after.holder in ("", before.holder) or not before.holder:
            continue
        if _kept(before, after):
            yield (
                f"{_told(after, clock)} with {after.transitions} transitions, as many as under "
                f"{before.holder} ({clock.at(before.at)}): renewed by one who did not hold it"
            )
        elif after.whole and (early := _early(before, after, skew)):
            yield (
                f"{_told(after, clock)} was taken from {before.holder} {early:.1f} s after its "
                f"last renewal ({clock.at(before.at)}), which was good for {before.duration:g} s"
            )


def _foreign(writes: list[LeaseWrite], clock: Clock) -> Iterator[str]:
    """The writes through programs that had no part in the lease when it was first seen.

    A field stays theirs until its owner changes it, which of some happens at the next election
    alone: so each is told once, and not again with every renewal.
    """
    usual = next((set(w.writers) for w in writes if w.writers), set())
    known: set[str] = set()
    for write in writes:
        foreign = set(write.writers) - usual
        if new := foreign - known:
            yield f"{_told(write, clock)} was written through {', '.join(sorted(new))}"
        known = foreign


def _kept(before: LeaseWrite, after: LeaseWrite) -> bool:
    """Another holder, and nobody counted that it changed hands."""
    if before.transitions is None or after.transitions is None:
        return False
    if after.whole:
        return after.transitions <= before.transitions
    return after.transitions == before.transitions  # fewer: it may have been made anew meanwhile


def _early(before: LeaseWrite, after: LeaseWrite, skew: float) -> float:
    """Seconds from the last renewal to the taking, if by both clocks too few; else 0."""
    if before.duration is None or before.renewed is None or after.acquired is None:
        return 0.0
    took = max(after.acquired - before.renewed, after.at - before.at)
    return max(took, 0.05) if took < before.duration - skew else 0.0


def _told(write: LeaseWrite, clock: Clock) -> str:
    return f"{write.lease}: version {write.version} ({clock.at(write.at)}) for {write.holder}"


def _too_few(by_lease: Mapping[str, list[LeaseWrite]], fault: float | None, floor: int) -> str:
    short: dict[str, int] = defaultdict(int)
    for lease, writes in by_lease.items():
        before = sum(fault is None or write.at < fault for write in writes)
        if before < floor:
            short[lease] = before
    told = ", ".join(f"{count} of {lease}" for lease, count in short.items())
    return f"too few writes before the fault: {told}; {floor} of each are wanted" if told else ""
