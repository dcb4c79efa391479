"""Judging the level, monitoring, operations and managed control planes: each can turn red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.promql import selectors
from chaos.conformance.operations import INCIDENTS
from chaos.conformance.times import go_time
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_items import judges
from selftests.unit.conformance_parts import HOST, NOW, ZONE, members, node
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict
from selftests.unit.conformance_wide import RULES, Defect, ids
from selftests.unit.test_conformance_balancers import DEFECTS as BALANCERS
from selftests.unit.test_conformance_critical import DEFECTS as CRITICAL
from selftests.unit.test_conformance_nodes import DEFECTS as NODES

REGION = "topology.kubernetes.io/region"
# In topics that are wholly tested here and in those files.
TOPICS = (
    *("level", "monitoring", "operations", "managed", "nodes", "capacity", "webhooks", "network"),
    *("balanced_endpoint", "workloads", "load_balancer"),
)
# Whose tests have files of their own, or are older than these tables.
ELSEWHERE = {
    *("balancer-config-valid", "network-paths"),
    *("workloads-apart", "disruption-budgets", "balancer-backends", "balancer-checks-apiservers"),
    *("balancer-sees-apiservers", "balancer-uses-every-apiserver", "apiservers-reach-kubelets"),
}


def watched(**changes: Any) -> f.Facts:
    """With Prometheus saying something else."""
    return replace(good(), monitoring=replace(known(good().monitoring), **changes))


def unscraped(port: str, *, up: bool | None = None) -> f.Facts:
    """Without the first target of this port, or with it up or not."""
    targets = known(good().monitoring).targets
    first = next(i for i, t in enumerate(targets) if t.address.endswith(port))
    if up is None:
        return watched(targets=targets[:first] + targets[first + 1 :])
    return watched(targets=at(targets, first, up=up, error="it refuses"))


def ruled(name: str, **changes: Any) -> f.Facts:
    """With this rule being otherwise; without changes it is not there."""
    rules = known(good().monitoring).rules
    index = list(RULES).index(name)
    if not changes:
        return watched(rules=rules[:index] + rules[index + 1 :])
    return watched(rules=at(rules, index, **changes))


def measured(index: int, value: float | f.NotAvailable | None, **changes: Any) -> f.Facts:
    objectives = known(good().monitoring).objectives
    return watched(objectives=at(objectives, index, value=value, **changes))


def ready(**changes: Any) -> f.Facts:
    """With its owners having something else ready."""
    return replace(good(), operations=replace(known(good().operations), **changes))


def drilled(**ago: int | None) -> f.Facts:
    drills = dict(known(known(good().operations).drills))
    for name, days in ago.items():
        drills.pop(name)
        if days is not None:
            drills[name] = NOW - timedelta(days=days)
    return ready(drills=drills)


def managed(kind: str, *, regional: bool | None = None, zones: str = "abc", **more: Any) -> f.Facts:
    """A cluster whose control plane somebody else runs, with a pool over these zones."""
    label = {
        "eks": "eks.amazonaws.com/nodegroup",
        "gke": "cloud.google.com/gke-nodepool",
        "aks": "kubernetes.azure.com/agentpool",
    }[kind]
    nodes = []
    for number, zone in enumerate(zones):
        one = node(f"pool-{number}", number % 8 + 1, "worker", zone=zone)
        labels = {ZONE: zone, HOST: one.name, label: "main"}
        nodes.append(replace(one, kubernetes=replace(known(one.kubernetes), labels=labels)))
    base = good()
    declared = replace(base.declared, managed=kind, regional=regional, etcd_topology=None)
    facts = replace(base, declared=declared, nodes=tuple(nodes), apiservers=("10.0.0.1:443",))
    return replace(facts, **more)


def grouped(zones: str, **more: Any) -> f.Facts:
    """The same on EKS, with a group of nodes for each zone."""
    facts = managed("eks", zones=zones, **more)
    nodes = []
    for one in known(facts.nodes):
        labels = {**known(one.kubernetes).labels, "eks.amazonaws.com/nodegroup": f"ng-{one.zone}"}
        nodes.append(replace(one, kubernetes=replace(known(one.kubernetes), labels=labels)))
    return replace(facts, nodes=tuple(nodes))


def planes(count: int, *, zones: str = "abc", voters: int = 3, region: str = "") -> f.Facts:
    """With so many control planes, in these zones."""
    nodes = list(known(good().nodes))
    kept = [n for n in nodes if "control-plane" not in n.roles]
    mine = [n for n in nodes if "control-plane" in n.roles][:count]
    for index, one in enumerate(mine):
        labels = dict(known(one.kubernetes).labels)
        if region:
            labels[REGION] = region[index]
        changed = replace(known(one.kubernetes), labels=labels)
        mine[index] = replace(one, zone=zones[index], kubernetes=changed)
    return replace(good(), nodes=(*mine, *kept), etcd=members(voters))


def external(*zones: str, region: str = "") -> f.Facts:
    """With an etcd on machines of its own, in these zones."""
    machines = [node(f"etcd-{n}", n, "etcd", zone=zone) for n, zone in enumerate(zones, 1)]
    base = planes(3, region=region)
    etcd = members(len(zones), first="etcd")
    return replace(base, nodes=(*known(base.nodes), *machines), etcd=etcd)


def voter(**changes: Any) -> f.EtcdFacts:
    """With the last voter otherwise, or with no answer of it."""
    etcd = members(3)
    if not changes:
        return replace(etcd, statuses=etcd.statuses[:2])
    return replace(etcd, members=at(etcd.members, 2, **changes))


def alone() -> f.Facts:
    first = known(good().nodes)[0]
    return replace(good(), nodes=(first,), etcd=members(1))


def page(incident: str, *, found: bool | f.NotAvailable) -> f.Facts:
    pages = known(good().operations).runbooks
    return ready(runbooks=at(pages, INCIDENTS.index(incident), found=found))


ABSENT = 'up{job="apiserver"} == 0'
OLD = NOW - timedelta(minutes=20)
DEFECTS: list[Defect] = [
    ("cluster-level", alone(), "one node: cp-1 is all there is"),
    ("cluster-level", planes(1, voters=1), "one control plane: 1 control plane Ready (cp-1)"),
    ("cluster-level", planes(2), "2 control planes Ready (cp-1, cp-2), 3 voters of etcd: three"),
    ("cluster-level", planes(3, voters=1), "1 voter of etcd: without one of them nothing is"),
    (
        "cluster-level",
        replace(good(), etcd=voter()),
        "3 voters of etcd, of which 2 answer: without one of them nothing is decided",
    ),
    ("scraped-apiservers", unscraped(":6443"), "nobody scrapes the apiserver of cp-1"),
    ("scraped-etcd", unscraped(":2381"), "nobody scrapes the etcd of cp-1"),
    ("scraped-schedulers", unscraped(":10259"), "nobody scrapes the scheduler of cp-1"),
    (
        "scraped-controller-managers",
        unscraped(":10257", up=False),
        "the controller-manager of cp-1 is scraped in vain: 198.51.100.21:10257 of job controller",
    ),
    ("scraped-kubelets", unscraped(":10250"), "nobody scrapes the kubelet of cp-1"),
    ("scraped-balancers", unscraped(":8404"), "nobody scrapes the haproxy of lb-1"),
    ("alert-api-down", ruled("APIServerDown"), "no rule alerts on an apiserver that is down"),
    (
        "alert-api-down",
        ruled("APIServerDown", query=ABSENT),
        "APIServerDown: without absent() nobody is told when the target is gone",
    ),
    (
        "alert-api-down",
        ruled("APIServerDown", series={}),
        'looks at up{job="apiserver"}, and there is no such series: it can never alert',
    ),
    ("alert-no-leader", ruled("EtcdNoLeader"), "no rule alerts on an etcd without a leader"),
    (
        "alert-no-leader",
        ruled("EtcdNoLeader", health="err", error="bad"),
        "the rule EtcdNoLeader fails: bad",
    ),
    ("alert-etcd-member-down", ruled("EtcdMemberDown"), "no rule alerts on a member of etcd that"),
    (
        "alert-balancer-down",
        ruled("BalancerDown", query='up{job="haproxy"} == 1'),
        "no rule alerts on a balancer that is down",
    ),
    ("alert-failed-requests", ruled("EtcdFailedRequests"), "no rule alerts on failed requests"),
    (
        "alert-failed-requests",
        ruled("EtcdFailedRequests", evaluated=OLD),
        "the rule EtcdFailedRequests was last evaluated 20 min ago",
    ),
    ("alert-certificates", ruled("CertificateExpires"), "no rule alerts on certificates about to"),
    (
        "alert-certificates",
        ruled("CertificateExpires", evaluated=None, health="unknown"),
        "the rule CertificateExpires was never evaluated",
    ),
    ("alert-backups", ruled("BackupOld"), "no rule alerts on backups that are too old"),
    (
        "alert-backups",
        ruled("BackupOld", query="time() - backup_last_success > 7200"),
        "BackupOld: without absent()",
    ),
    ("alert-node-not-ready", ruled("NodeNotReady"), "no rule alerts on a node that is not Ready"),
    (
        "alert-node-not-ready",
        ruled("NodeNotReady", series={}),
        "the rule NodeNotReady looks at kube_node_status_condition",
    ),
    ("alerts-reach-somebody", watched(alertmanagers=()), "Prometheus knows no Alertmanager"),
    ("alerts-reach-somebody", watched(receivers={"null": ()}), "these receivers tell nobody: null"),
    ("alerts-reach-somebody", watched(receivers={}), "no route leads to a receiver"),
    ("slo-api", measured(0, 0.99), "api: 0.99 over 12 days, promised 0.999"),
    ("slo-etcd-leader", measured(1, None), "etcd leader: `q` finds nothing: nobody measures it"),
    ("slo-pod-start", measured(2, 45.0), "pod start: 45 s over 12 days, promised 30 s"),
    (
        "runbooks",
        page("zone-loss", found=False),
        "the runbook for zone-loss is not there: runbooks/zone-loss.md",
    ),
    ("runbooks", ready(runbooks=()), "there is no runbook for etcd-quorum"),
    (
        "drill-restore",
        drilled(restore=120),
        "the last drill restore was 120 days ago: 92 days are allowed",
    ),
    ("drill-failover", drilled(failover=None), "drills knows of no drill failover that went well"),
    ("drill-renewal", drilled(renewal=93), "the last drill renewal was 93 days ago"),
    ("drill-restore", drilled(restore=-2), "the last drill restore is in the future: 2026-11-"),
    (
        "managed-regional",
        managed("gke", regional=False),
        "gke: the inventory says that the control plane has one zone",
    ),
    ("managed-pools", managed("gke", zones="aaabc"), "pool main is uneven by 2: a 3, b 1, c 1"),
    ("managed-pools", managed("aks", zones="aaa"), "pool main: all its nodes stand in one zone"),
    ("managed-pools", grouped("aaabc"), "pools ng-a, ng-b, ng-c are uneven by 2: a 3, b 1, c 1"),
    (
        "managed-pools",
        managed("eks", kubernetes="v1.38.1-eks-1a2b"),
        "pool main: pool-0 has v1.36.2, 2 minor versions behind the control plane (v1.38.1-eks",
    ),
]


@pytest.mark.parametrize(("item", "facts", "said"), DEFECTS, ids=ids(DEFECTS))
def test_each_defect_turns_its_item_red(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.FAIL
    assert said in told(item, facts)


def test_every_item_of_these_topics_has_a_defect() -> None:
    tables = (DEFECTS, BALANCERS, CRITICAL, NODES)
    proved = {item for table in tables for item, _, _ in table} | ELSEWHERE
    assert set(judges(*TOPICS)) == proved


GAPS: list[Defect] = [
    ("cluster-level", replace(good(), etcd=SILENT), SILENT.reason),
    (
        "cluster-level",
        replace(good(), etcd=voter(node=None)),
        "the zone of etcd's cp-3: nobody says it",
    ),
    ("cluster-level", managed("eks"), "eks runs them, out of sight"),
    ("alerts-reach-somebody", watched(receivers=SILENT), SILENT.reason),
    ("alerts-reach-somebody", watched(alertmanagers=SILENT), SILENT.reason),
    ("slo-api", watched(objectives=()), "Prometheus was not asked for it"),
    ("slo-api", measured(0, SILENT), SILENT.reason),
    ("slo-api", measured(0, 1.0, seen=0.98), "of 2.00% of it there is no sample"),
    (
        "alert-no-leader",
        ruled("EtcdNoLeader", series={"etcd_server_has_leader": SILENT}),
        f"whether the rule EtcdNoLeader finds etcd_server_has_leader: {SILENT.reason}",
    ),
    ("scraped-etcd", managed("eks"), "somebody else runs it"),
    ("scraped-balancers", managed("eks"), "no machine has one"),
    ("alert-balancer-down", managed("eks"), "no machine has one"),
    ("alert-etcd-member-down", managed("eks"), "eks runs etcd, out of sight"),
    ("runbooks", page("zone-loss", found=SILENT), SILENT.reason),
    ("drill-restore", ready(drills=SILENT), SILENT.reason),
    ("managed-regional", managed("gke"), "its owner does not say (cluster.regional)"),
    (
        "managed-regional",
        managed("aks", apiservers=("10.0.0.1:443", "10.0.0.2:443")),
        "nothing of it shows its zones",
    ),
    ("managed-pools", managed("gke", kubernetes=SILENT), SILENT.reason),
    ("managed-pools", managed("gke", zones=""), "the API has no nodes"),
    (
        "managed-pools",
        replace(good(), declared=replace(good().declared, managed="other")),
        "the pool of cp-1: no label says it",
    ),
    (
        "managed-pools",
        replace(managed("eks"), declared=good().declared),
        "the API has no such node, and the inventory does not say (cluster.managed)",
    ),
]


@pytest.mark.parametrize(("item", "facts", "said"), GAPS, ids=ids(GAPS))
def test_what_is_not_known_is_not_covered(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert said in told(item, facts)


@pytest.mark.parametrize(
    ("facts", "rung"),
    [
        (planes(3, zones="aaa"), "several control planes in one place: 3 control planes Ready"),
        (planes(3, zones="aab"), "over the zones a, b; without a no quorum is left"),
        (planes(3), "several control planes over zones: 3 control planes Ready"),
        (planes(3, region="xyz"), "several control planes over regions"),
        (
            planes(3, region="eew"),
            "several control planes over zones: 3 control planes Ready (cp-1, cp-2, cp-3), 3 voters"
            " of etcd, over the zones a, b, c, and the regions e, w; without e no quorum is left",
        ),
        (external("a", "a", "a"), "several control planes in one place: "),
        (external("d", "d", "a"), "over the zones a, b, c; without d no quorum is left"),
        # What is no node has the region of the nodes in its zone.
        (external("a", "b", "c", region="xyz"), "several control planes over regions"),
    ],
)
def test_higher_rungs_pass_and_name_the_next(facts: f.Facts, rung: str) -> None:
    assert verdict("cluster-level", facts) is Verdict.PASS
    assert rung in told("cluster-level", facts)
    assert "the next step up: " in told("cluster-level", facts)


@pytest.mark.parametrize(
    "facts",
    [
        managed("eks"),
        managed("gke", regional=True),
        managed("aks", regional=True, zones="aabbc", kubernetes="v1.37.0"),
        grouped("aaabbbccc"),
    ],
)
def test_a_managed_control_plane_is_judged_by_what_is_seen(facts: f.Facts) -> None:
    for item in ("managed-regional", "managed-pools"):
        assert verdict(item, facts) is Verdict.PASS, told(item, facts)
    declared = replace(facts.declared, backup_max_age=None)
    outside = replace(facts, declared=declared, etcd=SILENT, backups=SILENT)
    for item in ("etcd-odd-voters", "etcd-backup"):
        assert verdict(item, outside) is Verdict.NOT_COVERED


def test_a_pool_with_one_node_more_is_even() -> None:
    assert verdict("managed-pools", managed("gke", zones="aabbc")) is Verdict.PASS


@pytest.mark.parametrize(
    ("value", "seen", "ends"),
    [(1.0, 0.995, "PASS"), (0.99, 0.9, "FAIL"), (0.9995, None, "PASS")],
)
def test_what_was_not_seen_of_an_objective(value: float, seen: float | None, ends: str) -> None:
    facts = measured(0, value, seen=seen, each={"cp-1:6443": 0.97})
    assert verdict("slo-api", facts) is Verdict[ends]
    assert "each by itself: cp-1:6443 0.97" in told("slo-api", facts)
    assert (seen is None) is ("there are samples of" not in told("slo-api", facts))


# expressions


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('up{job="a"} == 0', [('up{job="a"}', False)]),
        ('absent(up{job="a"})', [('up{job="a"}', True)]),
        ("sum by (job) (rate(x[5m])) / sum(y)", [("x", False), ("y", False)]),
        ("a and on (instance) b", [("a", False), ("b", False)]),
        ("histogram_quantile(0.95, sum(rate(h_bucket[5m])) by (le))", [("h_bucket", False)]),
        ("time() - t > 5 * 60", [("t", False)]),
        ('absent_over_time(x{a="("}[1h]) or vector(0)', [('x{a="("}', True)]),
        ('{__name__="x"} offset 5m', [('{__name__="x"}', False)]),
        ("a:b:rate5m unless bool_metric", [("a:b:rate5m", False), ("bool_metric", False)]),
        ("x > 1e3 or x < +Inf", [("x", False), ("x", False)]),
        (
            'up{a=~"x{1,3}:1"} == 0 or absent(up{a="}"})',
            [('up{a=~"x{1,3}:1"}', False), ('up{a="}"}', True)],
        ),
        ("start > 1 and on == 0", [("start", False), ("on", False)]),
        ("x @ start() or y @ end()", [("x", False), ("y", False)]),
        ("rate(x[5m] smoothed) # of y\n> 1", [("x", False)]),
        ("sum(x) by (le) > bool 1", [("x", False)]),
        ("a / on (b) group_left (c) d offset 5m", [("a", False), ("d", False)]),
        ("-x ^ 2 > NaN", [("x", False)]),
    ],
)
def test_selectors_of_an_expression(query: str, found: list[tuple[str, bool]]) -> None:
    assert [(one.text, one.absent) for one in selectors(query)] == found


@pytest.mark.parametrize(
    ("query", "compared"),
    [
        ("x == 0", ("==", 0.0)),
        ("max(rate(x[5m])) by (job) <= bool 1e-3", ("<=", 0.001)),
        ("x < 86400 * 30", None),
        ("x + 1 > 0", None),
        ("x", None),
        ("x > 5m", None),
    ],
)
def test_what_a_selector_is_held_against(query: str, compared: tuple[str, float] | None) -> None:
    (found,) = selectors(query)
    assert found.compared == compared


def test_where_a_selector_stands() -> None:
    a, b, c, d = selectors("a unless (b or c) or count(d == 1) < 3")
    assert [one.spared for one in (a, b, c, d)] == [False, True, True, False]
    assert [one.branch for one in (a, b, c, d)] == [0, 0, 0, 1]
    assert d.calls == ("count",)
    assert d.tells(0)


@pytest.mark.parametrize(
    ("text", "name", "fits"),
    [
        ('up{job=~"a|b"}', "up", True),
        ('up{job!="a"}', "up", False),
        ('up{job="a",other="x"}', "up", True),
        ('{"up",job!~"c.*"}', "up", True),
        ("{__name__='up',job='b'}", "up", False),
        (r'up{job=~"(\\w"}', "up", False),
        (r'up{job=~"\\w"}', "up", True),
    ],
)
def test_what_a_selector_fits(text: str, name: str, fits: bool) -> None:
    (found,) = selectors(text)
    assert (found.name, found.fits({"job": "a"})) == (name, fits)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m0.5s", 60.5), ("0", 0.0), ("2h", 7200.0), ("300ms", 0.3), ("soon", None), ("5", None)],
)
def test_durations_as_go_writes_them(text: str, seconds: float | None) -> None:
    time = go_time(text)
    assert (None if time is None else time.total_seconds()) == seconds
