"""Machines lose their power and the API goes on; what is dead is silent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.cluster import Cluster
from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.plan import Role
from lab.power import power
from lab.progress import Progress
from lab.status import status
from lab.wait import until
from selftests.lab.support import knock, reading

pytestmark = pytest.mark.lab

# Of a node's failure; source 000 ("<30sec" in its cost comparison).
API_BACK_WITHIN = 30.0


@pytest.fixture
def well(fleet: Fleet) -> Iterator[None]:
    """The cluster is well before the test, and again after it."""
    cluster = Cluster(fleet, Progress(say=lambda _: None))
    cluster.wait_well()
    yield
    for machine in fleet.plan.machines:
        power(fleet, machine.name, "on")
    cluster.wait_well()


def readable(fleet: Fleet) -> bool:
    return knock(fleet.plan.virtual_ip, 6443, patience=1.0) == "connected"


def test_the_api_outlives_a_control_plane_whose_power_is_cut(
    fleet: Fleet, kubectl: Kubectl, well: None
) -> None:
    dead = fleet.plan.control_planes[0]
    with reading(fleet.plan.virtual_ip) as readings:
        until(lambda: len(readings.good) > 20, "a baseline of reads", timeout=20)
        power(fleet, dead.name, "cut")
        # Silence, not a reset and not an unreachable: nobody speaks for a dead machine.
        assert {knock(dead.address, port, patience=2.0) for port in (22, 6443, 9)} == {"silence"}
        kubectl("create", "configmap", "written-without-cp-1", "--namespace=default")
        power(fleet, dead.name, "on")
    assert len(readings.good) > 40
    assert readings.longest_outage() < API_BACK_WITHIN


def test_the_api_outlives_the_balancer_that_holds_the_virtual_ip(fleet: Fleet, well: None) -> None:
    holder = next(m.name for m in status(fleet) if m.holds_virtual_ip)
    with reading(fleet.plan.virtual_ip) as readings:
        until(lambda: len(readings.good) > 20, "a baseline of reads", timeout=20)
        power(fleet, holder, "cut")
        before = len(readings.good)
        until(lambda: len(readings.good) > before + 20, "reads after the cut", timeout=40)
    other = next(m.name for m in fleet.plan.of(Role.LOAD_BALANCER) if m.name != holder)
    # Moving the address cannot be free: a test that sees no failure did not look.
    assert readings.bad
    assert readings.longest_outage() < API_BACK_WITHIN
    assert [m.name for m in status(fleet) if m.holds_virtual_ip] == [other]


def test_a_machine_shuts_down_and_boots_again(fleet: Fleet, well: None) -> None:
    boot = "cat /proc/sys/kernel/random/boot_id"
    before = fleet.ssh.run("worker-3", boot)
    power(fleet, "worker-3", "reboot")
    assert fleet.ssh.run("worker-3", boot) != before
