"""Where machines stand."""

from __future__ import annotations

from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

LABEL = "topology.kubernetes.io/zone"


class TwoInOneZone(Defect):
    """Two of the three control planes stand in one zone: without it etcd has no quorum.

    That the loss of the zone leaves none is another item's to say, of all of the control plane.
    """

    name = "two-in-one-zone"
    item = "control-planes-over-zones"
    also = frozenset({"zone-loss-leaves-control-plane"})
    evidence = r"zone a holds 2 of 3 voters of etcd: without it 1 is left, and a quorum is 2"

    def plant(self, bench: Bench) -> None:
        stand_in(bench, "cp-2", "a")

    def mend(self, bench: Bench) -> None:
        stand_as_built(bench, "cp-2")


class ZonesContradict(Defect):
    """A node's label names another zone than the inventory: who spreads by it spreads wrongly.

    It is a control plane's, and so both theirs to tell and that of the nodes' labels.
    """

    name = "zones-contradict"
    item = "control-planes-over-zones"
    also = frozenset({"nodes-labels"})
    evidence = r"cp-2 stands in zone b by the inventory and in c by its label"

    def plant(self, bench: Bench) -> None:
        _label(bench, "cp-2", "c")

    def mend(self, bench: Bench) -> None:
        stand_as_built(bench, "cp-2")


def stand_in(bench: Bench, node: str, zone: str) -> None:
    """Let the inventory and the node's label say that a machine stands in this zone."""

    bench.change_inventory(lambda inventory: part_of(inventory, node).update(zone=zone))
    _label(bench, node, zone)


def stand_as_built(bench: Bench, node: str) -> None:
    """Let both say again where it stands."""
    bench.own_inventory()
    _label(bench, node, bench.machine(node).zone)


def _label(bench: Bench, node: str, zone: str) -> None:
    bench.kubectl("label", "node", node, f"{LABEL}={zone}", "--overwrite")


def part_of(inventory: Any, node: str) -> Any:
    """What an inventory says of a machine."""
    (part,) = (one for one in inventory["nodes"] if one["name"] == node)
    return part
