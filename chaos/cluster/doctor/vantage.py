"""Where the runner itself stands: what cuts a target off may cut us off as well."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.backend import run_bounded
from chaos.cluster.doctor.finding import Finding, Health
from chaos.cluster.inventory_parts import NodePart
from chaos.errors import HoldfastError

HERE = "this machine"


@dataclass(frozen=True, slots=True)
class Way:
    """How this machine's network leads to a node.

    Args:
        local: the address is this machine's own.
        gateway: None where the node is on a network that we are on.
    """

    device: str
    gateway: str | None
    local: bool = False


def ways_to(nodes: Iterable[NodePart]) -> dict[str, Way | None]:
    """The way to each node; None where there is none.

    Raises:
        HoldfastError: there is no `ip` here.
    """
    return {node.name: _way(node.address) for node in nodes}


def _way(address: str) -> Way | None:
    outcome = run_bounded(["ip", "-j", "route", "get", address], limit=timedelta(seconds=5))
    if outcome.code:
        return None
    try:
        route = json.loads(outcome.out)[0]
        return Way(route["dev"], route.get("gateway"), route.get("type") == "local")
    except (ValueError, LookupError):
        return None


def look(nodes: tuple[NodePart, ...]) -> list[Finding]:
    """Where this machine stands among these nodes."""
    try:
        ways = ways_to(nodes)
    except HoldfastError as wrong:
        return [Finding(HERE, Health.GAP, wrong.problem, "where the runner stands", wrong.remedy)]
    return judge(nodes, ways, in_pod="KUBERNETES_SERVICE_HOST" in os.environ)


def judge(
    nodes: tuple[NodePart, ...], ways: Mapping[str, Way | None], *, in_pod: bool = False
) -> list[Finding]:
    """What follows from the ways to the nodes."""
    found = []
    local = [n for n in nodes if (way := ways[n.name]) and way.local]
    for node in local:
        found.append(
            Finding(
                HERE,
                Health.GAP,
                f"It is {node.name} itself.",
                f"faults on {node.name} and on zone {node.zone}: they would hit the runner",
                "Run it from a machine outside the cluster.",
            )
        )
    if in_pod:
        found.append(
            Finding(
                HERE,
                Health.GAP,
                "It is a Pod.",
                "faults on the node that it runs on, if that is one of this cluster's",
                "Run it from a machine outside the cluster.",
            )
        )
    for zone in _zones_inside(nodes, ways):
        found.append(
            Finding(
                HERE,
                Health.GAP,
                f"It is on the network of zone {zone}.",
                f"cutting zone {zone} off: it would take the runner along",
                "Run it from outside the zones.",
            )
        )
    found.append(_exits(nodes, ways))
    return found


def _zones_inside(nodes: tuple[NodePart, ...], ways: Mapping[str, Way | None]) -> list[str]:
    """Zones whose nodes are our neighbours, while others' are not."""
    direct: dict[str, bool] = {}
    for node in nodes:
        way = ways[node.name]
        if node.zone and way and not way.local:
            direct[node.zone] = direct.get(node.zone, True) and way.gateway is None
    return [zone for zone, near in direct.items() if near and not all(direct.values())]


def _exits(nodes: tuple[NodePart, ...], ways: Mapping[str, Way | None]) -> Finding:
    lost = [n.name for n in nodes if ways[n.name] is None]
    if lost:
        told = f"It has no route to {', '.join(lost)}."
        return Finding(HERE, Health.BROKEN, told, "all that concerns them", "See `ip route`.")
    exits = {(w.device, w.gateway) for w in ways.values() if w and not w.local}
    if len(exits) != 1:
        return Finding(HERE, Health.OK, f"It reaches the nodes over {len(exits)} ways.")
    [(device, gateway)] = exits
    through = f"{device} and {gateway}" if gateway else device
    return Finding(
        HERE,
        Health.OK,
        f"It has one way to all nodes, through {through}: if that breaks, all seem down at once. "
        "The control probe tells a stalled runner, not a broken way.",
    )
