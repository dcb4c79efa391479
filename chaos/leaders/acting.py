"""How long two processes acted as the leader at once, by their own account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from chaos.leaders.facts import ActingStatus
from chaos.measure.span import Span

INF = float("inf")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two processes of one component that both held themselves for the leader.

    For `lower` seconds at least: between answers that said so of both. For `upper` at most: up to
    the answers around them that said otherwise; infinite where there were none. `begins` is the
    monotonic moment from which on it may have been so, infinitely early where none said otherwise.
    """

    component: str
    processes: tuple[str, str]
    begins: float
    lower: float
    upper: float


def overlaps(statuses: Sequence[ActingStatus]) -> tuple[Overlap, ...]:
    """Every stretch in which two may have acted at once, in order. Measured, and not judged.

    client-go does not promise a single acting leader: one that is stopped in the middle of its work
    goes on with it when it wakes up, until it looks at the clock. A lower bound above zero says
    that it happened; zero with an upper bound is what sampling leaves open at each change.
    """
    by_process: dict[tuple[str, str], list[ActingStatus]] = defaultdict(list)
    for status in sorted(statuses, key=lambda s: s.begin):
        if status.acting is not None:
            by_process[status.component, status.process].append(status)
    stretches = {who: _stretches(said) for who, said in by_process.items()}
    found = []
    for (one, mine), (other, theirs) in combinations(sorted(stretches.items()), 2):
        if one[0] != other[0]:
            continue
        for sure, possible in mine:
            for their_sure, their_possible in theirs:
                begin = max(possible.begin, their_possible.begin)
                upper = min(possible.end, their_possible.end) - begin
                lower = min(sure.end, their_sure.end) - max(sure.begin, their_sure.begin)
                if upper > 0:
                    who = (one[1], other[1])
                    found.append(Overlap(one[0], who, begin, max(0.0, lower), upper))
    return tuple(sorted(found, key=lambda overlap: overlap.begins))


def _stretches(said: list[ActingStatus]) -> list[tuple[Span, Span]]:
    """Where it acted for certain, and where at most, for each unbroken run of saying so.

    An answer tells of some moment between its begin and its end.
    """
    found = []
    place = 0
    while place < len(said):
        if not said[place].acting:
            place += 1
            continue
        after = place
        while after < len(said) and said[after].acting:
            after += 1
        first, last = said[place], said[after - 1]
        begin = said[place - 1].begin if place else -INF
        end = said[after].end if after < len(said) else INF
        # Of a single answer nothing is certain but that there was such a moment.
        sure = Span(first.end, max(first.end, last.begin))
        found.append((sure, Span(begin, end)))
        place = after
    return found
