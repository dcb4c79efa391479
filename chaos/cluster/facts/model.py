"""All facts of one cluster at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chaos.cluster.facts.backups import BackupFolder
from chaos.cluster.facts.balancers import Balancer
from chaos.cluster.facts.basics import NotAvailable
from chaos.cluster.facts.certificates import ServedCertificate, StoredCertificate
from chaos.cluster.facts.components import Component, LeaseFacts
from chaos.cluster.facts.etcd import EncryptionFacts, EtcdFacts
from chaos.cluster.facts.workloads import DisruptionBudget, NodeFact, Workload

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the inventory says, as far as facts are held against it.

    Args:
        endpoint_address: None where it changes.
        etcd_topology: None where somebody else runs it.
        backup_max_age: None where no backups are declared.
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
    critical_namespaces: tuple[str, ...] = ()


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
