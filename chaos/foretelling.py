"""The prediction on its way: computed before the fault, kept in the timeline, compared after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chaos.cluster.cluster import Cluster
from chaos.cluster.settings_read import read_settings
from chaos.faults import Scene
from chaos.findings import Bounds, PredictionResult
from chaos.measure.probe import ProbeSpec
from chaos.measure.summary import summarize
from chaos.measure.timeline import Timeline
from chaos.planning import Order
from chaos.prediction import Interval, Measured, Prediction, against, compare, predict
from chaos.prediction.interval import INF


def foretell(
    cluster: Cluster, order: Order, scene: Scene, probes: Iterable[ProbeSpec]
) -> dict[str, Prediction]:
    """What each probe of the endpoint should suffer, by the settings as they are now."""
    return predict(
        order.fault.name,
        order.variant,
        scene,
        read_settings(cluster),
        probes,
        hold=order.hold,
    )


def concerns(
    predictions: Mapping[str, Prediction], budgets: Mapping[str, Mapping[str, float]]
) -> dict[str, tuple[str, ...]]:
    """Which limits cannot be met, or may be missed, by probe."""
    return {
        name: tuple(one.told for one in against(prediction, budgets.get(name, {})))
        for name, prediction in predictions.items()
    }


def compared(
    timeline: Timeline,
    told: Mapping[str, Any],
    budgets: Mapping[str, Mapping[str, float]],
    *,
    struck: float | None,
    until: float | None,
) -> tuple[PredictionResult, ...]:
    """Predictions out of a timeline, held against what was measured.

    Args:
        told: the event's data: predictions by probe, as `Prediction.as_data` gave them.
        budgets: limits in seconds, by probe and by name.
        struck: the injection, in monotonic seconds; None: there was none, so nothing is compared.
        until: the heal, or the end.
    """
    predictions = {name: Prediction.from_data(data) for name, data in told.items()}
    warned = concerns(predictions, budgets)
    found = []
    for name, prediction in predictions.items():
        confirmed, said = None, "nothing was measured"
        if struck is not None and name in timeline.samples:
            seen = summarize(timeline, name, since=struck, until=until)
            comparison = compare(prediction, Measured.of(seen))
            confirmed, said = comparison.confirmed, comparison.told
        known = prediction.predictable
        found.append(
            PredictionResult(
                probe=name,
                reason=prediction.reason,
                outage=_bounds(prediction.outage) if known else None,
                trouble=_bounds(prediction.trouble) if known else None,
                unknown=prediction.unknown,
                terms=tuple(map(str, prediction.terms)),
                confirmed=confirmed,
                told=said,
                concerns=warned[name],
            )
        )
    return tuple(found)


def _bounds(interval: Interval) -> Bounds | None:
    if interval.least == INF:
        return None
    upper = None if interval.most == INF else round(interval.most, 3)
    return Bounds(lower=round(interval.least, 3), upper=upper)
