"""Guards: deny by default."""

from __future__ import annotations

import pytest

from chaos.safety import guards
from chaos.safety.errors import Denied, Refused
from chaos.safety.guards import Member


def members(text: str) -> list[Member]:
    """`u` is up, `d` is down, `L` a learner that is up, `l` one that is down."""
    return [
        Member(name=f"cp-{n}", healthy=mark in "uL", learner=mark in "lL")
        for n, mark in enumerate(text, 1)
    ]


@pytest.mark.parametrize(
    ("cluster", "takes"),
    [
        ("uuu", {"cp-1"}),
        ("uuuuu", {"cp-1", "cp-2"}),
        ("uuuud", {"cp-1"}),
        ("duu", {"cp-1"}),  # it is down already: nothing more is lost
        ("uuuL", {"cp-1", "cp-4"}),  # a learner has no vote to lose
        ("uuul", {"cp-1"}),
        ("uuu", set()),
        ("uud", set()),
        ("uuuu", {"cp-1"}),
        ("", set()),  # somebody else's etcd, and a fault that takes none of it
    ],
)
def test_a_minority_may_go(cluster: str, takes: set[str]) -> None:
    assert guards.quorum_holds(members(cluster), takes=takes).holds


@pytest.mark.parametrize(
    ("cluster", "takes"),
    [
        ("u", {"cp-1"}),
        ("uu", {"cp-1"}),
        ("uuu", {"cp-1", "cp-2"}),
        ("duu", {"cp-2"}),
        ("uuuu", {"cp-1", "cp-2"}),  # four are no better than three
        ("uuLL", {"cp-1"}),  # two voters, whatever stands beside them
        ("uuuuu", {"cp-1", "cp-2", "cp-3"}),
        ("ddu", set()),
    ],
)
def test_a_majority_must_stay(cluster: str, takes: set[str]) -> None:
    with pytest.raises(Refused, match="voters would be down"):
        guards.quorum_holds(members(cluster), takes=takes)


def test_what_is_not_known_is_not_risked() -> None:
    with pytest.raises(Refused, match="not known"):
        guards.quorum_holds([], takes={"cp-1"})


def test_quorum_left_says_who_would_be_down() -> None:
    left = guards.quorum_left(members("uuduL"), takes={"cp-1"})
    assert (left.voters, left.down, left.allowed, left.holds) == (4, ("cp-1", "cp-3"), 1, False)


@pytest.mark.parametrize("inventory", ["", "other"])
def test_another_cluster_is_left_alone(inventory: str) -> None:
    with pytest.raises(Denied) as denied:
        guards.cluster_is_the_one(inventory_uid=inventory, live_uid="this")
    assert denied.value.exit_code == 2
    assert "this" in str(denied.value)
    guards.cluster_is_the_one(inventory_uid="this", live_uid="this")


def test_production_must_be_confirmed() -> None:
    with pytest.raises(Denied, match="production"):
        guards.environment_allows("production", confirmed=False)
    guards.environment_allows("production", confirmed=True)
    guards.environment_allows("staging", confirmed=False)


def test_only_what_is_listed_is_allowed() -> None:
    guards.fault_is_allowed("etcd-stop", allowed=["etcd-stop"])
    guards.fault_is_allowed("etcd-stop", allowed=["all"])
    for allowed, said in (([], "allows none"), (["kubelet-stop"], "allows kubelet-stop")):
        with pytest.raises(Denied, match=said):
            guards.fault_is_allowed("etcd-stop", allowed=allowed)


def test_never_in_a_worker_of_xdist() -> None:
    guards.not_in_a_worker({})
    with pytest.raises(Denied, match="gw3"):
        guards.not_in_a_worker({"PYTEST_XDIST_WORKER": "gw3"})
