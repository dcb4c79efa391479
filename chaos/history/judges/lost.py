"""No acknowledged write is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chaos.history.file import History
from chaos.history.judges.judgement import FLOOR, Clock, Judgement, concluded, told, too_few
from chaos.history.judges.sightings import Sighting, sightings
from chaos.history.operation import ABSENT, Op, Operation

PROMISE = "no acknowledged write is lost"


def judge(history: History, *, fault: float | None = None, floor: int = FLOOR) -> Judgement:
    """Look for what was acknowledged and is not there.

    Lost is a write whose object is, by the last read of it, absent or at an older version; one
    under whose version somebody else was shown another value; and one that a later swap went over
    without having been made for it is told by `swapped`. What was acknowledged, replaced by a
    later write and never shown by the watch, is told by `watched`: it was lost, or left out.

    A write that no read of its object came after is not known to be there: INCONCLUSIVE.
    """
    clock = Clock.of(history, fault)
    written = [o for o in history.operations if o.ok and o.writes]
    last = _last_reads(history)
    broken = [*_gone(written, last, clock), *_forked(history, clock)]
    unread = sum(o.key not in last or last[o.key].invoked <= o.returned for o in written)
    doubts = [
        too_few("acknowledged writes", (o.returned for o in written), fault=fault, floor=floor),
        f"no read came after {unread} of {len(written)} acknowledged writes" if unread else "",
    ]
    unknown = sum(o.writes and not o.ok and o.result == "unknown" for o in history.operations)
    return concluded(
        PROMISE,
        broken,
        looked_at=len(written),
        of="acknowledged writes",
        doubts=doubts,
        kept=f"{unknown} more were not acknowledged and may have happened" if unknown else "",
    )


def _last_reads(history: History) -> dict[str, Operation]:
    """The read of each object that began last, of those that were answered."""
    return {o.key: o for o in history.operations if o.op is Op.READ and o.ok}


def _gone(written: list[Operation], last: dict[str, Operation], clock: Clock) -> Iterator[str]:
    for write in written:
        read = last.get(write.key)
        if read is None or read.invoked <= write.returned or read.version >= write.version:
            continue
        now = (
            "is not there"
            if read.version == ABSENT
            else f"is at the older version {read.version} with {read.value}"
        )
        yield (
            f"{write.key}: {told(write, clock)} was acknowledged at version {write.version}, and "
            f"by the last read ({clock.at(read.invoked)}) the object {now}"
        )


def _forked(history: History, clock: Clock) -> Iterator[str]:
    """One version, two values: one of both was lost, or there are two histories."""
    for key, seen in sightings(history).items():
        by_version: dict[int, list[Sighting]] = defaultdict(list)
        for sighting in seen:
            by_version[sighting.version].append(sighting)
        for version, same in by_version.items():
            first = same[0]
            other = next((one for one in same if one.value != first.value), None)
            if other and None not in (first.value, other.value):
                yield (
                    f"{key}: version {version} is {first.value} by {first.by} "
                    f"({clock.at(first.at)}) and {other.value} by {other.by} "
                    f"({clock.at(other.at)})"
                )
