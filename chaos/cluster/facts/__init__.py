"""What is known of a cluster, as plain data: frozen, of the standard library alone.

chaos.cluster.collect reads them; chaos.cluster.recorded keeps them as JSON.
"""

from chaos.cluster.facts.backups import BackupFile, BackupFolder, SnapshotStatus
from chaos.cluster.facts.balancers import (
    Balancer,
    HaproxyBackend,
    HaproxyConfig,
    HaproxyFrontend,
    HaproxyServer,
    HaproxyState,
    KeepalivedConfig,
    VrrpInstance,
    VrrpScript,
)
from chaos.cluster.facts.basics import NotAvailable
from chaos.cluster.facts.certificates import Certificate, ServedCertificate, StoredCertificate
from chaos.cluster.facts.components import Component, Lease, LeaseFacts
from chaos.cluster.facts.etcd import (
    EncryptionFacts,
    EtcdFacts,
    EtcdHealth,
    EtcdMember,
    EtcdStatus,
    StoredKey,
    StoredKeys,
)
from chaos.cluster.facts.model import VERSION, Declared, Facts
from chaos.cluster.facts.workloads import (
    Apart,
    DisruptionBudget,
    KubernetesNode,
    NodeFact,
    Place,
    Workload,
)

__all__ = [
    "VERSION",
    "Apart",
    "BackupFile",
    "BackupFolder",
    "Balancer",
    "Certificate",
    "Component",
    "Declared",
    "DisruptionBudget",
    "EncryptionFacts",
    "EtcdFacts",
    "EtcdHealth",
    "EtcdMember",
    "EtcdStatus",
    "Facts",
    "HaproxyBackend",
    "HaproxyConfig",
    "HaproxyFrontend",
    "HaproxyServer",
    "HaproxyState",
    "KeepalivedConfig",
    "KubernetesNode",
    "Lease",
    "LeaseFacts",
    "NodeFact",
    "NotAvailable",
    "Place",
    "ServedCertificate",
    "SnapshotStatus",
    "StoredCertificate",
    "StoredKey",
    "StoredKeys",
    "VrrpInstance",
    "VrrpScript",
    "Workload",
]
