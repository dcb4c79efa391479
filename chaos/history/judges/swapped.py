"""A swap is acknowledged only if nobody changed the object in between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from chaos.history.file import History
from chaos.history.judges.judgement import FLOOR, Clock, Judgement, concluded, told, too_few
from chaos.history.judges.sightings import Sighting, sightings
from chaos.history.operation import Op, Operation

PROMISE = "no swap goes over what it was not made for"


def judge(history: History, *, fault: float | None = None, floor: int = FLOOR) -> Judgement:
    """Look for versions between the one that a swap expected and the one that it made."""
    clock = Clock.of(history, fault)
    swaps = [o for o in history.operations if o.op is Op.SWAP and o.ok]
    by_key = sightings(history)
    ends = (o.returned for o in swaps)
    return concluded(
        PROMISE,
        list(_over(swaps, by_key, clock)),
        looked_at=len(swaps),
        of="acknowledged swaps",
        doubts=[too_few("acknowledged swaps", ends, fault=fault, floor=floor)],
    )


def _over(
    swaps: list[Operation], by_key: Mapping[str, list[Sighting]], clock: Clock
) -> Iterator[str]:
    versions = {key: [one.version for one in seen] for key, seen in by_key.items()}
    for swap in swaps:
        expected = swap.expected or 0
        if swap.version <= expected:
            yield (
                f"{swap.key}: {told(swap, clock)}, made for version {expected}, was acknowledged "
                f"at version {swap.version}, which is not newer"
            )
            continue
        after = bisect_right(versions[swap.key], expected)
        between = by_key[swap.key][after]
        if between.version < swap.version:
            yield (
                f"{swap.key}: {told(swap, clock)}, made for version {expected}, was acknowledged "
                f"at version {swap.version} over version {between.version} with {between.value} "
                f"({between.by}, {clock.at(between.at)})"
            )
