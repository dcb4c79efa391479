"""A cluster that was never built to survive: the gate says so, with reasons, and breaks little."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import load
from chaos.cluster.target import Target
from chaos.faults import registry
from chaos.measure.verdict import Verdict
from chaos.planning import guard, scene_of
from chaos.safety.errors import Refused
from lab.home import registered
from lab.spec import Spec
from selftests.lab_fixture import lab_of
from selftests.planted import checklist
from selftests.planted.checklist import Ran

pytestmark = [pytest.mark.lab, pytest.mark.slow]

NAME, SUBNET = "single", 11
SPEC = Spec(name=NAME, subnet=SUBNET, control_planes=1, workers=2, load_balancers=1, zones=2)
PASS, FAIL, NOT_COVERED = Verdict.PASS, Verdict.FAIL, Verdict.NOT_COVERED
ENDS = (PASS, FAIL, NOT_COVERED)

# One of everything that there should be three or two of, each told by the item that asks for it.
# Nothing else is wrong with it: workloads, certificates, backups and the balancer's checks are as
# in a cluster that is highly available.
RED = {
    *("etcd-odd-voters", "control-planes-odd", "control-planes-over-zones"),
    *("zone-loss-leaves-control-plane", "cluster-level"),
    *("balancer-no-single-point", "endpoint-name-resolves"),
}

# What needs other members is not tried, and says what is missing; what survives on one machine is.
TRIED = {
    "balancer-kill-kill": (NOT_COVERED, r"2 balancers are needed and there is 1"),
    "balancer-kill-silent": (NOT_COVERED, r"2 balancers are needed and there is 1"),
    "containerd-stop-kill": (PASS, ""),
    "containerd-stop-silent": (PASS, ""),
    "etcd-stop-kill": (NOT_COVERED, r"3 control planes are needed and there is 1"),
    "etcd-stop-silent": (NOT_COVERED, r"3 control planes are needed and there is 1"),
    "kubelet-stop-kill": (PASS, ""),
    "kubelet-stop-silent": (PASS, ""),
    "zone-partition-silent": (
        NOT_COVERED,
        r"3 control planes are needed and there is 1; 3 zones are needed and there are 2",
    ),
}


@pytest.fixture(scope="module")
def inventory(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A lab of one control plane, one balancer and two workers, alone on this host."""
    others = set(registered()) - {NAME}
    assert not others, f"this lab wants the host for itself: {', '.join(others)}"
    with lab_of(SPEC, pytestconfig) as home:
        yield home.inventory


@pytest.fixture(scope="module")
def ran(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The gate on it."""
    state = tmp_path_factory.mktemp("state")
    return checklist.run(inventory, "--hold=10", profile="gate", state=state, timeout=900)


def test_the_gate_ends_with_fail(ran: Ran) -> None:
    assert (ran.code, ran.result.verdict) == (1, FAIL), ran.out
    assert "Traceback" not in ran.out


def test_exactly_the_right_items_are_red(ran: Ran) -> None:
    assert ran.wrong == RED, ran.out
    assert "1 voter (cp-1), quorum 1: none may be lost" in ran.told("etcd-odd-voters")
    assert "1 control plane (cp-1)" in ran.told("control-planes-over-zones")
    assert ran.told("cluster-level").startswith("one control plane: ")


def test_what_cannot_be_tried_says_what_is_missing(ran: Ran) -> None:
    seen = {one.name: (one.verdict, one.reason) for one in ran.result.experiments}
    for name, (verdict, why) in TRIED.items():
        assert seen[name][0] is verdict, seen[name]
        assert re.search(why, seen[name][1]), seen[name]


def test_what_is_tried_comes_to_a_conclusion(ran: Ran) -> None:
    """Of faults that are not named here too."""
    open_ = {one.name: one.reason for one in ran.result.experiments if one.verdict not in ENDS}
    assert open_ == {}


def test_the_only_voter_is_not_taken(inventory: Path) -> None:
    """Even if a fault did not say what it requires: the guard counts the voters that are left."""
    cluster = Cluster(load(inventory))
    fault = registry()["etcd-stop"]
    scene = scene_of(cluster, Target.parse("etcd_leader").resolve(cluster, seed=1))
    with pytest.raises(Refused, match=r"1 of etcd's 1 voters would be down \(cp-1\); 0 may be"):
        guard(cluster, fault, scene)
