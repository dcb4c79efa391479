"""Nodes, and what a lab's machines do not have: the clock is their host's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from chaos.cluster.facts import Facts, Link, Machine, Uplinks
from selftests.planted.recorded import changes as the
from selftests.planted.recording import Change, recorded

READ = timedelta(milliseconds=50)
AHEAD = timedelta(seconds=1.2)


def own_clocks(facts: Facts) -> Facts:
    """Each machine has a clock of its own, that something keeps, and that was read closely."""
    kept: Mapping[str, object] = {
        "keepers": ("chrony",),
        "synchronised": True,
        "container": "",
        "least": -READ,
        "most": READ,
    }
    for name in facts.machines:
        facts = _clock(name, **kept)(facts)
    return facts


def _clock(name: str, **changes: object) -> Change:
    def change(machine: Machine) -> Machine:
        return replace(machine, clock=replace(the.known(machine.clock), **changes))  # type: ignore[arg-type]

    return the.entry("machines", name, change)


def two_links(facts: Facts) -> Facts:
    """Each machine is one of metal, with a bond of two links."""
    for name in facts.machines:
        facts = _links(name, True, True)(facts)
    return facts


def _links(machine: str, *up: bool) -> Change:
    links = tuple(Link(name=f"eth{n}", up=one, team="bond0") for n, one in enumerate(up))
    uplinks = Uplinks(virtual="", routes=("bond0",), links=links)
    return the.entry("machines", machine, lambda one: replace(one, uplinks=uplinks))


@recorded("nodes-ready", r"^worker-3 is not Ready", also=["workers-over-zones"])
def node_fell_silent(facts: Facts) -> Facts:
    """One worker's kubelet has said nothing for a minute; its zone has no other that is Ready."""
    (one,) = (n for n in the.known(facts.nodes) if n.name == "worker-3")
    conditions = {**the.known(one.kubernetes).conditions, "Ready": "Unknown"}
    return the.kubernetes("worker-3", ready=False, conditions=conditions)(facts)


@recorded("clocks-kept", r"^worker-2: chrony is not synchronised", first=own_clocks)
def clock_not_synchronised(facts: Facts) -> Facts:
    """One machine's chrony runs, and reaches none of its servers."""
    return _clock("worker-2", synchronised=False)(facts)


@recorded("clocks-agree", r"^the clock of worker-2 is 1\.1 s or more ahead of ", first=own_clocks)
def clock_runs_ahead(facts: Facts) -> Facts:
    """One machine's clock is more than a second ahead of the others, and nobody has noticed."""
    return _clock("worker-2", least=AHEAD - READ, most=AHEAD + READ)(facts)


@recorded("network-paths", r"^worker-2: down: eth1 of bond0", first=two_links)
def one_link_of_a_bond_down(facts: Facts) -> Facts:
    """One machine's second cable was pulled, and all goes over the first: nobody has noticed."""
    return _links("worker-2", True, False)(facts)
