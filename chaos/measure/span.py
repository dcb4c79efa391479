"""Stretches of time, and sets of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one monotonic moment to another, in seconds; the end is never before the begin."""

    begin: float
    end: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.begin


class Spans:
    """Spans in order, with those that overlap made one; those that only touch stay two."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        merged: list[Span] = []
        for span in sorted(spans):
            if merged and span.begin < merged[-1].end:
                merged[-1] = Span(merged[-1].begin, max(merged[-1].end, span.end))
            else:
                merged.append(span)
        self._spans = tuple(merged)
        self._begins = [span.begin for span in merged]

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and self._spans == other._spans

    def __hash__(self) -> int:
        return hash(self._spans)

    def __repr__(self) -> str:
        return f"Spans({list(self._spans)})"

    def holds(self, moment: float) -> bool:
        """Whether the moment lies in one of them, their edges included."""
        at = bisect_right(self._begins, moment)
        return at > 0 and moment <= self._spans[at - 1].end

    def parts(self, within: Span) -> tuple[Span, ...]:
        """What of them lies in this span, cut at its edges; what only touches it is left out."""
        found = []
        first = max(0, bisect_right(self._begins, within.begin) - 1)
        for span in islice(self._spans, first, None):
            if span.begin >= within.end:
                break
            begin, end = max(span.begin, within.begin), min(span.end, within.end)
            if begin < end:
                found.append(Span(begin, end))
        return tuple(found)

    def seconds(self, within: Span) -> float:
        """How many seconds of this span lie in them."""
        return sum(part.length for part in self.parts(within))


def holes(moments: Sequence[float], *, wider_than: float, around: Span) -> Spans:
    """Where nothing happened for too long.

    Args:
        moments: when something happened, in any order; those outside `around` do not count.
        wider_than: seconds; a hole of just this width is none.
        around: the time looked at; its edges bound the first and the last hole.
    """
    inside = sorted(moment for moment in moments if around.begin < moment < around.end)
    edges = [around.begin, *inside, around.end]
    # Rounded to the timeline's own microseconds: 0.1 s apart is not more than 0.1 s.
    return Spans(Span(a, b) for a, b in pairwise(edges) if round(b - a - wider_than, 6) > 0)
