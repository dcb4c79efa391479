"""Judging critical workloads, webhooks and what Pods may reach: each defect turns its item red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.haproxy import parse_haproxy
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HOST, ZONE, budget
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict
from selftests.unit.conformance_wide import TOLERATES, Defect, ids, tried

WEB = 1  # where shop/web stands among the facts' workloads
MANAGER = "kube-controller-manager"


def web(**changes: Any) -> f.Facts:
    """With the Deployment shop/web being otherwise."""
    return replace(good(), workloads=at(known(good().workloads), WEB, **changes))


def container(**changes: Any) -> f.Facts:
    """With the container of shop/web being otherwise."""
    one = known(good().workloads)[WEB]
    return web(containers=at(one.containers, 0, **changes))


def placed(*nodes: str) -> f.Facts:
    """With shop/web's ready Pods on these nodes."""
    pods = tuple(f.Place(pod=f"web-{n}", node=on, ready=True) for n, on in enumerate(nodes))
    return web(pods=pods, ready=len(pods))


def started(**time: float) -> f.Facts:
    one = known(good().workloads)[WEB]
    return web(pods=at(one.pods, 0, started=timedelta(**time)))


def waiting(why: str) -> f.Facts:
    one = known(good().workloads)[WEB]
    return web(pods=at(one.pods, 0, ready=False, waiting=why), ready=2)


def kept(**changes: Any) -> f.Facts:
    """With shop/web keeping something."""
    base = f.Volume(kind="claim", name="data", storage_class="fast", binding="WaitForFirstConsumer")
    return web(volumes=(replace(base, **changes),))


def grace(value: str) -> f.Facts:
    """With the controller-manager of cp-1 giving nodes this long."""
    base = good()
    found = tuple(
        replace(c, flags={**c.flags, "node-monitor-grace-period": value})
        if c.name == MANAGER
        else c
        for c in known(base.components["cp-1"])
    )
    return replace(base, components={**base.components, "cp-1": found})


def hooked(**changes: Any) -> f.Facts:
    """With the webhook being otherwise."""
    return replace(good(), webhooks=at(known(good().webhooks), 0, **changes))


def network(*policies: f.Policy, namespaces: tuple[str, ...] = ("shop",)) -> f.Facts:
    return replace(good(), network=f.NetworkFacts(namespaces=namespaces, policies=policies))


def trying(what: str, **changes: Any) -> f.Facts:
    """With one connection of this kind, and no other."""
    return replace(good(), from_pods=(tried(what, "198.51.100.21:1", **changes),))


def with_config(text: str | None) -> f.Facts:
    """With balancers of this configuration, and no connection tried."""
    config = f.UNREAD if text is None else parse_haproxy(text)
    balancers = tuple(replace(one, config=config) for one in known(good().balancers))
    return replace(good(), balancers=balancers, from_pods=())


POLICY = "NetworkPolicy shop/default-deny"
FOREVER = (f.Toleration(operator="Exists"),)
LONG = (replace(TOLERATES[0], seconds=400),)

DEFECTS: list[Defect] = [
    (
        "drains-not-blocked",
        replace(
            good(), disruption_budgets=(budget("infra", "one", allowed=0, healthy=3, desired=3),)
        ),
        "PodDisruptionBudget infra/one never lets a Pod go: 3 of 3 must be healthy, and are",
    ),
    ("workloads-replicas", web(replicas=1, ready=1), "Deployment shop/web: 1 of 1 replica ready:"),
    (
        "workloads-replicas",
        waiting("CrashLoopBackOff"),
        "Deployment shop/web: 2 of 3 replicas ready; waiting: web-0 (CrashLoopBackOff)",
    ),
    (
        "workloads-survive-node",
        placed("worker-1", "worker-1"),
        "without the node worker-1 nothing is left of Deployment shop/web (worker-1 2)",
    ),
    ("workloads-survive-node", placed(), "Deployment shop/web has no ready Pod at all"),
    (
        "workloads-survive-zone",
        placed("worker-1", "cp-1"),
        "without the zone a nothing is left of Deployment shop/web (a 2)",
    ),
    (
        "workloads-failover-time",
        web(tolerations=LONG),
        "a Pod of Deployment shop/web is away for 454 s (grace 50 s, toleration 400 s, start 4 s)",
    ),
    ("workloads-failover-time", grace("6m"), "(grace 6 min, toleration 30 s, start 4 s)"),
    ("workloads-failover-time", started(minutes=9), "start 9 min), and 6 min are allowed"),
    (
        "workloads-failover-time",
        web(tolerations=FOREVER),
        "Deployment shop/web stays on a dead node: it tolerates that for ever",
    ),
    ("workloads-requests", container(requests={"cpu": "1"}), "shop/web: web asks for no memory"),
    ("workloads-limits", container(limits={"cpu": "1"}), "shop/web: web has no limit of memory"),
    ("workloads-probes", container(readiness=False), "shop/web: web has no readiness probe"),
    ("workloads-probes", container(liveness=False), "shop/web: web has no liveness probe"),
    (
        "workloads-priority",
        web(priority=0, priority_class=""),
        "Deployment shop/web has priority 0 (no class): as all others",
    ),
    (
        "workloads-images",
        container(image="example.test/web:2", pull="Never"),
        "example.test/web:2 of Deployment shop/web is not on worker-1, worker-2, worker-3, and",
    ),
    (
        "workloads-images",
        waiting("ImagePullBackOff"),
        "Deployment shop/web: its image is not pulled: web-0 (ImagePullBackOff)",
    ),
    ("workloads-images", web(selector={"disk": "fast"}), "no node may take Deployment shop/web"),
    (
        "workloads-storage",
        kept(kind="hostPath", name="/data"),
        "Deployment shop/web: /data is a folder of its node (hostPath), and stays there",
    ),
    (
        "workloads-storage",
        kept(node_bound=HOST),
        f"the volume of data is bound to one node by {HOST}",
    ),
    (
        "workloads-storage",
        kept(zones=("a",), binding="Immediate"),
        "data (class fast) is bound at once and to the zone a",
    ),
    (
        "webhooks-endpoints",
        hooked(ready=1),
        "policy.example.test of validating policy fails closed, and policy/webhook has 1 endpoint",
    ),
    ("webhooks-timeout", hooked(seconds=10), "policy.example.test of validating policy is waited"),
    (
        "webhooks-own-way",
        hooked(catches=("pods of policy", "nodes")),
        "policy.example.test of validating policy fails closed and is asked for pods of policy, no",
    ),
    ("network-policies-declared", network(), "the namespace shop has no NetworkPolicy"),
    (
        "network-policies-declared",
        network(f.Policy(namespace="shop", name="web", everyone=False, denies=("Ingress",))),
        "the namespace shop has no NetworkPolicy that selects all its Pods and allows nobody in",
    ),
    (
        "network-policies-declared",
        network(
            f.Policy(namespace="shop", name="deny", everyone=True, denies=("Ingress",)),
            f.Policy(namespace="shop", name="all", everyone=True, opens=("Ingress",)),
        ),
        "the namespace shop: all lets everybody in to all its Pods, whatever deny says",
    ),
    (
        "network-policies-enforced",
        trying("policy", connected=True),
        f"shop/web-1 to 198.51.100.21:1, which {POLICY} forbids: it was connected",
    ),
    (
        "etcd-closed-to-pods",
        trying("etcd", connected=True),
        "a Pod on worker-1 was connected to etcd, 198.51.100.21:1",
    ),
    (
        "kubelet-closed-to-pods",
        trying("kubelet", connected=True),
        "a Pod on worker-1 was connected to a kubelet, 198.51.100.21:1",
    ),
    (
        "balancer-closed-to-pods",
        trying("balancer", connected=True),
        "a Pod on worker-1 was connected to a balancer's own port, 198.51.100.21:1",
    ),
]


@pytest.mark.parametrize(("item", "facts", "said"), DEFECTS, ids=ids(DEFECTS))
def test_each_defect_turns_its_item_red(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.FAIL
    assert said in told(item, facts)


GAPS: list[Defect] = [
    ("workloads-requests", web(containers=()), "the containers of Deployment shop/web"),
    (
        "workloads-failover-time",
        web(kind="StatefulSet"),
        "a StatefulSet's Pod is made anew only when somebody removes the dead node",
    ),
    (
        "workloads-failover-time",
        web(pods=tuple(replace(p, started=None) for p in known(good().workloads)[WEB].pods)),
        "no start was seen whole",
    ),
    ("workloads-failover-time", grace("soon"), '"soon" is no duration'),
    (
        "workloads-failover-time",
        replace(good(), components={"cp-1": SILENT}),
        "no kube-controller-manager was seen",
    ),
    ("workloads-priority", web(priority=None), "no Pod of it tells what critical is worth"),
    (
        "workloads-images",
        container(image="example.test/web:2"),
        "it is not on worker-1, worker-2, worker-3; whether they could pull it was not tried",
    ),
    ("workloads-images", web(containers=()), "the images of Deployment shop/web"),
    ("workloads-storage", kept(missing="there is no such claim"), "there is no such claim"),
    ("workloads-survive-zone", placed("worker-1", "stranger"), "nobody says where stranger stands"),
    ("webhooks-endpoints", hooked(service=None, ready=None), "it has a URL outside the cluster"),
    ("webhooks-endpoints", hooked(ready=None), "the endpoints of policy/webhook"),
    ("webhooks-own-way", hooked(perhaps=("nodes",)), "whether policy.example.test of validating"),
    ("network-policies-declared", network(namespaces=()), "the inventory names none"),
    (
        "network-policies-enforced",
        trying("policy", control=False),
        "nobody answers there at all, so that it failed proves nothing",
    ),
    (
        "network-policies-enforced",
        replace(good(), from_pods=()),
        "no connection was found that they should refuse",
    ),
    ("etcd-closed-to-pods", trying("etcd", control=False), "198.51.100.21:1: nobody answers there"),
    ("kubelet-closed-to-pods", replace(good(), from_pods=()), "nothing was tried"),
    ("balancer-closed-to-pods", replace(good(), from_pods=()), "nothing was tried"),
    ("balancer-closed-to-pods", with_config(None), "the ports of lb-1: nobody looked at it"),
]


@pytest.mark.parametrize(("item", "facts", "said"), GAPS, ids=ids(GAPS))
def test_what_is_not_known_is_not_covered(item: str, facts: f.Facts, said: str) -> None:
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert said in told(item, facts)


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        ("workloads-storage", kept(zones=("a",))),
        ("workloads-failover-time", web(tolerations=())),
        ("webhooks-endpoints", hooked(fail_closed=False, ready=0)),
        ("webhooks-own-way", hooked(fail_closed=False, catches=("nodes",))),
        ("webhooks-timeout", replace(good(), webhooks=())),
        ("balancer-closed-to-pods", with_config("frontend api\n bind *:6443\n mode tcp\n")),
        (
            "balancer-closed-to-pods",
            with_config("frontend s\n bind 127.0.0.1:8404\n mode http\n stats enable\n"),
        ),
        (
            "network-policies-enforced",
            replace(
                good(), from_pods=(tried("policy", "a:1"), tried("policy", "a:2", control=False))
            ),
        ),
        (
            "drains-not-blocked",
            replace(good(), disruption_budgets=(budget("a", "b", allowed=0, healthy=1),)),
        ),
        ("workloads-images", web(anywhere=((f.Requirement(key=ZONE, operator="Exists"),),))),
        ("workloads-images", container(image="docker.io/example.test/web:1")),
    ],
)
def test_what_does_as_well(item: str, facts: f.Facts) -> None:
    assert verdict(item, facts) is Verdict.PASS


def test_the_nodes_grace_goes_by_the_version() -> None:
    older = replace(good(), kubernetes="v1.31.4")
    assert "(grace 40 s, " in told("workloads-failover-time", older)
    assert "(grace 50 s, " in told("workloads-failover-time", good())


def test_pods_that_say_nothing_bear_a_dead_node_for_five_minutes() -> None:
    silent = "a Pod of Deployment shop/web is away for 354 s (grace 50 s, toleration 5 min, start"
    assert silent in told("workloads-failover-time", web(tolerations=()))
    shortest = (TOLERATES[0], replace(TOLERATES[0], seconds=10))
    assert "toleration 10 s" in told("workloads-failover-time", web(tolerations=shortest))


def test_a_node_that_tells_50_images_may_have_more() -> None:
    nodes = known(good().nodes)
    many = tuple(f"example.test/{n}" for n in range(50))
    changed = replace(known(nodes[3].kubernetes), images=many)
    facts = replace(good(), nodes=at(nodes, 3, kubernetes=changed))
    assert verdict("workloads-images", facts) is Verdict.NOT_COVERED
    assert "worker-1 told only of other images, and have more" in told("workloads-images", facts)
