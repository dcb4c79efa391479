"""What was predicted and what was promised, of a run's experiments, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.findings import PredictionResult, PromiseResult
from chaos.measure.verdict import Verdict
from chaos.result import ExperimentResult
from reports import words
from reports.markdown import inline, table

_PREDICTED = ("fault", "probe", "predicted outage", "confirmed", "measured")
_CONFIRMED = {True: "yes", False: "no", None: words.NOTHING}


def foretold(experiments: Sequence[ExperimentResult]) -> list[str]:
    """A table of the predictions, and a line for each promise that is not known to be kept."""
    rows = [
        (words.fault(one), told.probe, _outage(told), _CONFIRMED[told.confirmed], told.told)
        for one in experiments
        for told in one.predictions
    ]
    lines = ["## Predictions", "", *table(_PREDICTED, rows)] if rows else []
    promises = list(_promises(experiments))
    if promises:
        lines += ["", "## Promises", "", *promises]
    return lines


def _outage(told: PredictionResult) -> str:
    return f"not predictable: {told.unknown}" if told.unknown else words.bounds(told.outage)


def _promises(experiments: Sequence[ExperimentResult]) -> Iterator[str]:
    every = [(one, promise) for one in experiments for promise in one.promises]
    kept = [promise for _, promise in every if promise.verdict is Verdict.PASS]
    if kept:
        tried = sum(promise.looked_at for promise in kept)
        yield f"- {len(kept)} promises were kept, tried on {tried} operations and changes."
    for one, promise in every:
        if promise.verdict is not Verdict.PASS:
            yield f"- {_told(one, promise)}"


def _told(one: ExperimentResult, promise: PromiseResult) -> str:
    verdict = words.verdict(promise.verdict)
    return f"**{verdict}** {inline(one.name)}: {inline(promise.promise)}: {inline(promise.reason)}"
