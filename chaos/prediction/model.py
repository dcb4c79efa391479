"""What a prediction consists of.

Terms that follow one another are added; branches that run beside one another take the longest. A
branch says which share of the requests it fails: all of them (an outage), or those that meet one
server of several (a degradation, whose single outages are short by chance and long at worst).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from chaos.prediction.interval import INF, Interval, total

# Where nothing should be felt: what is shorter is not told from chance. It is also where "slow"
# begins (chaos.measure.outcome.SLOW_AFTER).
SMALL = 0.25
# What taking a fault away may take, after the hold; what lasts until the heal ends within that.
HEALING = 5.0


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a branch, in seconds.

    `source` is where it came from: a file and its line, an argument of a process, or the default of
    a named version with its document. A negative term shortens what is measured, never the fault.
    """

    name: str
    interval: Interval
    source: str

    def __str__(self) -> str:
        return f"{self.name}: {self.interval} ({self.source})"


@dataclass(frozen=True, slots=True)
class Branch:
    """Terms one after another, and the share of requests (0 to 1) that fail meanwhile.

    `sure`: some of those requests are certain to be ours. With fewer than all servers affected and
    an algorithm that does not take turns, it may be that none is.
    """

    name: str
    share: float
    terms: tuple[Term, ...]
    sure: bool = True

    @property
    def interval(self) -> Interval:
        """The sum of its terms; never below nothing."""
        whole = total(t.interval for t in self.terms).at_least(0.0)
        return whole if self.sure else Interval(0.0, whole.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What one probe should suffer under one fault.

    `reason` says in a sentence what is expected. `unknown` is not empty where it is not
    predictable, and says why. `hold` bounds what only the heal ends; None: there is no bound.
    """

    probe: str
    fault: str
    variant: str
    reason: str
    branches: tuple[Branch, ...] = ()
    unknown: str = ""
    hold: float | None = None

    @property
    def predictable(self) -> bool:
        return not self.unknown

    @property
    def outage(self) -> Interval:
        """The longest unbroken run of failures, in seconds.

        Of branches that fail only a share, anything up to their length: at worst all requests of
        that time met the one bad server.
        """
        full = [b.interval.least for b in self.branches if b.share >= 1.0]
        return self._bounded(Interval(max(full, default=0.0), self._most))

    @property
    def trouble(self) -> Interval:
        """From the first failure to the last, in seconds: the longest outage or degradation."""
        least = max((b.interval.least for b in self.branches), default=0.0)
        return self._bounded(Interval(least, self._most))

    @property
    def _most(self) -> float:
        return max([SMALL, *(b.interval.most for b in self.branches)])

    def _bounded(self, interval: Interval) -> Interval:
        if self.hold is None:
            return interval
        return interval.at_most(self.hold, self.hold + HEALING)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All terms of all branches."""
        return tuple(term for branch in self.branches for term in branch.terms)

    def without(self, term: Term) -> Prediction:
        """As if this term were nothing."""
        return self.with_term(term, Interval(0.0, 0.0))

    def with_term(self, term: Term, interval: Interval) -> Prediction:
        """As if this term were another length."""

        def changed(one: Term) -> Term:
            return replace(one, interval=interval) if one is term else one

        return replace(
            self,
            branches=tuple(replace(b, terms=tuple(map(changed, b.terms))) for b in self.branches),
        )

    def as_data(self) -> dict[str, Any]:
        """As an event's data. Infinity becomes None: JSON has no word for it."""
        data: dict[str, Any] = _finite(asdict(self))
        if self.predictable:
            data |= {
                "outage": _finite(asdict(self.outage)),
                "trouble": _finite(asdict(self.trouble)),
            }
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Prediction:
        """The reverse of `as_data`."""
        branches = tuple(
            Branch(
                name=b["name"],
                share=b["share"],
                terms=tuple(
                    Term(t["name"], _interval(t["interval"]), t["source"]) for t in b["terms"]
                ),
                sure=b["sure"],
            )
            for b in data["branches"]
        )
        left = {k: v for k, v in data.items() if k not in ("branches", "outage", "trouble")}
        return cls(**left, branches=branches)


def _interval(data: Mapping[str, float | None]) -> Interval:
    ends = {name: INF if end is None else end for name, end in data.items()}
    return Interval(ends["least"], ends["most"])


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: _finite(v) for k, v in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(v) for v in data]
    return None if data == INF else data
