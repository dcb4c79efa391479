"""Judging etcd's voters, where the control plane stands, who leads, and what lies in etcd."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster.facts import Facts, LeaseFacts
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import NOW, lease, members, node, stored
from selftests.unit.conformance_programs import components
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

VOTERS, ZONES = "etcd-odd-voters", "control-planes-over-zones"
LEADERS, ENCRYPTED = "leader-election", "etcd-encrypted"


@pytest.mark.parametrize(("voters", "lost"), [(3, 1), (5, 2), (7, 3)])
def test_odd_voters_pass_and_their_tolerance_is_told(voters: int, lost: int) -> None:
    facts = replace(good(), etcd=members(voters))
    assert verdict(VOTERS, facts) is Verdict.PASS
    assert f"{lost} may be lost" in told(VOTERS, facts)


def four_voters() -> Facts:
    nodes = (*known(good().nodes), node("cp-4", 4, "control-plane", "etcd"))
    base = good()
    return replace(
        base,
        etcd=members(4),
        nodes=nodes,
        served_certificates=(
            *known(base.served_certificates),
            replace(known(base.served_certificates)[0], node="cp-4"),
        ),
        stored_certificates={
            **base.stored_certificates,
            "cp-4": base.stored_certificates["cp-1"],
        },
    )


def test_a_fourth_voter_gains_nothing() -> None:
    facts = four_voters()
    assert verdict(VOTERS, facts) is Verdict.FAIL
    assert "4 voters (cp-1, cp-2, cp-3, cp-4), quorum 3: 1 may be lost" in told(VOTERS, facts)
    assert "no more than with 3" in told(VOTERS, facts)
    # In a zone of its own it takes no quorum with it: it is the number alone that is wrong.
    assert verdict(ZONES, facts) is Verdict.PASS


def test_more_than_seven_voters_are_slower() -> None:
    facts = replace(good(), etcd=members(9))
    assert verdict(VOTERS, facts) is Verdict.FAIL
    assert "with more than 7 each write waits" in told(VOTERS, facts)


@pytest.mark.parametrize("voters", [1, 2])
def test_fewer_than_three_voters_may_lose_none(voters: int) -> None:
    facts = replace(good(), etcd=members(voters))
    assert verdict(VOTERS, facts) is Verdict.FAIL
    assert "none may be lost" in told(VOTERS, facts)


def test_a_learner_is_no_voter() -> None:
    etcd = members(4)
    facts = replace(good(), etcd=replace(etcd, members=at(etcd.members, 3, learner=True)))
    assert verdict(VOTERS, facts) is Verdict.PASS
    assert "no voter yet: cp-4" in told(VOTERS, facts)


def test_a_member_that_never_started_is_a_voter() -> None:
    etcd = members(4)
    lost = at(etcd.members, 3, name="", node=None)
    facts = replace(good(), etcd=replace(etcd, members=lost, statuses=etcd.statuses[:3]))
    assert verdict(VOTERS, facts) is Verdict.FAIL
    assert "e4 (never started)" in told(VOTERS, facts)
    assert "3 of 4 answer now" in told(VOTERS, facts)


def test_an_unknown_etcd_is_not_covered() -> None:
    facts = replace(good(), etcd=SILENT)
    assert {verdict(VOTERS, facts), verdict(ZONES, facts)} == {Verdict.NOT_COVERED}
    assert SILENT.reason in told(VOTERS, facts)


def in_zone(zone: str | None) -> Facts:
    """With cp-3 in another zone, by inventory and by label."""
    nodes = known(good().nodes)
    kubernetes = replace(known(nodes[2].kubernetes), zone=zone)
    return replace(good(), nodes=at(nodes, 2, zone=zone, kubernetes=kubernetes))


def test_two_voters_in_one_zone_hold_the_quorum() -> None:
    facts = in_zone("a")
    assert verdict(ZONES, facts) is Verdict.FAIL
    assert "zone a holds 2 of 3 voters of etcd: without it 1 is left" in told(ZONES, facts)


def test_a_control_plane_in_no_zone() -> None:
    facts = in_zone(None)
    assert verdict(ZONES, facts) is Verdict.FAIL
    assert "which zone cp-3 stands in" in told(ZONES, facts)


def test_inventory_and_label_name_different_zones() -> None:
    nodes = known(good().nodes)
    kubernetes = replace(known(nodes[2].kubernetes), zone="b")
    facts = replace(good(), nodes=at(nodes, 2, kubernetes=kubernetes))
    assert verdict(ZONES, facts) is Verdict.FAIL
    assert "cp-3 stands in zone c by the inventory and in b by its label" in told(ZONES, facts)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kubernetes": None}, "cp-2 is declared, and the API has no such node"),
        ({"roles": ("control-plane", "etcd", "spare")}, "2 control planes (cp-1, cp-3)"),
    ],
)
def test_fewer_than_three_control_planes(changes: dict[str, object], said: str) -> None:
    facts = replace(good(), nodes=at(known(good().nodes), 1, **changes))
    assert verdict(ZONES, facts) is Verdict.FAIL
    assert said in told(ZONES, facts)


def test_a_control_plane_that_is_not_ready_is_not_there() -> None:
    nodes = known(good().nodes)
    down = replace(known(nodes[1].kubernetes), ready=False)
    facts = replace(good(), nodes=at(nodes, 1, kubernetes=down))
    assert verdict(ZONES, facts) is Verdict.FAIL
    assert "cp-2 is not Ready" in told(ZONES, facts)


def test_external_etcd_stands_on_machines_of_its_own() -> None:
    machines = (node(f"etcd-{n}", n, "etcd") for n in (1, 2, 3))
    facts = replace(good(), etcd=members(3, first="etcd"), nodes=(*known(good().nodes), *machines))
    assert verdict(ZONES, facts) is Verdict.PASS
    together = tuple(
        replace(n, zone="a", kubernetes=replace(n.kubernetes, zone="a"))
        if n.kubernetes and n.name.startswith("cp")
        else n
        for n in known(facts.nodes)
    )
    assert told(ZONES, replace(facts, nodes=together)).startswith(
        "all control planes stand in the zone a"
    )
    unknown = replace(facts, nodes=good().nodes)
    assert verdict(ZONES, unknown) is Verdict.NOT_COVERED


def test_election_that_is_off_on_one_node() -> None:
    off = {**good().components, "cp-2": components("cp-2", leader_elect="false")}
    facts = replace(good(), components=off)
    assert verdict(LEADERS, facts) is Verdict.FAIL
    assert "kube-scheduler on cp-2 runs with --leader-elect=false" in told(LEADERS, facts)


def test_election_that_a_file_decides() -> None:
    one = good().components["cp-2"]
    of_file = at(known(one), 3, flags={"config": "/etc/kubernetes/scheduler.yaml"})
    facts = replace(good(), components={**good().components, "cp-2": of_file})
    assert verdict(LEADERS, facts) is Verdict.NOT_COVERED
    assert "/etc/kubernetes/scheduler.yaml decides it" in told(LEADERS, facts)


@pytest.mark.parametrize(
    ("flags", "settings", "expected"),
    [
        ({}, {}, Verdict.PASS),
        ({}, {"leader-elect": "false"}, Verdict.FAIL),
        ({"leader-elect": "true"}, {"leader-elect": "false"}, Verdict.PASS),
    ],
)
def test_election_as_a_file_has_it(
    flags: dict[str, str], settings: dict[str, str], expected: Verdict
) -> None:
    told_so = {"flags": {"config": "/etc/s.yaml"} | flags, "settings": settings, "unread": ""}
    of_file = at(known(good().components["cp-2"]), 3, **told_so)
    facts = replace(good(), components={**good().components, "cp-2": of_file})
    assert verdict(LEADERS, facts) is expected


def test_a_program_that_does_not_run_on_a_control_plane() -> None:
    gone = {**good().components, "cp-3": components("cp-3")[:2]}
    facts = replace(good(), components=gone)
    assert verdict(LEADERS, facts) is Verdict.FAIL
    assert "kube-scheduler does not run on cp-3" in told(LEADERS, facts)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"holder": ""}, "nobody holds the lease kube-scheduler"),
        ({"renewed": None}, "never renewed the lease kube-scheduler"),
        ({"renewed": NOW - timedelta(seconds=17)}, "17 s ago, and it lasts 15 s: nobody leads"),
        ({"holder": "laptop_1-2-3"}, "laptop_1-2-3 holds the lease kube-scheduler and is no"),
        ({"name": "other"}, "there is no lease kube-scheduler"),
    ],
)
def test_a_lease_without_a_fresh_holder(changes: dict[str, Any], said: str) -> None:
    leases = (lease("kube-controller-manager"), replace(lease("kube-scheduler"), **changes))
    facts = replace(good(), leases=LeaseFacts(at=NOW, leases=leases))
    assert verdict(LEADERS, facts) is Verdict.FAIL
    assert said in told(LEADERS, facts)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("IP-10-0-0-7", Verdict.PASS), ("other", Verdict.FAIL), ("", Verdict.NOT_COVERED)],
)
def test_a_holder_by_the_name_that_its_machine_has(host: str, expected: Verdict) -> None:
    machines = {**good().machines, "cp-2": replace(known(good().machines["cp-2"]), host=host)}
    held = (lease("kube-controller-manager"), lease("kube-scheduler", holder="ip-10-0-0-7_1-2"))
    facts = replace(good(), machines=machines, leases=LeaseFacts(at=NOW, leases=held))
    assert verdict(LEADERS, facts) is expected


@pytest.mark.parametrize("seconds", [-1, 0, 15])
def test_a_lease_that_is_within_its_time(seconds: int) -> None:
    leases = tuple(
        lease(name, renewed=NOW - timedelta(seconds=seconds), holder="cp-1.example.test_1-2")
        for name in ("kube-controller-manager", "kube-scheduler")
    )
    assert (
        verdict(LEADERS, replace(good(), leases=LeaseFacts(at=NOW, leases=leases))) is Verdict.PASS
    )


def test_leaders_that_could_not_be_looked_at() -> None:
    for facts in (
        replace(good(), leases=SILENT),
        replace(good(), components={**good().components, "cp-2": SILENT}),
    ):
        assert verdict(LEADERS, facts) is Verdict.NOT_COVERED
        assert SILENT.reason in told(LEADERS, facts)
    assert verdict(LEADERS, replace(good(), components={})) is Verdict.NOT_COVERED


def test_one_old_secret_in_plain_text() -> None:
    plain = ["k8s:enc:secretbox:v1:lab:", "k8s\\x00\\n\\x0c\\n\\x02v1"]
    facts = replace(good(), encryption=stored(secrets=plain))
    assert verdict(ENCRYPTED, facts) is Verdict.FAIL
    assert "1 of 2 secrets looked at are not encrypted: /registry/secrets/shop/1" in told(
        ENCRYPTED, facts
    )


def test_other_resources_are_told_and_not_judged() -> None:
    encrypted = stored(secrets=["k8s:enc:aescbc:v1:k:"], configmaps=["k8s\\x00"])
    facts = replace(good(), encryption=encrypted)
    assert verdict(ENCRYPTED, facts) is Verdict.PASS
    assert "configmaps" in told(ENCRYPTED, facts)


def test_values_that_could_not_be_looked_at() -> None:
    for encryption in (SILENT, stored(secrets=[]), stored(configmaps=["k8s:enc:aescbc:v1:k:"])):
        assert verdict(ENCRYPTED, replace(good(), encryption=encryption)) is Verdict.NOT_COVERED
