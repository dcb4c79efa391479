"""What an order would do, found out without touching anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.cluster import Cluster
from chaos.coverage import not_covered
from chaos.errors import HoldfastError
from chaos.planning import Order, guard, scene_of
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
    """

    name: str
    target: str = ""
    refused: str = ""
    plan: Plan | None = None
    quorum: QuorumLeft | None = None
    longest: timedelta | None = None


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
    except HoldfastError as why_not:
        return Preview(name=order.name, target=str(order.target), refused=str(why_not))
    plan = order.fault.plan(scene, variant=order.variant, hold=order.hold)
    # Renewed for as long as it shall last; the runner may die at the very end of that.
    renewed = order.hold if plan.renewable else timedelta(0)
    return Preview(
        name=order.name,
        target=str(chosen),
        plan=plan,
        quorum=quorum,
        longest=renewed + plan.time_to_live(ttl=TTL, margin=MARGIN) + LATE,
    )
