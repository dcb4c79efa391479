"""What is ordered, and what it means on the cluster at hand: scene, limits, what must hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chaos import limits
from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import Inventory
from chaos.cluster.target import Chosen, Target
from chaos.faults import Fault, Scene, TargetNode
from chaos.measure.judge import FLOOR
from chaos.measure.probe import ProbeSpec
from chaos.safety import guards
from chaos.safety.guards import Member, QuorumLeft
from chaos.story import Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be tried.

    Attributes:
        hold: how long the fault lasts.
        settle: how long is watched after all are back, for what fails late.
        steady: how long the cluster may take to be whole before the fault.
        baseline: how long is measured before the fault; at least what the floor on samples takes.
    """

    name: str
    fault: Fault
    variant: str
    target: Target
    seed: int
    hold: timedelta = timedelta(seconds=30)
    settle: timedelta = timedelta(seconds=3)
    steady: timedelta = timedelta(seconds=180)
    baseline: timedelta = timedelta(seconds=6)


def planned_of(order: Order, inventory: Inventory, probes: Iterable[ProbeSpec]) -> Planned:
    """The order with its limits, as the timeline keeps it; nobody is chosen yet."""
    budgets, origin = limits.budgets(inventory, order.fault, probes)
    waivers = _waivers(order, inventory)
    return Planned(
        name=order.name,
        fault=order.fault.name,
        variant=order.variant,
        target=str(order.target),
        nodes=(),
        seed=order.seed,
        hold=order.hold.total_seconds(),
        redundancy=limits.redundancy(inventory, order.fault.name).total_seconds(),
        budgets=budgets,
        budget_from=origin,
        waiver=waivers.get("waiver", ""),
        expired=waivers.get("expired", ""),
    )


def floor(probes: Iterable[ProbeSpec]) -> timedelta:
    """How long a baseline takes until every judged probe has the samples that it is judged by."""
    return timedelta(
        seconds=1.1 * FLOOR / min(probe.rate for probe in probes if probe.path == limits.JUDGED)
    )


def scene_of(cluster: Cluster, chosen: Chosen) -> Scene:
    """Who it is done to, with what a fault has to know of the cluster.

    Raises:
        HoldfastError: the cluster does not tell.
    """
    inventory = cluster.inventory
    parts = [inventory.node(name) for name in chosen.nodes]
    return Scene(
        targets=tuple(
            TargetNode(
                name=part.name,
                address=part.address,
                roles=frozenset(str(role) for role in part.roles),
                zone=part.zone or "",
            )
            for part in parts
        ),
        etcd=inventory.etcd.topology if inventory.etcd else "external",
        virtual_ip=inventory.endpoint.address or "",
        pods=_pod_networks(cluster, chosen.nodes),
    )


def guard(cluster: Cluster, fault: Fault, scene: Scene) -> QuorumLeft | None:
    """A fault that the inventory allows, and that leaves etcd its quorum.

    Never more than a minority of etcd's voters, counting those already down.

    Returns:
        what is left of etcd's voters; None where somebody else runs etcd.

    Raises:
        Denied: it is not allowed, or would take more.
        HoldfastError: etcd does not tell.
    """
    guards.fault_is_allowed(fault.name, allowed=cluster.inventory.chaos.allowed)
    if cluster.inventory.etcd is None:
        return None
    facts = cluster.etcd_facts()
    members: Iterable[Member] = [
        Member(name=m.node or m.name, healthy=facts.answering(m), learner=m.learner)
        for m in facts.members
    ]
    return guards.quorum_holds(members, takes=fault.blast(scene).etcd_voters)


def _pod_networks(cluster: Cluster, names: Iterable[str]) -> tuple[str, ...]:
    """Where Pods' packets are routed as they are, they carry these; in an overlay nobody sees them.

    Where the cluster assigns none to nodes (its network plugin does), there are none to name.
    """
    wanted = set(names)
    return tuple(
        network
        for node in cluster.kube.list("/api/v1/nodes").items
        if node["metadata"]["name"] in wanted
        for network in node["spec"].get("podCIDRs", ())
    )


def _waivers(order: Order, inventory: Inventory) -> dict[str, str]:
    """The inventory's waivers for this experiment, or for its fault: one that holds, one over."""
    today = datetime.now(UTC).date()
    mine = [one for one in inventory.waivers if one.id in (order.name, order.fault.name)]
    return {"waiver" if today <= one.expires else "expired": one.told for one in mine}
