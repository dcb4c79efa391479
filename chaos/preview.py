"""What an order would do, found out without touching anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from chaos.cluster.cluster import Cluster
from chaos.coverage import not_covered
from chaos.errors import HoldfastError
from chaos.foretelling import concerns, foretell
from chaos.planning import Order, guard, planned_of, scene_of
from chaos.prediction import Prediction
from chaos.probing import probes_of
from chaos.safety.guards import QuorumLeft
from chaos.safety.plan import Plan
from chaos.safety.session import LATE, MARGIN, TTL


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One order as it would be carried out if it began now.

    Attributes:
        target: who it would be done to, and why them.
        refused: why it would not be done; empty if it would.
        plan: the scripts by node, and the commands from here.
        quorum: what would be left of etcd's voters; None where somebody else runs etcd.
        longest: from the injection until the fault is taken away, though the runner died.
        predictions: what each probe of the endpoint should suffer, by the settings as they are.
        concerns: limits that could not be kept, or might be missed.
    """

    name: str
    target: str = ""
    refused: str = ""
    plan: Plan | None = None
    quorum: QuorumLeft | None = None
    longest: timedelta | None = None
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    concerns: tuple[str, ...] = ()


def preview(cluster: Cluster, order: Order) -> Preview:
    """Resolve the target, ask the guards, and make the plan; reads alone.

    Never raises for what would make the order be refused: it says so.
    """
    if why := not_covered(order.fault, cluster.inventory):
        return Preview(name=order.name, target=str(order.target), refused=why)
    try:
        chosen = order.target.resolve(cluster, seed=order.seed)
        scene = scene_of(cluster, chosen)
        quorum = guard(cluster, order.fault, scene)
        probes = probes_of(cluster)
    except HoldfastError as why_not:
        return Preview(name=order.name, target=str(order.target), refused=str(why_not))
    plan = order.fault.plan(scene, variant=order.variant, hold=order.hold)
    # Renewed for as long as it shall last; the runner may die at the very end of that.
    renewed = order.hold if plan.renewable else timedelta(0)
    predictions = foretell(cluster, order, scene, probes)
    budgets = planned_of(order, cluster.inventory, probes).budgets
    return Preview(
        name=order.name,
        target=str(chosen),
        predictions=predictions,
        concerns=tuple(chain.from_iterable(concerns(predictions, budgets).values())),
        plan=plan,
        quorum=quorum,
        longest=renewed + plan.time_to_live(ttl=TTL, margin=MARGIN) + LATE,
    )
