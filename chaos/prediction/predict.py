"""From a fault, its target and the settings to a prediction for each probe."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from chaos.cluster.settings import Settings
from chaos.measure.probe import ProbeSpec
from chaos.prediction.case import Case, Stage
from chaos.prediction.client import Client
from chaos.prediction.errors import Unpredictable
from chaos.prediction.faults import FAULTS
from chaos.prediction.model import Prediction

# Only what goes through the balancer is predicted: an apiserver asked by itself is down or not.
ENDPOINT = "endpoint"


def predict(
    fault: str,
    variant: str,
    stage: Stage,
    settings: Settings,
    probes: Iterable[ProbeSpec],
    *,
    hold: timedelta | None = None,
) -> dict[str, Prediction]:
    """What each probe that asks the endpoint should suffer, by the probe's name. Never raises for
    what is not known: the prediction says why there is none.

    Args:
        fault: its name.
        variant: `kill` or `silent`.
        stage: a chaos.faults.Scene whose targets are resolved.
        settings: as they are before the fault.
        hold: how long the fault lasts: what only the heal ends is bounded by it.
    """
    found = {}
    for spec in probes:
        if spec.path != ENDPOINT:
            continue
        found[spec.name] = _one(fault, variant, stage, settings, spec, hold)
    return found


def _one(
    fault: str,
    variant: str,
    stage: Stage,
    settings: Settings,
    spec: ProbeSpec,
    hold: timedelta | None,
) -> Prediction:
    seconds = None if hold is None else hold.total_seconds()

    def none(why: str) -> Prediction:
        return Prediction(
            probe=spec.name, fault=fault, variant=variant, reason="", unknown=why, hold=seconds
        )

    client, outlook = Client.of(spec), FAULTS.get(fault)
    if outlook is None:
        return none(f"nobody has told what {fault} takes")
    if client is None:
        return none(f"nobody has told how probes of the kind {spec.kind} go about it")
    try:
        told = outlook(Case(variant, stage, settings, client))
    except (Unpredictable, ValueError) as why:
        return none(str(why))
    return Prediction(
        probe=spec.name,
        fault=fault,
        variant=variant,
        reason=told.reason,
        branches=told.branches,
        hold=seconds,
    )
