"""How long it took until a lease had another holder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaos.leaders.facts import LeaseWrite


@dataclass(frozen=True, slots=True)
class Takeover:
    """The first change of a lease's holder after a fault, in seconds since the fault.

    `last` is when the last write by the old holder was told, below zero before the fault; `first`
    when the first by the new one was, None if none was. The lease changed hands in between, by a
    watch whose own delay is in both.
    """

    lease: str
    old: str
    last: float
    new: str
    first: float | None


def takeovers(
    writes: Sequence[LeaseWrite], *, fault: float, until: float | None = None
) -> tuple[Takeover, ...]:
    """Of each lease the first change of hands after the fault; leases that were kept are left out.

    A lease is kept where its holder renewed it until the end and nobody else took it.

    Args:
        writes: of all leases.
        fault: the monotonic moment of the injection.
        until: the end of what was watched; by default the last write of all.
    """
    end = until if until is not None else max((write.at for write in writes), default=fault)
    found = (
        _first([write for write in writes if write.lease == lease], fault, end)
        for lease in sorted({write.lease for write in writes})
    )
    return tuple(one for one in found if one)


def _first(writes: list[LeaseWrite], fault: float, end: float) -> Takeover | None:
    held = [write for write in writes if write.at < fault and write.holder]
    if not held:
        return None
    old, last = held[-1].holder, held[-1]
    for write in writes:
        if write.at < fault:
            continue
        if write.holder == old:
            last = write
        elif write.holder:
            first = round(write.at - fault, 6)
            return Takeover(last.lease, old, round(last.at - fault, 6), write.holder, first)
    # A holder that still renews has lost nothing; one that was last heard long ago, has.
    if end - last.at <= (last.duration or 0.0):
        return None
    return Takeover(last.lease, old, round(last.at - fault, 6), "", None)
