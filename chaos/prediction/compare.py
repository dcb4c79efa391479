"""A prediction held against what was measured, and against what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chaos.measure.degradation import Degradation
from chaos.measure.outage import Outage
from chaos.measure.summary import Summary
from chaos.prediction.interval import INF, NONE, Interval
from chaos.prediction.model import Prediction, Term


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a prediction was confirmed.

    `confirmed` is None where there was none. `term` is the term that disagrees, if one is found.
    """

    confirmed: bool | None
    told: str
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a probe suffered from the injection on, in seconds, as lower and upper bounds.

    `outage` is the longest unbroken run of failures, `trouble` the longest outage or degradation;
    both 0 to 0 where nothing failed. The probe's own period and time-out are in the bounds.
    """

    outage: Interval
    trouble: Interval

    @classmethod
    def of(cls, seen: Summary) -> Measured:
        """Of what a probe saw while the fault lasted: from the injection to the heal."""
        outages = [_bounds(one) for one in seen.every_outage]
        alone = [_bounds(one) for one in seen.alone]
        shares = [_bounds(one) for one in seen.degradations]
        return cls(_longest(outages), _longest(alone + shares))


def _bounds(one: Outage | Degradation) -> Interval:
    return Interval(one.lower.length, INF if one.still_open else one.upper.length)


def _longest(found: list[Interval]) -> Interval:
    return max(found, key=lambda one: (one.most, one.least), default=NONE)


def compare(prediction: Prediction, measured: Measured) -> Comparison:
    """Confirmed where the measured intervals meet the predicted ones; else the term is named."""
    if not prediction.predictable:
        return Comparison(None, f"not predictable: {prediction.unknown}")
    wrong = [
        (name, seen, said)
        for name, seen, said in (
            ("longest outage", measured.outage, prediction.outage),
            ("trouble", measured.trouble, prediction.trouble),
        )
        if not seen.meets(said)
    ]
    if not wrong:
        told = f"confirmed: outage {measured.outage}, predicted {prediction.outage}"
        if measured.trouble != measured.outage:
            told += f"; trouble {measured.trouble}, predicted {prediction.trouble}"
        return Comparison(True, told)
    name, seen, said = wrong[-1]
    term, why = _culprit(prediction, measured)
    return Comparison(False, f"{name} {seen}, predicted {said}: {why}", term)


def _meets(prediction: Prediction, measured: Measured) -> bool:
    return measured.outage.meets(prediction.outage) and measured.trouble.meets(prediction.trouble)


def _culprit(prediction: Prediction, measured: Measured) -> tuple[Term | None, str]:
    """The term whose doubling (it lasted longer) or absence (shorter) explains it best.

    Of several the one that has to change least; of none the one that leaves most open.
    """
    positive = [term for term in prediction.terms if term.interval.most > 0]
    longer = not measured.trouble.least <= prediction.trouble.most
    longer = longer or not measured.outage.least <= prediction.outage.most
    fits = []
    for term in positive:
        if term.interval.most == INF:
            continue
        most = 2 * term.interval.most
        changed = (
            Interval(term.interval.least, most) if longer else Interval(0.0, term.interval.most)
        )
        if _meets(prediction.with_term(term, changed), measured):
            fits.append(term)
    if fits:
        term = min(fits, key=lambda one: one.interval.most)
        how = "twice as long" if longer else "absent"
        others = f"; so would {len(fits) - 1} other" if len(fits) > 1 else ""
        others += "s" if len(fits) > 2 else ""
        return term, f'"{term.name}" {how} would explain it ({term.source}){others}'
    if not positive:
        return None, f"nothing should have failed: {prediction.reason}"
    term = max(positive, key=lambda one: (one.interval.width, one.interval.most))
    return term, f'no one term explains it; "{term.name}" leaves most open ({term.source})'


@dataclass(frozen=True, slots=True)
class Concern:
    """A limit of a budget that is in danger, told before anything is broken.

    `certain`: it cannot be met; else it may be missed.
    """

    limit: str
    certain: bool
    told: str


def against(prediction: Prediction, budget: Mapping[str, float]) -> tuple[Concern, ...]:
    """Which limits (seconds, by name) cannot be met, or may be missed, by the settings as they are.

    A degradation's limit is held against what fails a share, all others against what fails.
    """
    return tuple(_warnings(prediction, budget)) if prediction.predictable else ()


def _warnings(prediction: Prediction, budget: Mapping[str, float]) -> Iterator[Concern]:
    partial = any(branch.share < 1.0 for branch in prediction.branches)
    said = {
        "longest_outage": prediction.outage,
        "total_outage": Interval(prediction.outage.least, prediction.trouble.most),
        "recover": prediction.trouble,
    }
    if partial:
        said["degradation"] = prediction.trouble
    for name, limit in budget.items():
        expected = said.get(name)
        if expected is None or expected.most <= limit:
            continue
        certain = expected.least > limit
        what = name.replace("_", " ")
        verdict = "cannot be met" if certain else "may be missed"
        told = f"{prediction.probe}: {what} of {limit:g} s {verdict}: predicted {expected}"
        yield Concern(name, certain, told)
