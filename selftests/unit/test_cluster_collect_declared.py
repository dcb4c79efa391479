"""What the cluster's own objects tell, and etcd's alarms."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.collect import declared, deeper, replacing, roles
from chaos.cluster.etcd_parse import EtcdUnreadable
from chaos.cluster.facts import (
    EtcdAlarm,
    HealthCheck,
    NotAvailable,
)
from chaos.cluster.kube import Kube, Listed
from chaos.cluster.shell import Said
from selftests.unit.cluster_support import Answer, api, served
from selftests.unit.test_cluster_kube import access

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
Object = dict[str, Any]


def listed(*items: Object) -> Listed:
    return Listed(items, "1", AT)


# the cluster's own objects

CONFIG = """\
kubernetesVersion: v1.36.2
controlPlaneEndpoint: api.test:6443
apiServer: {certSANs: [api.test, 198.51.100.100]}
etcd: {external: {endpoints: ["https://198.51.100.41:2379"]}}
"""
KUBECONFIG = "clusters: [{cluster: {server: 'https://api.test:6443'}}]"


def configmap(name: str, **data: str) -> Object:
    return {"metadata": {"name": name}, "data": {k.replace("_", "."): v for k, v in data.items()}}


def test_what_kubeadm_keeps() -> None:
    found = declared.kubeadm(listed(configmap("kubeadm-config", ClusterConfiguration=CONFIG)))
    assert not isinstance(found, NotAvailable)
    assert (found.endpoint, found.cert_sans) == ("api.test:6443", ("api.test", "198.51.100.100"))
    assert found.etcd_endpoints == ("https://198.51.100.41:2379",)


@pytest.mark.parametrize(
    ("configmaps", "told"),
    [
        (listed(), "there is no ConfigMap kube-system/kubeadm-config"),
        (listed(configmap("kubeadm-config")), "has no ClusterConfiguration"),
        (listed(configmap("kubeadm-config", ClusterConfiguration="{")), "is no YAML"),
    ],
)
def test_what_kubeadm_does_not_keep(configmaps: Listed, told: str) -> None:
    found = declared.kubeadm(configmaps)
    assert isinstance(found, NotAvailable)
    assert told in found.reason


def test_whom_kube_proxy_and_joining_machines_go_to() -> None:
    proxy = listed(configmap("kube-proxy", kubeconfig_conf=KUBECONFIG))
    assert declared.proxy_server(proxy) == "https://api.test:6443"
    info = {"data": {"kubeconfig": KUBECONFIG}}
    assert declared.cluster_info_server(info) == "https://api.test:6443"
    assert isinstance(declared.cluster_info_server({}), NotAvailable)
    assert isinstance(declared.server_of({"clusters": []}), NotAvailable)


def test_when_the_cluster_was_made() -> None:
    space = {"metadata": {"name": "kube-system", "creationTimestamp": "2026-11-20T15:00:00Z"}}
    assert declared.created(listed(space)) == AT
    assert isinstance(declared.created(listed()), NotAvailable)


def pod(name: str, image: str, node: str = "cp-1", **labels: str) -> Object:
    meta = {"name": name, "namespace": "kube-system", "labels": labels}
    return {"metadata": meta, "spec": {"nodeName": node, "containers": [{"image": image}]}}


def test_versions_by_images() -> None:
    found = declared.versions(
        listed(
            pod(
                "s",
                "registry.test:5000/kube-scheduler:v1.36.2@sha256:1",
                component="kube-scheduler",
            ),
            pod("p", "registry.test/kube-proxy:v1.36.1", k8s_app="x", **{"k8s-app": "kube-proxy"}),
            pod("o", "other:v1", component="other"),
            pod("n", "r.test:5000/kube-scheduler", "cp-2", component="kube-scheduler"),
        )
    )
    assert [(one.name, one.node, one.version) for one in found] == [
        ("kube-proxy", "cp-1", "v1.36.1"),
        ("kube-scheduler", "cp-1", "v1.36.2"),
    ]


def test_bindings_with_whom_they_bind() -> None:
    role = {"kind": "ClusterRole", "name": "view"}
    subjects = [
        {"kind": "ServiceAccount", "name": "default"},
        {"kind": "Group", "name": "system:masters"},
    ]
    one = {"metadata": {"name": "a"}, "roleRef": role, "subjects": subjects[1:]}
    two = {"metadata": {"name": "b", "namespace": "shop"}, "roleRef": role, "subjects": subjects}
    three = {"metadata": {"name": "c"}, "roleRef": role}
    found = declared.bindings(listed(one, three), listed(two))
    assert [str(b) for b in found] == [
        *("ClusterRoleBinding a", "ClusterRoleBinding c", "RoleBinding shop/b"),
    ]
    assert found[2].subjects == ("ServiceAccount/shop/default", "Group/system:masters")
    assert found[2].role == "ClusterRole/view"


def test_roles_that_allow_everything() -> None:
    def role(name: str, *rules: tuple[str, str, list[str]]) -> Object:
        told = [{"apiGroups": [g], "resources": [r], "verbs": v} for g, r, v in rules]
        return {"metadata": {"name": name}, "rules": told or None}

    every = ["get", "create", "update", "delete"]
    found = (
        role("ops", ("*", "*", ["*"])),
        role("said-one-by-one", ("*", "*", every[:2]), ("*", "*", every[2:])),
        role("system:controller:generic-garbage-collector", ("*", "*", ["get", "update"])),
        role("of-one-group", ("apps", "*", ["*"]), ("*", "pods", ["*"])),
        role("empty"),
    )
    assert roles.powerful(listed(*found)) == ("ops", "said-one-by-one")


# what replaces machines


def test_machine_health_checks(tmp_path: Path) -> None:
    status = {"expectedMachines": 3, "currentHealthy": 1}
    refused = {"conditions": [{"type": "RemediationAllowed", "status": "False"}]}
    items = [
        {"metadata": {"namespace": "m", "name": "a"}, "status": status | refused},
        {"metadata": {"namespace": "m", "name": "b"}},
        {"metadata": {"namespace": "m", "name": "c", "annotations": {replacing.PAUSED: ""}}},
        {
            "metadata": {"namespace": "m", "name": "d"},
            "status": {"conditions": [{"type": "Paused", "status": "True"}]},
        },
    ]
    answers: dict[str, Any] = {
        replacing.GROUP: {"preferredVersion": {"version": "v1beta2"}},
        f"{replacing.GROUP}/v1beta2/machinehealthchecks": {"items": items},
    }

    def answer(_: str, path: str) -> Answer:
        return (200, answers[path]) if path in answers else (404, {"message": "not found"})

    with api(answer, pair=served(), folder=tmp_path) as port:
        kube = Kube(access(port))
        assert replacing.look(kube) == (
            HealthCheck(name="m/a", expected=3, healthy=1, allowed=False),
            HealthCheck(name="m/b", expected=0, healthy=0, allowed=True),
            HealthCheck(name="m/c", expected=0, healthy=0, allowed=True, paused=True),
            HealthCheck(name="m/d", expected=0, healthy=0, allowed=True, paused=True),
        )
        answers[replacing.GROUP] = {}
        assert isinstance(replacing.look(kube), NotAvailable)
        answers.clear()
        assert replacing.look(kube) == ()


# etcd's alarms and keys


def test_alarms_and_keys() -> None:
    counted = Said(0, '"Count" : 42\n')
    quiet = deeper._read([Said(0, '{"header":{}}\n'), counted])
    assert quiet == ((), 42)
    raised = Said(0, '{"alarms":[{"memberID":255,"alarm":1},{"memberID":1,"alarm":9}]}\n')
    alarms, _ = deeper._read([raised, counted])
    assert alarms == (EtcdAlarm(member="ff", kind="NOSPACE"), EtcdAlarm(member="1", kind="9"))
    unread = Said(1, "", "Error: no leader")
    with pytest.raises(EtcdUnreadable, match="its alarms could not be read: no leader"):
        deeper._read([unread, counted])
    with pytest.raises(EtcdUnreadable, match="its keys could not be counted"):
        deeper._read([raised, unread])
