"""How much a probe may suffer under a fault, and who says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import timedelta

from chaos.cluster.inventory import Inventory
from chaos.faults import Fault
from chaos.measure.budget import Budget
from chaos.measure.probe import ProbeSpec

# "API service back within 30 s after a node failure": the cost comparison of the high-availability
# guides that this suite implements puts an HA cluster's outage at less than 30 s.
SOURCES = Budget(longest_outage=timedelta(seconds=30), recover=timedelta(seconds=30))

# client-go hears of a silent peer after 30 s without a frame and 15 s without an answer to its
# ping, and then has to connect anew: what other clients are promised it cannot keep.
OWN = {
    "api-read-http2": Budget(longest_outage=timedelta(seconds=60), recover=timedelta(seconds=60))
}

# From the heal until all members, nodes and backends are back. A stopped etcd member took about
# 100 s on Kubernetes 1.36, for kubelet's housekeeping waits for the apiserver that waits for etcd.
REDUNDANCY = timedelta(seconds=180)

# What users depend on; a single apiserver behind the balancer may be down.
JUDGED = "endpoint"


def budgets(
    inventory: Inventory, fault: Fault, probes: Iterable[ProbeSpec]
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """The limits of each probe that is judged, and where they are from.

    Each figure is the inventory's, else the fault's own, else the sources'.

    Returns:
        limits in seconds by probe and by name; by probe who was asked first and had any:
        `inventory`, `fault` or `sources`.
    """
    limits: dict[str, dict[str, float]] = {}
    origin: dict[str, str] = {}
    for probe in probes:
        if probe.path != JUDGED:
            continue
        own = inventory.budget(fault.name, probe.name)
        # A kind's own stands for the fault's too, which speaks of clients that notice at once.
        usual = OWN.get(probe.kind)
        theirs = usual or fault.budget
        limits[probe.name] = _seconds(usual or SOURCES) | _seconds(theirs) | _seconds(own)
        known = {"inventory": own, "fault": theirs, "sources": SOURCES}
        origin[probe.name] = next(who for who, budget in known.items() if not budget.empty)
    return limits, origin


def redundancy(inventory: Inventory, fault: str) -> timedelta:
    """How long after the heal everything may take to be back."""
    return inventory.redundancy(fault) or REDUNDANCY


def _seconds(budget: Budget) -> dict[str, float]:
    given = {field.name: getattr(budget, field.name) for field in fields(budget)}
    return {name: limit.total_seconds() for name, limit in given.items() if limit is not None}
