"""Facts out of the API's lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.collect import kubernetes, workloads
from chaos.cluster.collect.budgets import budgets_of
from chaos.cluster.collect.selectors import selects
from chaos.cluster.facts import Apart, NotAvailable, Place
from chaos.cluster.kube import Listed
from selftests.unit.cluster_support import inventory_of

AT = datetime(2026, 11, 20, 15, 1, 31, tzinfo=UTC)
Object = dict[str, Any]


def listed(*items: Object) -> Listed:
    return Listed(items, "1", AT)


# selectors


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "x"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "no", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "no", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [{"key": "app", "operator": "DoesNotExist"}],
            },
            False,
        ),
    ],
)
def test_selectors(selector: Object | None, selected: bool) -> None:
    assert selects(selector, {"app": "web"}) is selected


# workloads


def owned(name: str, kind: str, owner: str, namespace: str = "shop") -> Object:
    """What says whose a Pod is."""
    refs = [{"kind": kind, "name": owner, "controller": True}]
    labels = {"app": "web", "pod-template-hash": "5d"}
    return {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": refs}


def pod(name: str, node: str | None = "w-1", *, ready: bool = True, **more: Any) -> Object:
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]}
    return {
        "metadata": owned(name, "ReplicaSet", "web-5d"),
        "spec": {"nodeName": node} if node else {},
        "status": status,
    } | more


def deployment(
    name: str = "web", namespace: str = "shop", *, spec: Object | None = None, **template: Any
) -> Object:
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": template},
        }
        | (spec or {}),
        "status": {"readyReplicas": 2},
    }


def namespace(name: str, **labels: str) -> Object:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "labels": labels}}


def found(*deployments: Object, pods: tuple[Object, ...] = (), named: Any = ("shop",)) -> Any:
    spaces = listed(namespace("shop", team="shop"), namespace("kube-system"))
    return workloads.workloads_of(
        spaces, listed(*deployments), listed(), listed(*pods), named=named
    )


def test_a_workload_and_where_its_pods_are() -> None:
    pods = (
        pod("web-2", "w-2", ready=False),
        pod("web-1", "w-1"),
        pod("web-3", None, ready=False),
        pod("ended", status={"phase": "Succeeded"}),
        pod("failed", status={"phase": "Failed"}),
        pod("going", metadata=pod("going")["metadata"] | {"deletionTimestamp": "2026"}),
        pod("job", metadata=owned("job", "Job", "web")),
        pod("other", metadata=owned("other", "ReplicaSet", "web-2-5d")),
        pod("set", metadata=owned("set", "StatefulSet", "web")),
        pod("away", metadata=owned("away", "ReplicaSet", "web-5d", "x")),
        pod("bare", metadata={"name": "bare", "namespace": "shop"}),
    )
    (web,) = found(deployment(), pods=pods)
    assert str(web) == "Deployment shop/web"
    assert (web.replicas, web.ready) == (3, 2)
    assert web.pods == (
        Place(pod="web-1", node="w-1", ready=True),
        Place(pod="web-2", node="w-2", ready=False),
        Place(pod="web-3", node=None, ready=False),
    )
    assert (web.anti_affinity, web.spread) == ((), ())


def test_the_pods_of_a_statefulset_are_those_that_it_made() -> None:
    pods = (pod("db-0", metadata=owned("db-0", "StatefulSet", "db")), pod("web-1"))
    (db,) = workloads.workloads_of(
        listed(), listed(), listed(deployment("db")), listed(*pods), named=("shop",)
    )
    assert [place.pod for place in db.pods] == ["db-0"]


def test_which_workloads_must_survive() -> None:
    spaces = listed(
        namespace("named"),
        namespace("labelled", **{"holdfast.dev/critical": "true"}),
        namespace("else", **{"holdfast.dev/critical": "false"}),
        namespace("kube-system"),
    )
    dns = deployment("my-dns", "kube-system")
    dns["metadata"]["labels"] = {"k8s-app": "kube-dns"}
    deployments = listed(
        deployment(namespace="named"),
        deployment(namespace="labelled"),
        deployment(namespace="else"),
        deployment("coredns", "else"),
        deployment("coredns", "kube-system"),
        deployment("metrics", "kube-system"),
        dns,
    )
    sets = listed(deployment("db", "named"))
    why = {
        str(w): w.critical
        for w in workloads.workloads_of(spaces, deployments, sets, listed(), named=["named"])
    }
    assert why == {
        "Deployment named/web": "its namespace is in the inventory's critical_namespaces",
        "StatefulSet named/db": "its namespace is in the inventory's critical_namespaces",
        "Deployment labelled/web": "its namespace's label holdfast.dev/critical",
        "Deployment kube-system/coredns": "the cluster's DNS",
        "Deployment kube-system/my-dns": "the cluster's DNS",
    }


def test_the_cluster_s_dns_is_that_whatever_is_named() -> None:
    (dns,) = found(deployment("coredns", "kube-system"), named=("kube-system",))
    assert dns.critical == "the cluster's DNS"


def test_replicas_as_they_are_written() -> None:
    assert found(deployment(spec={"replicas": 0}))[0].replicas == 0
    bare = deployment()
    del bare["spec"]["replicas"], bare["status"]
    assert (found(bare)[0].replicas, found(bare)[0].ready) == (1, 0)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ({}, ("", None, None)),
        ({"strategy": {"type": "Recreate"}}, ("Recreate", None, None)),
        (
            {
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0},
                }
            },
            ("RollingUpdate", "0", "25%"),
        ),
        (
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}},
            ("RollingUpdate", None, None),
        ),
    ],
)
def test_how_a_release_replaces_pods(written: Object, known: tuple[object, ...]) -> None:
    (web,) = found(deployment(spec=written))
    assert (web.strategy, web.max_unavailable, web.max_surge) == known


OWN, OTHERS = {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "db"}}


def term(selector: Object | None = None, **more: Any) -> Object:
    return {"topologyKey": "zone", "labelSelector": selector} | more


@pytest.mark.parametrize(
    ("one", "own"),
    [
        (term(OWN), True),
        (term(OTHERS), False),
        (term(None), False),
        (term(OWN, namespaces=["elsewhere"]), False),
        (term(OWN, namespaces=["elsewhere", "shop"]), True),
        (term(OWN, namespaces=["elsewhere"], namespaceSelector={}), True),
        (term(OWN, namespaceSelector={"matchLabels": {"team": "shop"}}), True),
        (term(OWN, namespaceSelector={"matchLabels": {"team": "else"}}), False),
        (term(OWN, namespaces=["shop"], namespaceSelector=OTHERS), True),
    ],
)
def test_an_anti_affinity_counts_if_it_is_to_its_own_kind(one: Object, own: bool) -> None:
    rules = {
        "requiredDuringSchedulingIgnoredDuringExecution": [one],
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": one}],
    }
    (web,) = found(deployment(affinity={"podAntiAffinity": rules}))
    assert web.anti_affinity == (
        Apart(topology_key="zone", required=True, own=own),
        Apart(topology_key="zone", required=False, own=own),
    )


def test_spread_constraints() -> None:
    rules = [
        term(OWN, whenUnsatisfiable="DoNotSchedule", maxSkew=1),
        term(OTHERS, whenUnsatisfiable="ScheduleAnyway", maxSkew=2),
    ]
    (web,) = found(deployment(topologySpreadConstraints=rules))
    assert web.spread == (
        Apart(topology_key="zone", required=True, own=True, max_skew=1),
        Apart(topology_key="zone", required=False, own=False, max_skew=2),
    )


def budget(selector: Object | None, namespace: str = "shop", **spec: Any) -> Object:
    return {
        "metadata": {"name": "b", "namespace": namespace},
        "spec": spec | ({} if selector is None else {"selector": selector}),
        "status": {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2},
    }


@pytest.mark.parametrize(
    ("one", "selected"),
    [
        (budget(OWN), ("Deployment shop/web",)),
        (budget({}), ("Deployment shop/web",)),
        (budget(OTHERS), ()),
        (budget(None), ()),
        (budget(OWN, "elsewhere"), ()),
    ],
)
def test_whom_a_budget_is_for(one: Object, selected: tuple[str, ...]) -> None:
    deployments = listed(deployment(), deployment("unwatched", "kube-system"))
    (seen,) = budgets_of(
        listed(one), deployments, listed(), listed(), workloads=found(deployment())
    )
    assert seen.selects == selected
    assert (seen.allowed, seen.healthy, seen.desired, seen.expected) == (1, 3, 2, 0)


def test_a_budget_s_figures_are_as_written() -> None:
    one = budget(OWN, minAvailable="50%", maxUnavailable=0)
    one["status"]["conditions"] = [{"type": "DisruptionAllowed", "reason": "SyncFailed"}]
    (seen,) = budgets_of(listed(one), listed(), listed(), listed(), workloads=())
    assert (seen.min_available, seen.max_unavailable) == ("50%", "0")
    assert (seen.reason, seen.overlaps) == ("SyncFailed", ())


@pytest.mark.parametrize(
    ("pods", "shared"),
    [
        ((pod("web-1"),), ("all",)),
        ((pod("ended", status={"phase": "Failed"}),), ()),
        ((pod("away", metadata=owned("away", "ReplicaSet", "web-5d", "x")),), ()),
        ((), ()),
    ],
)
def test_budgets_over_one_pod(pods: tuple[Object, ...], shared: tuple[str, ...]) -> None:
    every, others = budget({}), budget(OTHERS)
    every["metadata"]["name"], others["metadata"]["name"] = "all", "db"
    seen = budgets_of(
        listed(budget(OWN), every, others), listed(), listed(), listed(*pods), workloads=()
    )
    assert {one.name: one.overlaps for one in seen} == {
        "b": shared,
        "all": ("b",) if shared else (),
        "db": (),
    }


# nodes, apiservers, leases


def node(name: str, *, ready: str = "True", **labels: str) -> Object:
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}], "unschedulable": True},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "nodeInfo": {"kubeletVersion": "v1.36.2"},
            "addresses": [
                {"type": "Hostname", "address": name},
                {"type": "InternalIP", "address": "198.51.100.77"},
            ],
        },
    }


def test_machines_of_the_inventory_with_what_the_api_says(tmp_path: Path) -> None:
    label = {kubernetes.ZONE: "a", kubernetes.CONTROL_PLANE: ""}
    nodes = listed(node("cp-1", **label), node("stranger", ready="Unknown"))
    facts = {n.name: n for n in kubernetes.nodes_of(nodes, inventory_of(tmp_path).nodes)}
    assert list(facts)[-1] == "stranger"
    first = facts["cp-1"]
    assert (first.roles, first.zone, first.declared) == (("control-plane", "etcd"), "a", True)
    assert first.kubernetes
    assert (first.kubernetes.ready, first.kubernetes.control_plane) == (True, True)
    assert (first.kubernetes.zone, first.kubernetes.kubelet) == ("a", "v1.36.2")
    assert (first.kubernetes.schedulable, first.kubernetes.taints) == (False, ("k=:NoSchedule",))
    assert facts["cp-2"].kubernetes is None
    assert facts["lb-1"].kubernetes is None
    stranger = facts["stranger"]
    assert (stranger.declared, stranger.address, stranger.roles) == (False, "198.51.100.77", ())
    assert stranger.kubernetes
    assert not stranger.kubernetes.ready


def test_which_cluster_it_is() -> None:
    assert kubernetes.uid_of(listed(namespace("a"), namespace("kube-system"))) == "uid-kube-system"
    assert isinstance(kubernetes.uid_of(listed(namespace("a"))), NotAvailable)


def test_the_apiservers_behind_the_service() -> None:
    def piece(service: str, *addresses: str, namespace: str = "default") -> Object:
        return {
            "metadata": {
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": service},
            },
            "ports": [{"port": 6443}],
            "endpoints": [{"addresses": [address]} for address in addresses],
        }

    slices = listed(
        piece("kubernetes", "198.51.100.22", "198.51.100.21"),
        piece("kubernetes", "2001:db8::1"),
        piece("other", "198.51.100.99"),
        piece("kubernetes", "198.51.100.98", namespace="elsewhere"),
    )
    assert kubernetes.apiservers_of(slices) == (
        "198.51.100.21:6443",
        "198.51.100.22:6443",
        "[2001:db8::1]:6443",
    )


def test_leases_with_the_server_s_clock() -> None:
    def lease(name: str, **spec: Any) -> Object:
        return {"metadata": {"name": name, "namespace": "kube-system"}, "spec": spec}

    facts = kubernetes.leases_of(
        listed(
            lease(
                "kube-scheduler",
                holderIdentity="cp-1_x",
                renewTime="2026-11-20T15:01:29.523927Z",
                acquireTime="2026-11-20T15:00:00.000000Z",
                leaseDurationSeconds=15,
                leaseTransitions=2,
            ),
            lease("given-up", holderIdentity=None),
        )
    )
    assert facts.at == AT
    given_up, scheduler = facts.leases
    assert (given_up.holder, given_up.renewed, given_up.duration) == ("", None, timedelta())
    assert (scheduler.holder, scheduler.transitions) == ("cp-1_x", 2)
    assert scheduler.duration == timedelta(seconds=15)
    assert scheduler.renewed
    assert facts.at - scheduler.renewed < scheduler.duration
