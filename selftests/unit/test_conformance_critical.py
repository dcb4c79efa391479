"""Judging critical workloads, webhooks and what Pods may reach: each defect turns its item red."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.cluster.haproxy import parse_haproxy
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import HOST, NOW, ZONE, budget, certificate
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


def budgeted(**changes: Any) -> f.Facts:
    """With one budget, being otherwise."""
    return replace(good(), disruption_budgets=(budget("infra", "one", **changes),))


def owned(owner: str, *critical: str) -> f.Facts:
    """With Pods of one controller more, and these namespaces critical by their labels."""
    base = good()
    named = f.NetworkFacts(namespaces=("shop", *critical), policies=())
    pods = (*known(base.pods), f.PodGroup(owner=owner, nodes=("worker-1",)))
    return replace(base, pods=pods, network=named)


def reached(key: str, *values: str) -> f.Facts:
    """With shop/web keeping what nodes with one of these labels can attach."""
    return kept(reach=((f.Requirement(key=key, operator="In", values=values),),))


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


def verified(*days: tuple[float, float], **changes: Any) -> f.Facts:
    """With the webhook verified by certificates: valid from and until so many days from now."""
    each = (
        certificate(not_before=NOW + timedelta(days=begin), not_after=NOW + timedelta(days=end))
        for begin, end in days
    )
    return hooked(authorities=tuple(each), **changes)


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
        budgeted(allowed=0, desired=3),
        "PodDisruptionBudget infra/one never lets a Pod go: 3 of 3 must be healthy",
    ),
    ("drains-not-blocked", budgeted(allowed=0, desired=3, healthy=2), "3 of 3 must be healthy"),
    (
        "drains-not-blocked",
        budgeted(allowed=0, healthy=0, desired=1, expected=1),
        "1 of 1 must be healthy",
    ),
    (
        "drains-not-blocked",
        budgeted(allowed=0, healthy=0, desired=0, expected=0, reason="SyncFailed"),
        "infra/one never lets a Pod go: its Pods could not be counted (SyncFailed)",
    ),
    (
        "drains-not-blocked",
        budgeted(overlaps=("old",)),
        "infra/one never lets a Pod go: old is over the same Pods, and two refuse every eviction",
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
    (
        "workloads-failover-time",
        web(tolerations=TOLERATES[:1], borne=(LONG,)),
        "(grace 50 s, toleration 400 s, start 4 s)",
    ),
    (
        "workloads-failover-time",
        web(borne=(TOLERATES[:1], FOREVER)),
        "Deployment shop/web stays on a dead node: it tolerates that for ever",
    ),
    ("workloads-failover-time", started(minutes=9), "start 9 min), and 6 min are allowed"),
    (
        "workloads-failover-time",
        web(tolerations=FOREVER),
        "Deployment shop/web stays on a dead node: it tolerates that for ever",
    ),
    (
        "workloads-rollout",
        web(strategy="Recreate"),
        "a release of Deployment shop/web ends all its Pods before there are new ones (Recreate)",
    ),
    (
        "workloads-rollout",
        web(max_unavailable="100%"),
        "a release of Deployment shop/web takes away 3 of 3 at once (maxUnavailable 100%)",
    ),
    ("workloads-rollout", web(max_unavailable="5"), "takes away 3 of 3 at once (maxUnavailable 5)"),
    (
        "workloads-rollout",
        web(replicas=1, max_unavailable="0", max_surge="0"),
        "takes away 1 of 1 at once",
    ),
    ("workloads-rollout", web(kind="StatefulSet", replicas=1), "takes away 1 of 1 at once"),
    ("workloads-requests", container(requests={"cpu": "1"}), "shop/web: web asks for no memory"),
    ("workloads-limits", container(limits={"cpu": "1"}), "shop/web: web has no limit of memory"),
    ("workloads-requests", container(requests={}, kind="sidecar"), "web asks for no cpu"),
    ("workloads-limits", container(limits={}, given=True), "web has no limit of memory"),
    ("workloads-probes", container(liveness=False, kind="sidecar"), "has no liveness probe"),
    (
        "workloads-images",
        container(image="example.test/web:2", pull="Never", kind="init"),
        "example.test/web:2 of Deployment shop/web is not on worker-1, worker-2, worker-3, and",
    ),
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
        kept(node_bound="hostPath"),
        "the volume of data is bound to one node by hostPath",
    ),
    ("workloads-storage", reached(HOST, "worker-1"), f"is bound by {HOST} to worker-1"),
    ("workloads-storage", reached(HOST, "cp-1", "worker-1"), f"is bound by {HOST} to worker-1"),
    ("workloads-storage", reached("csi.example.test/place", "x"), "csi.example.test/place to no"),
    (
        "workloads-storage",
        kept(shared=True, modes=("ReadWriteOnce",)),
        "its 3 replicas have data in common, which one node at a time can attach (ReadWriteOnce)",
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
    (
        "webhooks-authorities",
        verified((-400, -35)),
        "policy.example.test of validating policy, which fails closed, expired on 2026-10-16",
    ),
    ("webhooks-authorities", verified((-400, -35), (-395, -30)), "closed, expired on 2026-10-21"),
    ("webhooks-authorities", verified((1, 8)), "is not valid before 2026-11-21 15:00 UTC"),
    (
        "webhooks-authorities",
        verified((-355, 10)),
        "expires on 2026-11-30 15:00 UTC, and was not renewed in twenty-nine thirtieths of its",
    ),
    ("webhooks-authorities", verified((-6.9, 0.1), (1, 8)), "expires on 2026-11-20 17:24 UTC"),
    ("webhooks-authorities", verified((-3600, 50)), "expires on 2027-01-09 15:00 UTC"),
    (
        "webhooks-authorities",
        hooked(authorities=(SILENT,)),
        f"policy, which fails closed, is of no use to the apiserver: {SILENT.reason}",
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
        kept(modes=("ReadWriteOnce",)),
        "data may have to be taken from the dead node, which takes 6 min more",
    ),
    (
        "workloads-failover-time",
        web(readied=timedelta(minutes=20)),
        "it ran after 4 s, and its release was complete after 20 min",
    ),
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
    ("workloads-replicas", owned("DaemonSet shop/logs"), "DaemonSet shop/logs: Deployments and"),
    ("workloads-replicas", owned("Database shop/db"), "Database shop/db: Deployments and Stateful"),
    ("workloads-replicas", owned("ReplicaSet shop/web"), "ReplicaSet shop/web: Deployments and"),
    ("workloads-replicas", owned("Pod labelled/lone", "labelled"), "Pod labelled/lone: Deployment"),
    ("workloads-rollout", web(strategy=""), "of Deployment shop/web: nobody says it"),
    ("workloads-rollout", web(strategy="Odd"), "of Deployment shop/web: its strategy is Odd"),
    ("workloads-rollout", web(max_unavailable="some"), "a release takes: some, 25%"),
    ("workloads-storage", kept(missing="there is no such claim"), "there is no such claim"),
    ("workloads-survive-zone", placed("worker-1", "stranger"), "nobody says where stranger stands"),
    ("webhooks-endpoints", hooked(service=None, ready=None), "it has a URL outside the cluster"),
    ("webhooks-endpoints", hooked(ready=None), "the endpoints of policy/webhook"),
    ("webhooks-own-way", hooked(perhaps=("nodes",)), "whether policy.example.test of validating"),
    (
        "webhooks-authorities",
        hooked(authorities=()),
        "it is empty: the apiserver goes by the roots of its own machine",
    ),
    ("webhooks-authorities", hooked(authorities=f.UNREAD), f"policy: {f.UNREAD.reason}"),
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
        ("workloads-storage", reached(ZONE, "a", "b")),
        ("workloads-storage", kept(shared=True, modes=("ReadWriteMany",))),
        ("workloads-storage", kept(modes=("ReadWriteOnce",))),
        ("workloads-probes", container(readiness=False, liveness=False, given=True)),
        ("workloads-probes", container(readiness=False, liveness=False, kind="init")),
        ("workloads-requests", container(requests={}, kind="init")),
        ("workloads-limits", container(limits={}, kind="init")),
        ("workloads-replicas", owned("Job shop/once")),
        ("workloads-replicas", owned("DaemonSet other/logs")),
        ("workloads-replicas", owned("DaemonSet kube-system/kube-proxy", "kube-system")),
        ("workloads-replicas", owned("Node kube-system/cp-1", "kube-system")),
        ("workloads-rollout", web(max_unavailable="2")),
        ("workloads-rollout", web(max_unavailable="99%")),
        ("workloads-rollout", web(replicas=1)),
        ("workloads-rollout", web(kind="StatefulSet", replicas=2)),
        ("workloads-rollout", web(kind="StatefulSet", strategy="OnDelete", replicas=1)),
        ("workloads-failover-time", web(tolerations=())),
        ("workloads-failover-time", web(tolerations=LONG, borne=(TOLERATES[:1],))),
        ("workloads-failover-time", web(tolerations=LONG, borne=((),))),
        ("workloads-failover-time", kept(modes=("ReadWriteOnce", "ReadWriteMany"))),
        ("workloads-failover-time", kept(kind="hostPath", name="/etc/ssl")),
        ("webhooks-endpoints", hooked(fail_closed=False, ready=0)),
        ("webhooks-own-way", hooked(fail_closed=False, catches=("nodes",))),
        ("webhooks-timeout", replace(good(), webhooks=())),
        ("webhooks-authorities", replace(good(), webhooks=())),
        ("webhooks-authorities", verified((-400, -35), fail_closed=False)),
        ("webhooks-authorities", verified((-400, -35), (-5, 2))),
        ("webhooks-authorities", verified((-3600, 70))),
        ("webhooks-authorities", hooked(authorities=(SILENT, certificate()))),
        ("webhooks-authorities", hooked(authorities=(), service=None, ready=None)),
        ("drains-not-blocked", budgeted(allowed=0, healthy=1)),
        ("drains-not-blocked", budgeted(allowed=0, healthy=0, desired=0, expected=0)),
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


def test_a_start_ends_when_a_pod_is_ready() -> None:
    assert "away for 110 s (grace 50 s, toleration 30 s, start 30 s)" in told(
        "workloads-failover-time", web(readied=timedelta(seconds=30))
    )


DIGEST = "@sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("image", "there"),
    [
        (f"example.test/web:1{DIGEST}", f"example.test/web{DIGEST}"),
        (f"example.test:5000/web{DIGEST}", f"example.test:5000/web{DIGEST}"),
        ("example.test:5000/web", "example.test:5000/web:latest"),
        (f"nginx:1{DIGEST}", f"docker.io/library/nginx{DIGEST}"),
    ],
)
def test_an_image_is_found_by_what_nodes_call_it(image: str, there: str) -> None:
    facts = container(image=image)
    nodes = tuple(
        replace(n, kubernetes=replace(n.kubernetes, images=("example.test/coredns:1", there)))
        if n.kubernetes
        else n
        for n in known(facts.nodes)
    )
    assert verdict("workloads-images", replace(facts, nodes=nodes)) is Verdict.PASS
    other = replace(container(image=f"{image}0"), nodes=nodes)
    assert verdict("workloads-images", other) is Verdict.NOT_COVERED


def test_a_node_that_tells_50_images_may_have_more() -> None:
    nodes = known(good().nodes)
    many = tuple(f"example.test/{n}" for n in range(50))
    changed = replace(known(nodes[3].kubernetes), images=many)
    facts = replace(good(), nodes=at(nodes, 3, kubernetes=changed))
    assert verdict("workloads-images", facts) is Verdict.NOT_COVERED
    assert "worker-1 told only of other images, and have more" in told("workloads-images", facts)
    # Each has a name by its tag, and one by its digest.
    few = replace(facts, nodes=at(nodes, 3, kubernetes=replace(changed, images_told=25)))
    assert "it is not on worker-1; whether" in told("workloads-images", few)
