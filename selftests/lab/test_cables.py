"""Cables are cut at the router, machine by machine or all that lead out of a zone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.errors import UsageError
from lab.machines import Fleet
from lab.power import cable, find
from lab.shell import run
from lab.wait import until
from selftests.lab.support import knock

pytestmark = pytest.mark.lab


@pytest.fixture
def mended(fleet: Fleet) -> Iterator[None]:
    """All cables are joined after the test."""
    yield
    for target in (*fleet.plan.zones, *(m.name for m in fleet.plan.machines)):
        cable(fleet, target, "join")


def can_reach(fleet: Fleet, source: str, target: str) -> bool:
    address = next(m.address for m in fleet.plan.machines if m.name == target)
    test = f"timeout 1 bash -c '</dev/tcp/{address}/22' && echo yes || echo no"
    return fleet.ssh.run(source, test).strip() == "yes"


def test_a_machine_without_its_cable_is_silent_and_comes_back(fleet: Fleet, mended: None) -> None:
    worker = find(fleet, "worker-2")
    cable(fleet, worker.name, "cut")
    assert knock(worker.address, 22, patience=1.0) == "silence"
    assert fleet.network.cut_cables() == {"worker-2"}
    cable(fleet, worker.name, "join")
    until(lambda: knock(worker.address, 22, patience=1.0) == "connected", "cable works", timeout=10)


def test_a_zone_is_cut_off_while_all_goes_on_inside_it(fleet: Fleet, mended: None) -> None:
    inside = find(fleet, "worker-2")
    assert can_reach(fleet, "worker-1", "worker-2")
    cable(fleet, "b", "cut")
    assert knock(inside.address, 22, patience=1.0) == "silence"
    assert not can_reach(fleet, "worker-1", "worker-2")
    assert not can_reach(fleet, "lb-1", "lb-2"), "the zone's balancer stands on the edge"
    assert can_reach(fleet, "worker-1", "worker-3"), "other zones go on"
    # Into the zone there is no way left but through the machine's own namespace.
    argv = ["ip", "netns", "exec", fleet.network.namespace(inside)]
    cp2 = find(fleet, "cp-2")
    run([*argv, "timeout", "2", "bash", "-c", f"</dev/tcp/{cp2.address}/22"])
    cable(fleet, "b", "join")
    until(lambda: can_reach(fleet, "worker-1", "worker-2"), "zone is back", timeout=10)


def test_there_is_no_such_cable(fleet: Fleet) -> None:
    with pytest.raises(UsageError, match="There are: lb-1"):
        cable(fleet, "z", "cut")
