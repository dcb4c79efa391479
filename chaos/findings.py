"""What is told of an experiment beside outages: predictions, promises, leaders. Data alone.

Lengths are in seconds; `None` is what is not known, or an end that was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.measure.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A length that was measured, at least `lower` and at most `upper` s; None: no end was seen."""

    lower: float
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionResult:
    """What one probe should have suffered, computed before the fault from the cluster's settings.

    `outage` is the longest unbroken run of failures, `trouble` the longest outage or degradation.
    `terms` are what they consist of, each with where it came from. `confirmed` is None where
    nothing was predicted, and `unknown` says why. `told` compares it with what was measured and,
    where it was not confirmed, names the term that disagrees. `concerns` are limits of the budget
    that could not be met, or might be missed, by the settings as they were.
    """

    probe: str
    reason: str
    outage: Bounds | None
    trouble: Bounds | None
    unknown: str
    terms: tuple[str, ...]
    confirmed: bool | None
    told: str
    concerns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseResult:
    """Whether the API, etcd or the controllers kept one promise.

    `evidence` is what broke it, a sentence each; `broken` how often that was, `looked_at` on how
    many operations it was tried.
    """

    promise: str
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...]
    broken: int
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeoverResult:
    """The first change of a lease's holder, in seconds after the injection.

    `last` is the old holder's last write, `first` the new one's first.
    """

    lease: str
    old: str
    last: float
    new: str
    first: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapResult:
    """Two processes that both held themselves for the leader; `begins` after the injection."""

    component: str
    processes: tuple[str, str]
    begins: float | None
    length: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingResult:
    """How long until the controllers' work was done again; `usual` is the slowest before."""

    length: Bounds
    usual: float | None
    spoiled: int
