"""How far each machine's clock is from ours, as bounds.

The one call that asks a machine everything lasts for seconds, and so does not bound its clock well
enough: here it is compared as events are, over a connection that stands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chaos.cluster.clock import offsets_of
from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import Machine, NotAvailable

Bounds = tuple[timedelta, timedelta]


def look(cluster: Cluster) -> dict[str, Bounds]:
    """The bounds of each machine's offset; of those that did not answer there are none."""
    return {
        name: (timedelta(seconds=offset - within), timedelta(seconds=offset + within))
        for name, (offset, within) in offsets_of(cluster).items()
    }


def narrowed(machine: Machine | NotAvailable, bounds: Bounds | None) -> Machine | NotAvailable:
    """The machine with its clock known better."""
    if bounds is None or isinstance(machine, NotAvailable):
        return machine
    if isinstance(machine.clock, NotAvailable):
        return machine
    least, most = bounds
    return replace(machine, clock=replace(machine.clock, least=least, most=most))
