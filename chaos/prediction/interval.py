"""Intervals of seconds. A prediction is never one number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

INF = math.inf


@dataclass(frozen=True, slots=True)
class Interval:
    """At least `least` and at most `most` seconds; `most` may be infinite."""

    least: float
    most: float

    def __post_init__(self) -> None:
        if math.isnan(self.least) or math.isnan(self.most) or self.least > self.most:
            raise ValueError(f"no interval: {self.least} to {self.most}")

    @property
    def width(self) -> float:
        """How much it leaves open, in seconds."""
        return 0.0 if self.least == self.most else self.most - self.least

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.least + other.least, self.most + other.most)

    def times(self, count: int) -> Interval:
        """One after the other, so many times."""
        return Interval(self.least * count, self.most * count) if count else NONE

    def meets(self, other: Interval) -> bool:
        """Whether some number lies in both."""
        return self.least <= other.most and other.least <= self.most

    def at_least(self, floor: float) -> Interval:
        """With nothing below this."""
        return Interval(max(self.least, floor), max(self.most, floor))

    def at_most(self, least: float, most: float) -> Interval:
        """With its ends no later than these."""
        return Interval(min(self.least, least), min(self.most, most))

    def __str__(self) -> str:
        if self.most == INF:
            told = "without end" if self.least == INF else f"{self.least:.4g} s or more"
        elif f"{self.least:.4g}" == f"{self.most:.4g}":
            told = f"{self.least:.4g} s"
        else:
            told = f"{self.least:.4g} to {self.most:.4g} s"
        return told


NONE = Interval(0.0, 0.0)
ENDLESS = Interval(INF, INF)


def exactly(length: timedelta | float) -> Interval:
    """Of a setting that leaves nothing open."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    return Interval(seconds, seconds)


def up_to(length: timedelta | float) -> Interval:
    """Where in a period the fault strikes: anywhere, all moments equally likely."""
    return Interval(0.0, exactly(length).most)


def total(intervals: Iterable[Interval]) -> Interval:
    """One after the other."""
    return sum(intervals, start=NONE)


def hull(intervals: Iterable[Interval]) -> Interval:
    """The narrowest that holds all of them.

    Raises:
        ValueError: there are none.
    """
    some = list(intervals)
    return Interval(min(i.least for i in some), max(i.most for i in some))
