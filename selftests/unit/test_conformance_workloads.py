"""Judging whether critical workloads are apart, and what their disruption budgets allow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.cluster.facts import Apart, DisruptionBudget, Facts, Requirement, Workload
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HOST, ZONE, budget, workload
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

APART, BUDGETS = "workloads-apart", "disruption-budgets"
PLACES = ("workloads-replicas", "workloads-survive-node", "workloads-survive-zone")
ON = ["worker-1", "worker-2", "worker-3"]


def red(facts: Facts, *more: str) -> dict[str, Verdict]:
    """Which of these do not pass."""
    found = {item: verdict(item, facts) for item in (APART, BUDGETS, *more)}
    return {item: one for item, one in found.items() if one is not Verdict.PASS}


def web(one: Workload) -> Facts:
    """With another Deployment shop/web."""
    return replace(good(), workloads=(known(good().workloads)[0], one))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((), "declares neither an anti-affinity nor a spread"),
        (
            (Apart(topology_key=HOST, required=True, own=False),),
            "declares rules that do not select its own Pods",
        ),
        (
            (Apart(topology_key="rack", required=True, own=True),),
            "is to be kept apart over rack, a label that worker-1, worker-2, worker-3 lacks",
        ),
    ],
)
def test_nothing_keeps_them_apart(rules: tuple[Apart, ...], said: str) -> None:
    facts = web(workload("shop", "web", ON, anti_affinity=rules, spread=()))
    assert red(facts) == {APART: Verdict.FAIL}
    assert f"Deployment shop/web {said}" in told(APART, facts)


def test_either_rule_is_enough() -> None:
    zone = (Apart(topology_key=ZONE, required=False, own=True, max_skew=1),)
    assert red(web(workload("shop", "web", ON, anti_affinity=()))) == {}
    assert red(web(workload("shop", "web", ON, anti_affinity=zone, spread=()))) == {}


def test_a_rule_that_only_prefers_is_told_as_such() -> None:
    prefers = (Apart(topology_key=HOST, required=False, own=True),)
    facts = web(workload("shop", "web", ON, anti_affinity=prefers, spread=()))
    assert red(facts) == {}
    assert "web is kept apart over kubernetes.io/hostname if possible," in told(APART, facts)
    assert "if possible" not in told(APART, good())


def test_a_node_that_takes_none_need_not_have_the_label() -> None:
    nodes = known(good().nodes)
    bare = replace(known(nodes[5].kubernetes), labels={HOST: "worker-3"})
    facts = replace(good(), nodes=at(nodes, 5, kubernetes=bare))
    zoned = ((Requirement(key=ZONE, operator="Exists"),),)
    mine = tuple(replace(w, anywhere=zoned, pods=w.pods[:2]) for w in known(good().workloads))
    assert red(replace(facts, workloads=mine)) == {}


def test_one_node_without_the_label() -> None:
    nodes = known(good().nodes)
    bare = replace(known(nodes[5].kubernetes), labels={HOST: "worker-3"})
    facts = replace(good(), nodes=at(nodes, 5, kubernetes=bare))
    assert red(facts) == {APART: Verdict.FAIL}
    assert f"{ZONE}, a label that worker-3 lacks" in told(APART, facts)


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (["worker-1"] * 3, "has 3 of 3 ready Pods on worker-1"),
        (["worker-1", "worker-1", "worker-2"], "has 2 of 3 ready Pods on worker-1"),
        (["worker-1", "cp-1"], "has all 2 ready Pods in the zone a"),
        (["worker-1"], "has 1 of 1 ready: nothing is left"),
    ],
)
def test_declared_apart_and_yet_together(nodes: list[str], said: str) -> None:
    facts = web(workload("shop", "web", nodes))
    assert red(facts) == {APART: Verdict.FAIL}
    assert said in told(APART, facts)


@pytest.mark.parametrize("nodes", [["worker-1", "worker-2"], ON, [*ON, *ON], [*ON, "worker-1"]])
def test_no_node_holds_more_than_half(nodes: list[str]) -> None:
    assert red(web(workload("shop", "web", nodes))) == {}


def test_pods_that_are_not_ready_hold_nothing_up() -> None:
    one = workload("shop", "web", ON)
    pods = at(at(one.pods, 0, ready=False), 1, ready=False, node=None)
    facts = web(replace(one, pods=pods, ready=1))
    assert verdict(APART, facts) is Verdict.FAIL
    assert "has 1 of 3 ready" in told(APART, facts)


def test_what_is_scaled_to_zero_proves_nothing() -> None:
    facts = web(workload("shop", "web", []))
    assert red(facts, *PLACES) == dict.fromkeys((APART, BUDGETS, *PLACES), Verdict.NOT_COVERED)
    assert "Deployment shop/web: it is scaled to 0: nothing of it runs" in told(APART, facts)


@pytest.mark.parametrize("critical", ["the cluster's DNS", "its namespace"])
def test_a_cluster_without_dns_is_red(critical: str) -> None:
    none = replace(workload("kube-system", "coredns", []), critical=critical)
    web_ = known(good().workloads)[1]
    facts = replace(good(), workloads=(none, web_))
    wrong = dict.fromkeys((APART, *PLACES), Verdict.FAIL)
    assert red(facts, *PLACES) == wrong | {BUDGETS: Verdict.NOT_COVERED}
    assert "coredns is scaled to 0: no name is resolved" in told("workloads-replicas", facts)
    other = workload("kube-system", "my-dns", ON, critical="the cluster's DNS")
    facts = replace(facts, workloads=(none, other, web_))
    assert verdict("workloads-replicas", facts) is Verdict.NOT_COVERED


def web_budgets(*budgets: DisruptionBudget) -> Facts:
    """With these over shop/web."""
    return replace(good(), disruption_budgets=(budget("kube-system", "coredns"), *budgets))


@pytest.mark.parametrize(
    ("budgets", "said"),
    [
        ([], "Deployment shop/web has no PodDisruptionBudget"),
        (
            [budget("shop", "web"), replace(budget("shop", "web"), name="old")],
            "Deployment shop/web has several (web, old): then no eviction is allowed",
        ),
        (
            [budget("shop", "web", allowed=0, desired=3)],
            "web lets none go (3 of 3 are healthy, 3 must be): it blocks every drain",
        ),
        (
            [budget("shop", "web", allowed=3, desired=0)],
            "web lets all go at once (3 of 3 are healthy, 0 must be)",
        ),
    ],
)
def test_a_budget_that_does_not_do(budgets: list[DisruptionBudget], said: str) -> None:
    facts = web_budgets(*budgets)
    assert red(facts) == {BUDGETS: Verdict.FAIL}
    assert said in told(BUDGETS, facts)


def test_dns_needs_a_budget_too() -> None:
    facts = replace(good(), disruption_budgets=(budget("shop", "web"),))
    assert red(facts) == {BUDGETS: Verdict.FAIL}
    assert "Deployment kube-system/coredns has no PodDisruptionBudget" in told(BUDGETS, facts)


def test_what_could_not_be_looked_at() -> None:
    both = dict.fromkeys((APART, BUDGETS), Verdict.NOT_COVERED)
    assert red(replace(good(), workloads=SILENT)) == both
    facts = replace(good(), disruption_budgets=SILENT)
    assert red(facts) == {BUDGETS: Verdict.NOT_COVERED}
    assert SILENT.reason in told(BUDGETS, facts)


def test_workloads_that_must_be_there_and_are_not_seen() -> None:
    both = dict.fromkeys((APART, BUDGETS), Verdict.NOT_COVERED)
    dns, shop = known(good().workloads)
    without_dns = replace(good(), workloads=(shop,))
    assert red(without_dns) == both
    without_shop = replace(good(), workloads=(dns,))
    assert red(without_shop) == both
    assert "the namespace shop: it has no Deployment" in told(APART, without_shop)
    assert red(replace(good(), workloads=())) == both
