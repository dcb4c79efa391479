"""Pods for the scheduler, volumes, webhooks and NetworkPolicies, out of the API's lists."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaos.cluster.collect import (
    containers,
    declared_policies,
    kubernetes,
    pods,
    policies,
    webhooks,
)
from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.collect.workloads import workloads_of
from chaos.cluster.facts import Counted, Requirement, Toleration, Volume
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.haproxy_stats import parse_stats
from chaos.cluster.kube import Listed
from lab.pki import authority

Object = dict[str, Any]
NOTHING = Listed((), "1", datetime(2026, 11, 20, tzinfo=UTC))


def listed(*items: Object) -> Listed:
    return Listed(items, "1", NOTHING.at)


def pod(name: str = "web-1", *, owner: str = "ReplicaSet", **spec: Any) -> Object:
    refs = [{"kind": owner, "name": "web-5d", "controller": True}] if owner else []
    labels = {"app": "web", "pod-template-hash": "5d"}
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "labels": labels,
            "uid": f"uid-{name}",
            "ownerReferences": refs,
        },
        "spec": {"nodeName": "w-1", "containers": [{"name": "c"}]} | spec,
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    }


def asking(cpu: str, memory: str, **more: Any) -> Object:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


# Pods by controller


def test_pods_of_a_controller_are_one_group() -> None:
    found = pods.groups_of(
        listed(pod("a"), pod("b", nodeName="w-2"), pod("c", nodeName=None)),
        NOTHING,
        NOTHING,
        NOTHING,
    )
    (group,) = found
    assert (group.owner, group.nodes, group.moves) == (
        "ReplicaSet shop/web-5d",
        ("", "w-1", "w-2"),
        True,
    )


@pytest.mark.parametrize(
    ("owner", "moves"),
    [
        ("ReplicaSet", True),
        ("StatefulSet", True),
        ("DaemonSet", False),
        ("Node", False),
        ("", False),
    ],
)
def test_what_moves(owner: str, moves: bool) -> None:
    (group,) = pods.groups_of(listed(pod(owner=owner)), NOTHING, NOTHING, NOTHING)
    assert group.moves is moves


def test_what_a_pod_asks_for() -> None:
    one = pod(
        containers=[asking("100m", "64Mi"), asking("1", "1Gi"), {"name": "none"}],
        initContainers=[
            asking("2", "10Mi"),
            asking("50m", "32Mi", restartPolicy="Always"),
        ],
        overhead={"cpu": "10m"},
        priority=7,
    )
    (group,) = pods.groups_of(listed(one), NOTHING, NOTHING, NOTHING)
    # Its containers and the sidecar ask for 1150m together, the one before them for 2000m.
    assert (group.cpu, group.memory) == (2010, (64 + 1024 + 32) * 2**20)
    assert group.priority == 7


def test_what_else_a_pod_asks_for() -> None:
    gpu = {"resources": {"requests": {"nvidia.com/gpu": "2", "cpu": "100m"}}}
    taken = [{"hostPort": 80}, {"hostPort": 53, "protocol": "UDP", "hostIP": "192.0.2.1"}]
    one = pod(
        resources={"requests": {"cpu": "3"}},
        containers=[gpu | {"ports": [*taken, {"containerPort": 9}]}, asking("1", "1Gi")],
        affinity={"podAffinity": {pods.REQUIRED: [{"topologyKey": "zone", "labelSelector": OWN}]}},
    )
    (group,) = pods.groups_of(listed(one), NOTHING, NOTHING, NOTHING)
    # What a Pod asks for as a whole counts, not what its containers do.
    assert (group.cpu, group.memory, group.more) == (3000, 2**30, {"nvidia.com/gpu": 2})
    assert group.ports == ("/TCP/80", "192.0.2.1/UDP/53")
    assert group.beside == ("zone",)


def test_pods_that_ended_and_newer_versions() -> None:
    ended = pod("x") | {"status": {"phase": "Succeeded"}}
    newer = pod("y", containers=[asking("1", "1Gi")])
    found = pods.groups_of(listed(pod("a"), ended, newer), NOTHING, NOTHING, NOTHING)
    assert sorted((g.cpu, len(g.nodes)) for g in found) == [(0, 1), (1000, 1)]


OWN, OTHERS = {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "db"}}


def test_what_is_kept_apart_and_where_it_may_be() -> None:
    one = pod(
        affinity={
            "podAntiAffinity": {
                pods.REQUIRED: [
                    {"topologyKey": "host", "labelSelector": OWN},
                    {"topologyKey": "zone", "labelSelector": OTHERS},
                ]
            },
            "nodeAffinity": {
                pods.REQUIRED: {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["a"]}]}
                    ]
                }
            },
        },
        topologySpreadConstraints=[
            {
                "topologyKey": "zone",
                "labelSelector": OWN,
                "maxSkew": 2,
                "whenUnsatisfiable": "DoNotSchedule",
            },
            {
                "topologyKey": "host",
                "labelSelector": OWN,
                "whenUnsatisfiable": "DoNotSchedule",
                "nodeTaintsPolicy": "Honor",
                "nodeAffinityPolicy": "Ignore",
                "minDomains": 3,
            },
            {"topologyKey": "rack", "labelSelector": OWN, "whenUnsatisfiable": "ScheduleAnyway"},
        ],
        tolerations=[{"operator": "Exists", "tolerationSeconds": 5}],
        nodeSelector={"os": "linux"},
    )
    (group,) = pods.groups_of(listed(one), NOTHING, NOTHING, NOTHING)
    assert (group.apart, group.spread) == (("host",), {"zone": 2, "host": 1})
    assert group.counted == {
        "zone": Counted(),
        "host": Counted(labels=False, taints=True, places=3),
    }
    assert group.anywhere == ((Requirement(key="disk", operator="In", values=("a",)),),)
    assert group.tolerations == (Toleration(operator="Exists", seconds=5),)
    assert group.selector == {"os": "linux"}


# volumes


def claim(name: str = "data", volume: str | None = "pv", cls: str = "fast") -> Object:
    spec = {"storageClassName": cls, "accessModes": ["ReadWriteOnce"]}
    spec |= {"volumeName": volume} if volume else {}
    return {"metadata": {"namespace": "shop", "name": name}, "spec": spec}


def volume(*keys: tuple[str, str], **spec: Any) -> Object:
    rules = [{"key": k, "operator": "In", "values": [v]} for k, v in keys]
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": rules}]}} if rules else {}
    return {"metadata": {"name": "pv"}, "spec": {"nodeAffinity": affinity} | spec}


CLASS = {"metadata": {"name": "fast"}, "volumeBindingMode": "Immediate"}
FIELD = {"key": "metadata.name", "operator": "In", "values": ["w-1"]}
NAMED = {"required": {"nodeSelectorTerms": [{"matchFields": [FIELD]}]}}
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


@pytest.mark.parametrize(
    ("items", "bound", "zones", "keys"),
    [
        (volume((ZONE, "a")), "", ("a",), [ZONE]),
        (volume((HOST, "w-1"), ("os", "linux")), "", (), [HOST, "os"]),
        (volume(("csi.example.test/location", "a")), "", (), ["csi.example.test/location"]),
        (volume(nodeAffinity=NAMED), "", (), [HOST]),
        (volume(), "", (), []),
        (volume(hostPath={"path": "/x"}), "hostPath", (), []),
    ],
)
def test_what_a_volume_is_bound_to(
    items: Object, bound: str, zones: tuple[str, ...], keys: list[str]
) -> None:
    known = Volumes.of(listed(claim()), listed(items), listed(CLASS))
    found = known.kept("shop", "data")
    assert (found.node_bound, found.zones) == (bound, zones)
    assert [one.key for term in found.reach for one in term] == keys
    assert (found.storage_class, found.binding) == ("fast", "Immediate")
    assert found.modes == ("ReadWriteOnce",)


def test_what_is_missing_of_a_claim() -> None:
    known = Volumes.of(listed(claim(volume=None)), NOTHING, NOTHING)
    assert known.kept("shop", "data").missing == "no volume is bound to it yet"
    assert known.kept("shop", "other").missing == "there is no such claim"
    assert list(known.bound("shop", "other")) == []


def test_a_pod_is_bound_where_its_volume_is() -> None:
    one = pod(volumes=[{"persistentVolumeClaim": {"claimName": "data"}}, {"emptyDir": {}}])
    (group,) = pods.groups_of(listed(one), listed(claim()), listed(volume((ZONE, "a"))), NOTHING)
    assert group.bound == (Requirement(key=ZONE, operator="In", values=("a",)),)


def deployment(**template: Any) -> Object:
    labels = {"app": "web"}
    return {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": template},
        },
    }


def test_a_workload_with_its_containers_and_volumes() -> None:
    item = deployment(
        containers=[
            {
                "name": "web",
                "image": "web:1",
                "imagePullPolicy": "Never",
                **asking("100m", "64Mi"),
                "readinessProbe": {"httpGet": {}},
                "volumeMounts": [{"name": "srv"}, {"name": "certs", "readOnly": True}],
            }
        ],
        volumes=[
            {"persistentVolumeClaim": {"claimName": "data"}},
            {"name": "srv", "hostPath": {"path": "/srv"}},
            {"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}},
            {"configMap": {}},
        ],
        priorityClassName="great",
        nodeSelector={"a": "b"},
    )
    given = [{"key": "gone", "operator": "Exists", "tolerationSeconds": 300}]
    own = item["spec"]["template"]["spec"]["containers"]
    members = tuple(
        pod(name, priority=9, tolerations=given, containers=own) for name in ("web-1", "web-2")
    )
    known = Volumes.of(listed(claim()), listed(volume()), NOTHING)
    (found,) = workloads_of(
        NOTHING, listed(item), NOTHING, listed(*members), named=["shop"], kept=known
    )
    (one,) = found.containers
    assert (one.name, one.image, one.pull) == ("web", "web:1", "Never")
    assert (one.requests, one.limits) == ({"cpu": "100m", "memory": "64Mi"}, {})
    assert (one.readiness, one.liveness) == (True, False)
    assert [(v.kind, v.name) for v in found.volumes] == [("hostPath", "/srv"), ("claim", "data")]
    assert (found.priority_class, found.priority, found.selector) == ("great", 9, {"a": "b"})
    tolerated = Toleration(key="gone", operator="Exists", seconds=300)
    assert (found.tolerations, found.borne) == ((), ((tolerated,),))
    (unlisted,) = workloads_of(NOTHING, listed(item), NOTHING, NOTHING, named=["shop"])
    assert unlisted.volumes[1] == Volume(
        kind="claim", name="data", missing="claims and volumes could not be listed", shared=True
    )


def test_containers_are_as_the_newest_pod_has_them() -> None:
    template = {"containers": [{"name": "web", "resources": {"limits": {"cpu": 1}}}]}
    (bare,) = containers.of(template, ())
    assert (bare.requests, bare.limits, bare.given) == ({"cpu": "1"}, {"cpu": "1"}, False)
    old = pod(containers=[{"name": "old"}])
    new = pod(
        containers=[{"name": "web", **asking("1", "1Gi")}],
        initContainers=[
            {"name": "mesh", "restartPolicy": "Always"},
            {"name": "before", "image": "before:1"},
        ],
        resources={"limits": {"memory": "2Gi"}},
    )
    old["metadata"]["creationTimestamp"] = "2026-11-20T14:00:00Z"
    new["metadata"]["creationTimestamp"] = "2026-11-20T15:00:00Z"
    web, mesh, before = containers.of(template, (new, old))
    assert (web.requests, web.limits) == ({"cpu": "1", "memory": "1Gi"}, {"memory": "2Gi"})
    assert (mesh.kind, mesh.given, mesh.requests) == ("sidecar", True, {"memory": "2Gi"})
    assert (before.kind, before.image) == ("init", "before:1")


def test_claims_of_a_statefulset_that_has_no_pod_yet() -> None:
    item = deployment(containers=[])
    item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "disk"}}]
    known = Volumes.of(NOTHING, NOTHING, NOTHING)
    (found,) = containers.volumes(item, (), known)
    assert (found.name, found.missing, found.shared) == ("disk", "there is no such claim", False)


def came_up(**status: Any) -> Object:
    one = pod()
    one["metadata"]["creationTimestamp"] = "2026-11-20T15:00:00Z"
    one["status"] |= {"containerStatuses": [status]}
    return one


def scheduled(at: str, **status: Any) -> Object:
    """A Pod that had a node so late."""
    one = came_up(**status)
    one["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": at},
        {"type": "ContainersReady", "status": "True", "lastTransitionTime": "2026-11-20T17:00:00Z"},
    ]
    return one


def test_how_long_a_release_took_until_its_last_pod_was_ready() -> None:
    complete = {"type": "Progressing", "reason": "NewReplicaSetAvailable", "status": "True"}
    item = deployment()
    # The last has come since: its node was drained.
    pods = [scheduled(f"2026-11-20T15:0{n}:05Z") for n in (0, 1, 5)]
    assert containers.readied(item, pods) is None
    item["status"] = {"conditions": [complete | {"lastUpdateTime": "2026-11-20T15:01:25Z"}]}
    assert containers.readied(item, pods) == timedelta(seconds=20)
    assert containers.readied(item, pods[2:]) is None
    going_on = complete | {"reason": "ReplicaSetUpdated"}
    assert containers.readied({"status": {"conditions": [going_on]}}, pods) is None


def test_how_long_a_pod_took_to_start() -> None:
    running = {"running": {"startedAt": "2026-11-20T15:00:07Z"}}
    assert containers.started(came_up(state=running, restartCount=0)) == timedelta(seconds=7)
    assert containers.started(came_up(state=running, restartCount=1)) is None
    assert containers.started(came_up(state={"waiting": {"reason": "X"}})) is None
    late = scheduled("2026-11-20T15:00:05Z", state=running, restartCount=0)
    assert containers.started(late) == timedelta(seconds=2)
    assert (
        containers.waiting(came_up(state={"waiting": {"reason": "ErrImagePull"}})) == "ErrImagePull"
    )
    assert containers.waiting(came_up(state=running)) == ""


def test_what_a_node_has_and_gives() -> None:
    node = {
        "metadata": {"name": "w-1"},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": "192.0.2.1"},
                {"type": "Hostname", "address": "w-1"},
                {"type": "InternalIP", "address": "2001:db8::1"},
            ],
            "conditions": [{"type": "Ready", "status": "True"}],
            "capacity": {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "10Gi"},
            "allocatable": {"cpu": "1900m", "memory": "3Gi", "pods": "110", "x.test/gpu": "2"},
            "images": [{"names": ["a:1", "a@sha256:0"]}, {"names": None}],
        },
    }
    (found,) = kubernetes.nodes_of(listed(node), ())
    known = found.kubernetes
    assert known
    assert (known.cpu, known.memory, known.pods) == (1900, 3 * 2**30, 110)
    assert known.addresses == ("192.0.2.1", "2001:db8::1")
    assert known.gives == {"x.test/gpu": 2}
    assert (known.capacity_cpu, known.capacity_memory) == (2000, 4 * 2**30)
    assert (known.capacity_disk, known.images) == (10 * 2**30, ("a:1", "a@sha256:0"))
    assert known.conditions == {"Ready": "True"}


@pytest.mark.parametrize(
    ("cidrs", "own", "families"),
    [
        (["10.0.0.0/24", "fd00::/64"], ["1.2.3.4"], (4, 6)),
        ([], ["fd00::1"], (6,)),
        ([], ["1.2.3.4", "fd00::1"], ()),
        ([], [], ()),
    ],
)
def test_which_addresses_pods_have(
    cidrs: list[str], own: list[str], families: tuple[int, ...]
) -> None:
    addresses = [{"type": "InternalIP", "address": one} for one in own]
    node = {"metadata": {"name": "w"}, "spec": {"podCIDRs": cidrs}}
    assert (
        kubernetes.kubernetes_of(node | {"status": {"addresses": addresses}}).families == families
    )


# webhooks and Services


def hook(**changes: Any) -> Object:
    rule = {"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}
    base = {
        "name": "check.example.test",
        "clientConfig": {"service": {"namespace": "policy", "name": "hook"}},
        "failurePolicy": "Fail",
        "timeoutSeconds": 3,
        "rules": [rule],
    }
    return {"metadata": {"name": "policy"}, "webhooks": [base | changes]}


def endpoints(*ready: bool | None, at: str = "IPv4", pods: str = "") -> Object:
    labels = {"kubernetes.io/service-name": "hook"}
    return {
        "metadata": {"namespace": "policy", "labels": labels},
        "addressType": at,
        "endpoints": [
            {"addresses": [f"{at}-{n}"], "conditions": {"ready": one}}
            | ({"targetRef": {"uid": pods[n]}} if pods else {})
            for n, one in enumerate(ready)
        ],
    }


SPACES = listed({"metadata": {"name": "policy", "labels": {"mine": "yes"}}})


def labelled(namespace: str, **labels: str) -> Object:
    return {"metadata": {"name": "x", "namespace": namespace, "labels": labels}}


RUNNING = (labelled("policy", app="hook"), labelled("kube-system", app="dns"))


def found(one: Object, *pieces: Object, pods: tuple[Object, ...] = RUNNING) -> Any:
    there = (SPACES, listed(*pods), listed(*pods[:1]), listed(labelled("", os="linux")))
    (webhook,) = webhooks.webhooks_of(listed(one), NOTHING, listed(*pieces), *there)
    return webhook


def test_a_webhook_and_the_endpoints_behind_it() -> None:
    one = found(hook(), endpoints(True, None), endpoints(False))
    assert (one.configuration, one.name) == ("validating policy", "check.example.test")
    assert (one.fail_closed, one.seconds, one.service, one.ready) == (True, 3, "policy/hook", 2)
    assert found(hook(failurePolicy="Ignore")).fail_closed is False
    assert found(hook(clientConfig={"url": "https://x"})).ready is None


def test_a_pod_with_two_addresses_is_one_endpoint() -> None:
    both = (endpoints(True), endpoints(True, at="IPv6"))
    assert found(hook(), *both).ready == 1
    named = (endpoints(True, pods="a"), endpoints(True, pods="a"), endpoints(True, pods="b"))
    assert found(hook(), *named).ready == 2


EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "operations": ["*"]}]


def beyond(*names: str) -> Object:
    """A selector of all namespaces but these."""
    rule = {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": [*names]}
    return {"matchExpressions": [rule]}


@pytest.mark.parametrize(
    ("changes", "catches"),
    [
        ({}, ("pods of kube-system", "pods of policy")),
        ({"namespaceSelector": {"matchLabels": {"mine": "yes"}}}, ("pods of policy",)),
        ({"namespaceSelector": beyond("policy", "kube-system")}, ()),
        (
            {"namespaceSelector": beyond("policy", "kube-system"), "rules": EVERYTHING},
            ("leases of kube-node-lease", "nodes"),
        ),
        ({"objectSelector": {"matchLabels": {"app": "web"}}}, ()),
        ({"objectSelector": {"matchLabels": {"app": "hook"}}}, ("pods of policy",)),
        (
            {"objectSelector": {"matchLabels": {"os": "linux"}}, "rules": EVERYTHING},
            ("nodes",),
        ),
        (
            {
                "rules": [
                    {
                        "apiGroups": ["*"],
                        "resources": ["*"],
                        "operations": ["*"],
                        "scope": "Cluster",
                    }
                ]
            },
            ("nodes",),
        ),
        ({"rules": [{"apiGroups": [""], "resources": ["pods"], "operations": ["DELETE"]}]}, ()),
        ({"rules": [{"apiGroups": ["x"], "resources": ["pods"], "operations": ["CREATE"]}]}, ()),
    ],
)
def test_what_a_webhook_catches(changes: Object, catches: tuple[str, ...]) -> None:
    assert found(hook(**changes)).catches == catches


def test_what_a_webhook_perhaps_catches() -> None:
    conditions = [{"name": "x", "expression": "request.resource.resource != 'pods'"}]
    one = found(hook(matchConditions=conditions))
    assert (one.catches, one.perhaps) == ((), ("pods of kube-system", "pods of policy"))
    # Its own Pods are not there: which labels they would have nobody knows.
    one = found(hook(objectSelector={"matchLabels": {"app": "web"}}), pods=RUNNING[1:])
    assert (one.catches, one.perhaps) == ((), ("pods of policy",))


def test_what_a_webhook_is_verified_by() -> None:
    first, second = (authority(name).certificate for name in ("first", "second"))
    config = {"caBundle": base64.b64encode(f"# of us\n{first}{second}".encode()).decode()}
    one = found(hook(clientConfig=config))
    assert [known.subject for known in one.authorities] == ["CN=first", "CN=second"]
    assert found(hook()).authorities == found(hook(clientConfig={"caBundle": ""})).authorities == ()


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        ("a", "it is no base64"),
        (7, "it is no base64"),
        ("Cg==", "there is no certificate in it"),
        ("/w==", "there is no certificate in it"),
        (
            base64.b64encode(
                b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
            ).decode(),
            "it cannot be read as a certificate",
        ),
    ],
)
def test_what_a_webhook_cannot_be_verified_by(bundle: object, why: str) -> None:
    (one,) = found(hook(clientConfig={"caBundle": bundle})).authorities
    assert one.reason.startswith(why)


def test_every_address_of_a_service() -> None:
    item = {
        "metadata": {"namespace": "infra", "name": "api"},
        "spec": {
            "type": "LoadBalancer",
            "clusterIPs": ["10.96.0.9"],
            "externalIPs": ["1.2.3.4"],
            "externalName": "",
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "5.6.7.8"}, {"hostname": "lb.test"}]}},
    }
    headless = {"metadata": {"namespace": "a", "name": "b"}, "spec": {"clusterIP": "None"}}
    first, second = webhooks.services_of(listed(item, headless))
    assert (str(first), first.kind) == ("infra/api", "LoadBalancer")
    assert first.addresses == ("10.96.0.9", "1.2.3.4", "5.6.7.8", "lb.test")
    assert second.addresses == ()


# NetworkPolicies


def policy(name: str = "deny", namespace: str = "shop", **spec: Any) -> Object:
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"podSelector": {}} | spec}


def runs(name: str, namespace: str = "shop", **spec: Any) -> Object:
    one = pod(name)
    ports = [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}]
    one["metadata"] |= {"namespace": namespace, "labels": {"app": name}}
    one["spec"] |= {"containers": [{"ports": ports}], **spec}
    one["status"]["podIP"] = f"10.0.0.{len(name)}"
    return one


ALL_SPACES = listed(
    *({"metadata": {"name": n, "labels": {"team": n}}} for n in ("shop", "infra")),
    {"metadata": {"name": "vault", "labels": {"holdfast.dev/critical": "true"}}},
)


def test_what_is_declared_for_critical_namespaces() -> None:
    items = (
        policy(policyTypes=["Ingress", "Egress"]),
        policy("open", podSelector={"matchLabels": {"a": "b"}}, ingress=[{}]),
        policy("away", "infra"),
    )
    network = declared_policies.network_of(listed(*items), ALL_SPACES, named=["shop"])
    assert network.namespaces == ("shop", "vault")
    assert [(p.name, p.everyone, p.denies) for p in network.policies] == [
        ("deny", True, ("Ingress", "Egress")),
        ("open", False, ()),
    ]
    assert [p.opens for p in network.policies] == [(), ("Ingress",)]


@pytest.mark.parametrize(
    ("rule", "opens"),
    [
        ({}, True),
        ({"ports": [{"port": 80}]}, False),
        ({"from": [{"namespaceSelector": {}}]}, True),
        ({"from": [{"namespaceSelector": {}, "podSelector": {}}]}, True),
        ({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]}, False),
        ({"from": [{"podSelector": {}}]}, False),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, True),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}, False),
    ],
)
def test_a_rule_that_lets_everybody_pass(rule: Object, opens: bool) -> None:
    items = listed(policy(ingress=[rule]))
    (one,) = declared_policies.network_of(items, ALL_SPACES, named=["shop"]).policies
    assert one.opens == (("Ingress",) if opens else ())


def forbidden(*items: Object, running: tuple[Object, ...] = ()) -> list[tuple[str, str]]:
    pairs = policies.forbidden(
        listed(*items),
        ALL_SPACES,
        listed(*(running or (runs("a"), runs("bb", "infra")))),
        critical=["shop"],
        nodes={"w-1", "w-2", "w-3"},
    )
    return [(one.source, one.target) for one in pairs]


def test_what_is_tried_is_of_several_pods_and_nodes() -> None:
    there = [runs(n, nodeName=f"w-{i}") for n, i in (("a", 1), ("bb", 1), ("ccc", 2), ("dd", 9))]
    outside = [runs(n, "infra", nodeName=f"w-{i}") for n, i in (("x", 1), ("yy", 3), ("z", 9))]
    assert forbidden(policy(policyTypes=["Ingress"]), running=(*there, *outside)) == [
        *(("infra/yy", "shop/a"), ("infra/x", "shop/ccc"), ("infra/yy", "shop/bb")),
    ]
    assert forbidden(policy(policyTypes=["Egress"]), running=(*there, *outside)) == [
        *(("shop/a", "shop/ccc"), ("shop/ccc", "infra/yy"), ("shop/bb", "infra/yy")),
    ]


def test_what_policies_forbid() -> None:
    assert forbidden() == []
    assert forbidden(policy(policyTypes=["Ingress"])) == [("infra/bb", "shop/a")]
    assert forbidden(policy(policyTypes=["Egress"])) == [("shop/a", "infra/bb")]
    assert forbidden(policy("other", "infra", policyTypes=["Ingress"])) == [("shop/a", "infra/bb")]


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({}, True),
        ({"ports": [{"port": "http"}]}, True),
        ({"ports": [{"port": 8080}]}, True),
        ({"ports": [{"port": 8000, "endPort": 9000}]}, True),
        ({"ports": [{"port": 9999}]}, False),
        ({"ports": [{"port": 8080, "protocol": "UDP"}]}, False),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "infra"}}}]}, True),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "shop"}}}]}, False),
        ({"from": [{"podSelector": {}}]}, False),
        (
            {"from": [{"podSelector": {"matchLabels": {"app": "x"}}, "namespaceSelector": {}}]},
            False,
        ),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, True),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/24"]}}]}, False),
    ],
)
def test_who_is_let_in(rule: Object, allowed: bool) -> None:
    item = policy(policyTypes=["Ingress"], ingress=[rule])
    assert forbidden(item) == ([] if allowed else [("infra/bb", "shop/a")])


def test_pods_that_policies_do_not_concern() -> None:
    item = policy(policyTypes=["Ingress"])
    host = (runs("a"), runs("bb", "infra", hostNetwork=True))
    assert forbidden(item, running=host) == []
    gone = runs("bb", "infra")
    gone["metadata"]["deletionTimestamp"] = "x"
    assert forbidden(item, running=(runs("a"), gone)) == []


# HAProxy


def test_what_a_page_of_statistics_is_guarded_by() -> None:
    text = """\
defaults
    stats auth removed
frontend stats
    bind *:8404
    mode http
    acl here src 127.0.0.1
    http-request deny unless here
    stats enable
"""
    (frontend,) = parse_haproxy(text).frontends
    assert frontend.rules == (
        "stats auth removed",
        "acl here src 127.0.0.1",
        "http-request deny unless here",
        "stats enable",
    )


def test_how_many_connections_a_server_was_given() -> None:
    head = "# pxname,svname,status,lastchg,type,check_status,stot,\n"
    text = f"{head}b,a,UP,1,2,L7OK,17,\nb,c,UP,1,2,,,\n"
    assert [state.sessions for state in parse_stats(text)] == [17, None]
