"""Nodes, as the API has them."""

from __future__ import annotations

import json
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.zones import LABEL, stand_as_built, stand_in

NODE = "worker-3"
CONDITION = "NetworkUnavailable"


class NoRouteToItsPods(Defect):
    """Nobody has made the routes to one node's Pods, as where a cloud's controller cannot."""

    name = "no-route-to-its-pods"
    item = "nodes-pressure"
    evidence = rf"^{NODE}: {CONDITION} True"

    def plant(self, bench: Bench) -> None:
        _condition(bench, {"status": "True", "reason": "NoRouteCreated", "message": "planted"})

    def mend(self, bench: Bench) -> None:
        _condition(bench, {"$patch": "delete"})


class LabelOfAnotherZone(Defect):
    """A worker was moved to another zone, and its label was not: who spreads by it is wrong."""

    name = "label-of-another-zone"
    item = "nodes-labels"
    evidence = rf"^{NODE} stands in c by the inventory, and its label says b"

    def plant(self, bench: Bench) -> None:
        bench.kubectl("label", "node", NODE, f"{LABEL}=b", "--overwrite")

    def mend(self, bench: Bench) -> None:
        stand_as_built(bench, NODE)


class CordonedAndForgotten(Defect):
    """One node was cordoned for some work, and nobody has taken that back."""

    name = "cordoned-and-forgotten"
    item = "nodes-schedulable"
    evidence = rf"^cordoned: {NODE}; nothing moves there when a node goes"

    def plant(self, bench: Bench) -> None:
        bench.kubectl("cordon", NODE)

    def mend(self, bench: Bench) -> None:
        bench.kubectl("uncordon", NODE)


class ZoneWithoutWorker(Defect):
    """The second worker stands where the third does: the control plane's zone b has none."""

    name = "zone-without-worker"
    item = "workers-over-zones"
    evidence = r"^no worker stands in b, and a control plane does"

    def plant(self, bench: Bench) -> None:
        stand_in(bench, "worker-2", "c")

    def mend(self, bench: Bench) -> None:
        stand_as_built(bench, "worker-2")


def _condition(bench: Bench, change: dict[str, Any]) -> None:
    """Of a kind that kubelet leaves to others."""
    patch = {"status": {"conditions": [{"type": CONDITION, **change}]}}
    words = ("node", NODE, "--subresource=status", "--type=strategic")
    bench.kubectl("patch", *words, f"--patch={json.dumps(patch)}")
