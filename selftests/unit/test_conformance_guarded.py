"""What turns the items of the API server and elections red, and what the evidence then names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chaos.cluster import facts as f
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import (
    Case,
    Change,
    both,
    bound,
    declared,
    filed,
    flag,
    is_red,
    named,
    of,
    stranger,
)

CLUSTER_ADMIN = "ClusterRole/cluster-admin"


def with_ops(facts: f.Facts) -> f.Facts:
    return replace(facts, powerful=("cluster-admin", "ops"))


RED: list[Case] = [
    (
        "apiserver-tls",
        flag("kube-apiserver", "kubelet-certificate-authority", None, "cp-2"),
        "the apiserver of cp-2 runs without --kubelet-certificate-authority",
    ),
    (
        "apiserver-tls",
        flag("kube-apiserver", "etcd-cafile", None, "cp-2"),
        "the apiserver of cp-2 runs without --etcd-cafile",
    ),
    (
        "apiserver-tls",
        flag("kube-apiserver", "tls-min-version", "VersionTLS10", "cp-2"),
        "the apiserver of cp-2 takes VersionTLS10",
    ),
    (
        "apiserver-authorization",
        flag("kube-apiserver", "authorization-mode", "RBAC", "cp-2"),
        "the apiserver of cp-2 decides by RBAC, without Node",
    ),
    (
        "apiserver-authorization",
        flag("kube-apiserver", "authorization-mode", None, "cp-2"),
        "the apiserver of cp-2 allows everybody everything",
    ),
    (
        "apiserver-node-restriction",
        flag("kube-apiserver", "enable-admission-plugins", "NamespaceLifecycle", "cp-2"),
        "the apiserver of cp-2 runs without NodeRestriction",
    ),
    (
        "apiserver-anonymous",
        stranger("apiserver", "cp-2", "/api/v1/namespaces", 200),
        "the apiserver of cp-2 answers /api/v1/namespaces to anybody",
    ),
    (
        "apiserver-anonymous",
        stranger("apiserver", "cp-2", "/readyz", 401),
        "the apiserver of cp-2 does not tell /readyz without a certificate",
    ),
    (
        "cluster-admin-bindings",
        bound(CLUSTER_ADMIN, "ServiceAccount/shop/deployer"),
        "ClusterRoleBinding mine makes ServiceAccount/shop/deployer cluster-admin",
    ),
    (
        "cluster-admin-bindings",
        bound(CLUSTER_ADMIN, "Group/system:authenticated"),
        "makes Group/system:authenticated cluster-admin",
    ),
    (
        "cluster-admin-bindings",
        bound(CLUSTER_ADMIN, "User/system:serviceaccount:kube-system:default"),
        "ClusterRoleBinding mine makes ServiceAccount/kube-system/default cluster-admin",
    ),
    (
        "cluster-admin-bindings",
        both(with_ops, bound("ClusterRole/ops", "ServiceAccount/shop/deployer")),
        "mine gives ServiceAccount/shop/deployer the ClusterRole ops, which allows everything",
    ),
    (
        "cluster-admin-bindings",
        bound(CLUSTER_ADMIN, "ServiceAccount/shop/deployer", namespace="kube-system"),
        "RoleBinding kube-system/mine makes ServiceAccount/shop/deployer cluster-admin",
    ),
    (
        "cluster-admin-bindings",
        bound(CLUSTER_ADMIN, "Group/system:bootstrappers:x", "User/system:node:w"),
        "makes Group/system:bootstrappers:x, User/system:node:w cluster-admin",
    ),
    (
        "default-service-accounts",
        bound("ClusterRole/view", "User/system:serviceaccount:shop:default"),
        "gives ClusterRole/view to ServiceAccount/shop/default",
    ),
    (
        "default-service-accounts",
        bound("ClusterRole/view", "ServiceAccount/shop/default"),
        "gives ClusterRole/view to ServiceAccount/shop/default",
    ),
    (
        "default-service-accounts",
        bound("Role/x", "Group/system:serviceaccounts:shop", namespace="shop"),
        "RoleBinding shop/mine gives Role/x to Group/system:serviceaccounts:shop",
    ),
    (
        "apiserver-audit",
        flag("kube-apiserver", "audit-policy-file", None, "cp-2"),
        "the apiserver of cp-2 has no --audit-policy-file",
    ),
    (
        "apiserver-audit",
        flag("kube-apiserver", "audit-log-path", None, "cp-2"),
        "the apiserver of cp-2 has an audit policy, and writes to nowhere",
    ),
    (
        "profiling-off",
        flag("kube-scheduler", "profiling", None, "cp-2"),
        "kube-scheduler on cp-2 has profiling on",
    ),
    (
        "apiserver-flags-equal",
        flag("kube-apiserver", "goaway-chance", "0.001", "cp-2"),
        "--goaway-chance is not one: not there on cp-1, cp-3; 0.001 on cp-2",
    ),
    (
        "kubelet-authentication",
        stranger("kubelet", "worker-2", "/pods", 200),
        "the kubelet of worker-2 answers /pods to anybody",
    ),
    (
        "kubelet-authentication",
        of("kubelets", "worker-2", deep.kubelet("worker-2", readOnlyPort="10255")),
        "the kubelet of worker-2 serves without TLS on port 10255",
    ),
    (
        "apiserver-authorization",
        both(
            flag("kube-apiserver", "authorization-config", "/etc/a.yaml", "cp-2"),
            filed("kube-apiserver", "cp-2", authorization_mode="Webhook,RBAC"),
        ),
        "the apiserver of cp-2 decides by Webhook, RBAC, without Node",
    ),
    (
        "profiling-off",
        both(
            flag("kube-scheduler", "config", "/etc/s.yaml", "cp-2"), filed("kube-scheduler", "cp-2")
        ),
        "kube-scheduler on cp-2 has profiling on",
    ),
    (
        "leader-election-settings",
        both(
            flag("kube-scheduler", "config", "/etc/s.yaml"),
            flag("kube-scheduler", "leader-elect-lease-duration", None),
            *(
                filed("kube-scheduler", name, leader_elect_lease_duration="8s")
                for name in ("cp-1", "cp-2", "cp-3")
            ),
        ),
        "kube-scheduler: lease 8 s, renew 10 s, retry 2 s: it may act after its lease has ended",
    ),
    (
        "leader-election-settings",
        flag("kube-scheduler", "leader-elect-lease-duration", "8s"),
        "kube-scheduler: lease 8 s, renew 10 s, retry 2 s: it may act after its lease has ended",
    ),
    (
        "leader-election-settings",
        flag("kube-scheduler", "leader-elect-retry-period", "9s"),
        "one try that fails costs the lease",
    ),
    (
        "leader-election-settings",
        flag("kube-scheduler", "leader-elect-retry-period", "3s", "cp-2"),
        "kube-scheduler's settings differ",
    ),
    (
        "leader-election-settings",
        both(
            flag("kube-scheduler", "leader-elect-lease-duration", "10m"),
            flag("kube-scheduler", "leader-elect-renew-deadline", "9m"),
            flag("kube-scheduler", "leader-elect-retry-period", "1m"),
        ),
        "retry 60 s: after a loss nobody leads for up to 672 s, and 30 s is allowed",
    ),
    (
        "leader-election-settings",
        declared(objectives=f.Objectives(service=timedelta(seconds=17))),
        "nobody leads for up to 17.4 s, and 17 s is allowed",
    ),
    (
        "leader-election-settings",
        both(flag("kube-scheduler", "leader-elect-lease-duration", "30s")),
        "the lease kube-scheduler lasts 15 s, and 30 s is declared",
    ),
    (
        "leader-election-release",
        flag(
            "kube-controller-manager",
            "feature-gates",
            "ControllerManagerReleaseLeaderElectionLockOnExit=true",
            "cp-2",
        ),
        "kube-controller-manager does not end alike everywhere",
    ),
    (
        "leader-election-release",
        flag(
            "kube-controller-manager",
            "feature-gates",
            "ControllerManagerReleaseLeaderElectionLockOnExit=false",
        ),
        "is told to keep its lease at a clean end",
    ),
]


@pytest.mark.parametrize(("item", "change", "said"), named(RED))
def test_what_is_wrong_is_told_by_name(item: str, change: Change, said: str) -> None:
    is_red(item, change, said)
