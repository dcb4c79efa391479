"""All facts of one cluster at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chaos.cluster.facts.anonymous import Anonymous
from chaos.cluster.facts.backups import BackupFolder, BackupSchedule, Restored
from chaos.cluster.facts.balancers import Balancer
from chaos.cluster.facts.basics import UNREAD, NotAvailable
from chaos.cluster.facts.certificates import KeyFile, ServedCertificate, StoredCertificate
from chaos.cluster.facts.components import Component, LeaseFacts
from chaos.cluster.facts.declared import (
    Binding,
    EncryptionConfig,
    HealthCheck,
    Kubeadm,
    KubeconfigFile,
    Kubelet,
    ProgramVersion,
)
from chaos.cluster.facts.etcd import EncryptionFacts, EtcdFacts, EtcdMetrics
from chaos.cluster.facts.machines import FromPod, HealthAnswer, KubeletReach, Machine
from chaos.cluster.facts.monitoring import MonitoringFacts, OperationsFacts
from chaos.cluster.facts.scheduling import NetworkFacts, PodGroup, ServiceFact, Webhook
from chaos.cluster.facts.system import SystemFacts
from chaos.cluster.facts.workloads import DisruptionBudget, NodeFact, Workload

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Objectives:
    """What is promised, and how often it is tried.

    The defaults are the sources', but two. Theirs for a node's failure is 30 s, which is the
    API's; a Pod's is what Kubernetes' own defaults come to, 50 s of grace, 300 s of toleration and
    a start. What a resolver may keep, and how old a drill may be, is our own.

    Args:
        api, etcd_leader: parts of the time, as 0.999.
        pod_start: within which 95 of 100 Pods start.
        service: within which the API serves again after a node's failure.
        workload: within which a Pod of a node that died runs elsewhere.
        name_ttl: how long a resolver may keep the endpoint's address.
        drills: how long ago each drill may be.
    """

    api: float = 0.999
    etcd_leader: float = 1.0
    pod_start: timedelta = timedelta(seconds=30)
    service: timedelta = timedelta(seconds=30)
    workload: timedelta = timedelta(minutes=6)
    name_ttl: timedelta = timedelta(minutes=5)
    drills: timedelta = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the inventory says, as far as facts are held against it.

    Args:
        endpoint_address: None where it changes.
        etcd_topology: None where somebody else runs it.
        backup_max_age: None where no backups are declared.
        managed: `eks`, `gke`, `aks` or `other` where somebody else runs the control plane.
        regional: whether that control plane is said to stand in several zones.
        balancers: `haproxy`, or `other`: what is not looked into.
    """

    name: str
    uid: str
    environment: str
    endpoint_name: str
    endpoint_address: str | None
    endpoint_port: int
    zones: tuple[str, ...]
    etcd_topology: str | None = None
    backup_max_age: timedelta | None = None
    backup_keep: int = 3
    fsync_p99: timedelta = timedelta(milliseconds=10)
    commit_p99: timedelta = timedelta(milliseconds=25)
    critical_namespaces: tuple[str, ...] = ()
    managed: str | None = None
    regional: bool | None = None
    objectives: Objectives = Objectives()
    balancers: str = "haproxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that conformance judges, read once. Whatever could not be read says why.

    Args:
        collected: when, by the runner's clock.
        took: how long reading took.
        kubernetes: the apiserver's version, as `v1.36.2`.
        uid: of the namespace kube-system: which cluster it really was.
        apiservers: `IP:PORT` of those that the Service `kubernetes` knows.
        stored_certificates: by node.
        components: by node.
        requests: what was asked of the API, and how often.
        machines: by node.
        pods: by the controller that they belong to.
        system: the Pods that the cluster itself is made of.
        created: when the cluster was made, by its namespace kube-system.
        kubeadm: what the next machine will be made from.
        pointers: the URL of the API by who has it in the cluster: `kube-proxy`, `cluster-info`.
        kubeconfigs, keys, kubelets: by node.
        versions: of the control plane's programs and kube-proxy.
        etcd_metrics: by node.
        encryption_configs: by control plane; None where its apiserver has none.
        anonymous: what was tried without credentials, from here.
        bindings: all ClusterRoleBindings and RoleBindings.
        powerful: the ClusterRoles that allow everything.
        schedules: what takes snapshots, by node; the API's CronJobs under `""`.
        restored: the newest snapshot, given back its life.
        replacing: what replaces machines by itself.
        kubelet_reach: each kubelet, asked through each apiserver.
    """

    version: int = VERSION
    collected: datetime
    took: timedelta
    declared: Declared
    uid: str | NotAvailable
    kubernetes: str | NotAvailable
    nodes: tuple[NodeFact, ...] | NotAvailable
    apiservers: tuple[str, ...] | NotAvailable
    etcd: EtcdFacts | NotAvailable
    encryption: EncryptionFacts | NotAvailable
    served_certificates: tuple[ServedCertificate, ...] | NotAvailable
    stored_certificates: Mapping[str, tuple[StoredCertificate, ...] | NotAvailable]
    workloads: tuple[Workload, ...] | NotAvailable
    disruption_budgets: tuple[DisruptionBudget, ...] | NotAvailable
    backups: tuple[BackupFolder, ...] | NotAvailable
    balancers: tuple[Balancer, ...] | NotAvailable
    leases: LeaseFacts | NotAvailable
    components: Mapping[str, tuple[Component, ...] | NotAvailable]
    requests: Mapping[str, int] = field(default_factory=dict)
    machines: Mapping[str, Machine | NotAvailable] = field(default_factory=dict)
    health: tuple[HealthAnswer, ...] | NotAvailable = UNREAD
    from_pods: tuple[FromPod, ...] | NotAvailable = UNREAD
    services: tuple[ServiceFact, ...] | NotAvailable = UNREAD
    webhooks: tuple[Webhook, ...] | NotAvailable = UNREAD
    network: NetworkFacts | NotAvailable = UNREAD
    pods: tuple[PodGroup, ...] | NotAvailable = UNREAD
    system: SystemFacts | NotAvailable = UNREAD
    monitoring: MonitoringFacts | NotAvailable = UNREAD
    operations: OperationsFacts | NotAvailable = UNREAD
    created: datetime | NotAvailable = UNREAD
    kubeadm: Kubeadm | NotAvailable = UNREAD
    pointers: Mapping[str, str | NotAvailable] = field(default_factory=dict)
    kubeconfigs: Mapping[str, tuple[KubeconfigFile, ...] | NotAvailable] = field(
        default_factory=dict
    )
    keys: Mapping[str, tuple[KeyFile, ...] | NotAvailable] = field(default_factory=dict)
    kubelets: Mapping[str, Kubelet | NotAvailable] = field(default_factory=dict)
    versions: tuple[ProgramVersion, ...] | NotAvailable = UNREAD
    etcd_metrics: Mapping[str, EtcdMetrics | NotAvailable] = field(default_factory=dict)
    encryption_configs: Mapping[str, EncryptionConfig | NotAvailable | None] = field(
        default_factory=dict
    )
    anonymous: tuple[Anonymous, ...] | NotAvailable = UNREAD
    bindings: tuple[Binding, ...] | NotAvailable = UNREAD
    powerful: tuple[str, ...] | NotAvailable = UNREAD
    schedules: Mapping[str, tuple[BackupSchedule, ...] | NotAvailable] = field(default_factory=dict)
    restored: Restored | NotAvailable = UNREAD
    replacing: tuple[HealthCheck, ...] | NotAvailable = UNREAD
    kubelet_reach: tuple[KubeletReach, ...] | NotAvailable = UNREAD
