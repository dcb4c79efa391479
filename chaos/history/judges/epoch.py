"""What a watch told between one listing of all objects and the next."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaos.history.judges.judgement import Clock
from chaos.history.operation import ABSENT, Change, Mark, Operation, Turn


@dataclass(slots=True)
class Epoch:
    """From a listing on: `begin` is the version of each object there, `shown` what came after.

    `shown` holds versions and moments of each object, in the order in which they were told.
    """

    begin: Mapping[str, int]
    shown: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def covers(self, proof: Operation) -> bool:
        """This version was made after the listing."""
        return self.begin.get(proof.key, ABSENT) < proof.version

    def showed(self, proof: Operation) -> bool:
        """It was told."""
        seen = self.shown.get(proof.key, [])
        place = bisect_left(seen, (proof.version, 0.0))
        return place < len(seen) and seen[place][0] == proof.version

    def last(self, key: str) -> int:
        """The newest version of an object that was told or listed."""
        seen = self.shown.get(key)
        return seen[-1][0] if seen else self.begin.get(key, ABSENT)

    def around(self, proof: Operation) -> tuple[int, tuple[int, float] | None]:
        """The version told before this one, and the one after it with its moment, if any."""
        seen = self.shown.get(proof.key, [])
        place = bisect_left(seen, (proof.version, 0.0))
        before = seen[place - 1][0] if place else self.begin.get(proof.key, ABSENT)
        return before, seen[place] if place < len(seen) else None


def epochs(lines: Iterable[Change | Mark], clock: Clock) -> tuple[list[Epoch], list[str]]:
    """What was told, by listing, and evidence of whatever came twice or out of order.

    What came out of order did come: it is no gap too.
    """
    periods = [Epoch({})]
    wrong: list[str] = []
    told: dict[str, tuple[int, float]] = {}
    gone: set[str] = set()
    for what in lines:
        if isinstance(what, Change):
            before = told.get(what.key, (ABSENT, 0.0))
            if what.version <= before[0]:
                wrong.append(_wrong(what, before, clock))
            else:
                told[what.key] = (what.version, what.at)
            insort(periods[-1].shown.setdefault(what.key, []), (what.version, what.at))
            (gone.add if what.kind == "DELETED" else gone.discard)(what.key)
        elif what.turn is Turn.LISTED:
            begin = {key: version for key, (version, _) in what.items.items()}
            there = {key: last for key, last in told.items() if key not in gone}
            wrong += _older_list(what, begin, there, clock)
            told = {key: (version, what.at) for key, version in begin.items()}
            periods.append(Epoch(begin))
    return periods[1:], wrong


def _wrong(change: Change, before: tuple[int, float], clock: Clock) -> str:
    how = "a second time" if change.version == before[0] else f"after version {before[0]}"
    return (
        f"{change.key}: the watch told version {change.version} with {change.value} {how} "
        f"({clock.at(change.at)}; before it at {clock.at(before[1])})"
    )


def _older_list(
    mark: Mark, begin: Mapping[str, int], told: Mapping[str, tuple[int, float]], clock: Clock
) -> list[str]:
    return [
        f"{key}: a list at {clock.at(mark.at)} has version {begin.get(key, ABSENT)}, and the "
        f"watch had told version {version} at {clock.at(at)}"
        for key, (version, at) in told.items()
        if begin.get(key, ABSENT) < version
    ]
