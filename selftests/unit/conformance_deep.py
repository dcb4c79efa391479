"""What the control plane's items look at in the selftests' cluster: all is as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from chaos.cluster import facts as f
from selftests.unit.conformance_parts import API, NOW, served_by

PLANES = tuple(f"cp-{n}" for n in (1, 2, 3))
WORKERS = tuple(f"worker-{n}" for n in (1, 2, 3))
ADDRESSES = {name: f"198.51.100.2{name[-1]}" for name in PLANES} | {
    name: f"198.51.100.3{name[-1]}" for name in WORKERS
}
ENDPOINT = f"https://{API}:6443"
ENCRYPTION = "/etc/kubernetes/policy/encryption.yaml"


def deepened(facts: f.Facts) -> f.Facts:
    """The facts with the parts that are made here."""
    assert isinstance(facts.served_certificates, tuple)
    return replace(
        facts,
        served_certificates=(*facts.served_certificates, *_doors()),
        created=NOW - timedelta(days=90),
        kubeadm=f.Kubeadm(
            version="v1.36.2",
            endpoint=f"{API}:6443",
            cert_sans=(API, "198.51.100.100", *(ADDRESSES[name] for name in PLANES)),
        ),
        pointers={"kube-proxy": ENDPOINT, "cluster-info": ENDPOINT},
        kubeconfigs={name: kubeconfigs(name) for name in (*PLANES, *WORKERS)},
        keys={name: keys(name) for name in PLANES},
        kubelets={name: kubelet(name) for name in (*PLANES, *WORKERS)},
        versions=tuple(_versions()),
        etcd_metrics={name: metrics(name) for name in PLANES},
        encryption_configs=dict.fromkeys(PLANES, encryption()),
        anonymous=tuple(_strangers()),
        powerful=("cluster-admin",),
        bindings=(
            f.Binding(
                name="cluster-admin",
                role="ClusterRole/cluster-admin",
                subjects=("Group/system:masters",),
            ),
            f.Binding(
                name="system:basic-user",
                role="ClusterRole/system:basic-user",
                subjects=("Group/system:authenticated",),
            ),
        ),
        schedules={**{name: (timer(),) for name in PLANES}, "": ()},
        restored=restored(),
        replacing=(),
    )


def _doors() -> Iterator[f.ServedCertificate]:
    for name in (*PLANES, *WORKERS):
        yield served_by("kubelet", name, f"{ADDRESSES[name]}:10250")
    for name in PLANES:
        yield served_by("etcd client", name, f"{ADDRESSES[name]}:2379")
        yield served_by("etcd peer", name, f"{ADDRESSES[name]}:2380")


def kubeconfigs(node: str) -> tuple[f.KubeconfigFile, ...]:
    """A node's kubeconfigs: a control plane's kubelet goes to its own apiserver."""
    own = f"https://{ADDRESSES[node]}:6443"
    server = own if node in PLANES else ENDPOINT
    kubelet = f.KubeconfigFile(
        path="/etc/kubernetes/kubelet.conf", server=server, authorities=("ca",)
    )
    if node not in PLANES:
        return (kubelet,)
    files = {"admin": ENDPOINT, "controller-manager": own, "scheduler": own}
    others = (
        replace(kubelet, path=f"/etc/kubernetes/{name}.conf", server=server)
        for name, server in files.items()
    )
    return (*others, kubelet)


def keys(node: str) -> tuple[f.KeyFile, ...]:
    """The keys on a control plane."""
    shared = {"ca.key": "ca", "front-proxy-ca.key": "front-proxy-ca", "etcd/ca.key": "etcd-ca"}
    shared |= {"sa.key": "sa", "sa.pub": "sa", "apiserver.key": f"apiserver of {node}"}
    return tuple(
        f.KeyFile(path=f"/etc/kubernetes/pki/{name}", public=f"key of {public}", mode="600")
        for name, public in shared.items()
    )


def kubelet(node: str, **settings: str) -> f.Kubelet:
    """A kubelet's settings."""
    good = {
        "rotateCertificates": "true",
        "serverTLSBootstrap": "true",
        "authentication.anonymous.enabled": "false",
        "authorization.mode": "Webhook",
    }
    return f.Kubelet(node=node, settings=good | settings)


def _versions() -> Iterator[f.ProgramVersion]:
    for node in (*PLANES, *WORKERS):
        yield f.ProgramVersion(name="kube-proxy", node=node, version="v1.36.2", source="image")
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        for node in PLANES:
            yield f.ProgramVersion(name=name, node=node, version="v1.36.2", source="asked")


def metrics(node: str, *, fsync: float = 0.004, commit: float = 0.008) -> f.EtcdMetrics:
    """What a member has measured; in seconds."""
    others = {ADDRESSES[name] for name in PLANES if name != node}
    return f.EtcdMetrics(
        fsync_p99=timedelta(seconds=fsync),
        fsyncs=5000,
        commit_p99=timedelta(seconds=commit),
        commits=4000,
        round_trips=dict.fromkeys(sorted(others), timedelta(milliseconds=2)),
    )


def encryption(**changes: object) -> f.EncryptionConfig:
    """An apiserver's EncryptionConfiguration."""
    rule = f.EncryptionRule(resources=("secrets",), providers=("secretbox", "identity"))
    base = f.EncryptionConfig(path=ENCRYPTION, sha256="5ec" * 20, rules=(rule,), keys=1)
    return replace(base, **changes)  # type: ignore[arg-type]


def _strangers() -> Iterator[f.Anonymous]:
    health = {"/livez": 200, "/readyz": 200, "/version": 401, "/api/v1/namespaces": 401}
    for name in PLANES:
        for path, status in health.items():
            yield stranger("apiserver", name, 6443, path, status)
        for what, port in (("etcd client", 2379), ("etcd peer", 2380)):
            yield stranger(what, name, port, "/version", None)
    for name in (*PLANES, *WORKERS):
        yield stranger("kubelet", name, 10250, "/pods", 401)


def stranger(what: str, node: str, port: int, path: str, status: int | None) -> f.Anonymous:
    """A request without credentials; without a status the handshake ended it."""
    return f.Anonymous(
        what=what,
        node=node,
        address=f"{ADDRESSES[node]}:{port}",
        path=path,
        status=status,
        ended="" if status else "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    )


def timer(**changes: object) -> f.BackupSchedule:
    """A timer that took a snapshot a while ago."""
    base = f.BackupSchedule(
        kind="timer",
        name="etcd-backup.timer",
        on=True,
        last=timedelta(minutes=12),
        result="success",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def restored(**changes: object) -> f.Restored:
    """What came of restoring the newest snapshot."""
    base = f.Restored(
        node="worker-1",
        path="/var/backups/offsite/cp-3/cp-3.db",
        revision=900,
        keys=400,
        live_keys=380,
        ours=True,
        took=timedelta(seconds=1.5),
    )
    return replace(base, **changes)  # type: ignore[arg-type]
