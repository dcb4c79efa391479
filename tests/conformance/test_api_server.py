"""How the API is guarded, and whether it really is."""

import pytest

from chaos.conformance import api_server, rbac, strangers
from fixtures.item import Item


@pytest.mark.item(
    id="apiserver-tls",
    title="Apiservers speak TLS with everybody, and check who it is",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_speaks_tls(item: Item) -> None:
    """Looked at: the flags of every kube-apiserver that runs.

    Expected: certificate and key, the clients' authority, certificate and authority for etcd,
    certificate and authority for kubelets; TLS 1.2 at least; no port without TLS.

    Mend: add the flags to apiServer.extraArgs in kubeadm's ConfigMap and to every manifest. For
    --kubelet-certificate-authority the kubelets' certificates must be the cluster's first
    (kubelet-serving-certificates).

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere (API Server TLS configuration).
    """
    item.judge(api_server.speaks_tls)


@pytest.mark.item(
    id="apiserver-authorization",
    title="Node and RBAC decide who may do what",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Step 2: Initialize First Control Plane Node",
)
def test_node_and_rbac_decide(item: Item) -> None:
    """Looked at: --authorization-mode of every kube-apiserver that runs, or the authorizers of its
    --authorization-config.

    Expected: Node and RBAC, and not AlwaysAllow, on each: with one that differs, what is forbidden
    depends on where the balancer sends.

    Mend: --authorization-mode=Node,RBAC in kubeadm's ConfigMap and in every manifest, or
    authorizers of these two types in the file.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 2: Initialize First Control Plane Node (authorization-mode: "Node,RBAC").
    """
    item.judge(api_server.authorizes)


@pytest.mark.item(
    id="apiserver-node-restriction",
    title="A kubelet may change its own node alone",
    severity="high",
    source="kubernetes.io, Using Node Authorization",
)
def test_nodes_are_restricted(item: Item) -> None:
    """Looked at: --enable-admission-plugins of every kube-apiserver that runs.

    Expected: NodeRestriction is on: else a machine that was taken over may label itself, and
    others, to attract what it wants.

    Mend: --enable-admission-plugins=NodeRestriction in kubeadm's ConfigMap and in every manifest; a
    list that leaves it out, as one of the sources has, switches it off.

    Source: kubernetes.io, Using Node Authorization; Kubernetes High Availability Architecture:
    Complete Guide for DevOps Engineers 2025, RBAC (Role-Based Access Control).
    """
    item.judge(api_server.restricts_nodes)


@pytest.mark.item(
    id="apiserver-anonymous",
    title="Strangers learn whether it is well, and nothing else",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Health Checks and Failover",
)
def test_strangers_learn_health_alone(item: Item) -> None:
    """Looked at: /livez, /readyz, /version and /api/v1/namespaces of each apiserver, asked past the
    balancer with no certificate and no token.

    Expected: the first two are answered, for balancers ask so; the list of namespaces is not: 401
    or 403.

    Mend: an AuthenticationConfiguration with anonymous: enabled and conditions for /livez, /readyz
    and /healthz alone (--authentication-config), the same on all; take back bindings of
    system:anonymous and system:unauthenticated.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Health Checks and Failover and Security in HA Clusters.
    """
    item.judge(strangers.learn_health_alone)


@pytest.mark.item(
    id="cluster-admin-bindings",
    title="cluster-admin is not given away",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, RBAC (Role-Based Access Control)",
)
def test_few_are_cluster_admin(item: Item) -> None:
    """Looked at: all bindings to cluster-admin, and to every other ClusterRole whose rules allow
    everything on all resources.

    Expected: administrators' groups and users; no service account over the whole cluster or in
    kube-system, by whichever of its names, and never everybody, all nodes or who joins.

    Mend: `kubectl delete clusterrolebinding NAME`, after a Role in the namespace where it works,
    with the resources and verbs that it needs and, for a Lease or a ConfigMap, resourceNames. The
    source's cluster-admin-ha is no model: it may delete any Lease, and patch any node.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    RBAC (Role-Based Access Control) (Multi-Master RBAC Considerations).
    """
    item.judge(rbac.few_are_admins)


@pytest.mark.item(
    id="default-service-accounts",
    title="Default service accounts have no rights",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, RBAC (Role-Based Access Control)",
)
def test_default_accounts_have_none(item: Item) -> None:
    """Looked at: all ClusterRoleBindings and RoleBindings.

    Expected: none is of a service account called default, nor of all service accounts or everybody,
    but for those that the API makes itself: every Pod that asks for nothing runs as one.

    Mend: a service account of its own for what needs the rights, and the binding to that.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    RBAC (Role-Based Access Control); kubernetes.io, Role Based Access Control Good Practices.
    """
    item.judge(rbac.default_accounts_have_none)


@pytest.mark.item(
    id="apiserver-audit",
    title="Who did what is noted",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_an_audit_log_is_kept(item: Item) -> None:
    """Looked at: --audit-policy-file, --audit-log-path and --audit-webhook-config-file of every
    kube-apiserver that runs.

    Expected: a policy, and somewhere to write to, on each: a log of one apiserver has a third of
    the requests.

    Mend: add both to apiServer.extraArgs in kubeadm's ConfigMap and to every manifest, with a
    volume for the log and --audit-log-maxsize.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest (--audit-log-path); kubernetes.io, Auditing.
    """
    item.judge(api_server.keeps_an_audit_log)


@pytest.mark.item(
    id="profiling-off",
    title="Profiling of the control plane is off",
    severity="medium",
    source="kubernetes.io, Security Checklist",
)
def test_profiling_is_off(item: Item) -> None:
    """Looked at: --profiling of every apiserver, controller-manager and scheduler that runs; of a
    scheduler with --config enableProfiling in that file, beside which the flag does nothing.

    Expected: false: it tells of the program's inside, and a profile costs it processor time.

    Mend: --profiling=false in extraArgs of all three and in every manifest, or enableProfiling:
    false in the scheduler's file.

    Source: kubernetes.io, Security Checklist; CIS Kubernetes Benchmark.
    """
    item.judge(api_server.does_not_profile)


@pytest.mark.item(
    id="apiserver-flags-equal",
    title="All apiservers are told the same",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_apiservers_are_told_the_same(item: Item) -> None:
    """Looked at: the flags of every kube-apiserver that runs, but for those that name its own
    machine.

    Expected: the same on all: a change by hand on one is found when the balancer sends somebody
    there.

    Mend: bring kubeadm's ConfigMap up to date, then `kubeadm init phase control-plane apiserver` on
    each.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest ("Update API server configuration on all master nodes").
    """
    item.judge(api_server.all_alike)


@pytest.mark.item(
    id="kubelet-authentication",
    title="Kubelets turn strangers away",
    severity="critical",
    source="kubernetes.io, Kubelet authentication/authorization",
)
def test_kubelets_turn_strangers_away(item: Item) -> None:
    """Looked at: /pods of every kubelet, asked with no certificate and no token, and its settings.

    Expected: 401 or 403; authorization by Webhook, and no readOnlyPort: whom a kubelet believes may
    run what he likes on its node.

    Mend: authentication.anonymous.enabled: false and authorization.mode: Webhook in
    /var/lib/kubelet/config.yaml; restart kubelet.

    Source: kubernetes.io, Kubelet authentication/authorization; Kubernetes High Availability
    Architecture: Complete Guide for DevOps Engineers 2025, Security in HA Clusters ("inherently
    increases your attack surface").
    """
    item.judge(strangers.learn_nothing_of_kubelets)
