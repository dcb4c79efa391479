"""What the facts of the selftests' cluster are made of; each part is as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chaos.cluster import facts as f
from chaos.cluster.haproxy import parse_haproxy

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PKI = "/etc/kubernetes/pki"
KUBELET = "/var/lib/kubelet/pki/kubelet-{}-current.pem"
API, ADDRESS = "api.dev.holdfast.test", "198.51.100.100"
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
TAINTS = ("node-role.kubernetes.io/control-plane=:NoSchedule",)
HAPROXY = f"""\
defaults
    mode tcp
    option redispatch 1
    timeout connect 2s
    timeout check 1s
    timeout client 10m
    timeout server 10m

frontend kubernetes-api
    bind *:6443
    default_backend apiservers

backend apiservers
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host {API}
    http-check expect status 200
    default-server check check-ssl verify required ca-file /etc/ca.crt inter 1s fall 2 rise 2 \
on-marked-down shutdown-sessions
    server cp-1 198.51.100.21:6443
    server cp-2 198.51.100.22:6443
    server cp-3 198.51.100.23:6443

frontend statistics
    bind *:8404
    mode http
    stats enable
    stats auth removed
"""


def node(name: str, number: int, *roles: str, zone: str | None = None) -> f.NodeFact:
    """A machine; its zone goes by its number, its address by its role."""
    zone = zone or "abcdefgh"[number - 1]
    net = {"control-plane": 20, "worker": 30, "load-balancer": 10, "etcd": 40}[roles[0]]
    return f.NodeFact(
        name=name,
        address=f"198.51.100.{net + number}",
        roles=roles,
        zone=zone,
        declared=True,
        kubernetes=None
        if roles[0] in ("load-balancer", "etcd")
        else f.KubernetesNode(
            ready=True,
            schedulable=True,
            control_plane=roles[0] == "control-plane",
            zone=zone,
            kubelet="v1.36.2",
            labels={ZONE: zone, HOST: name},
            taints=TAINTS if roles[0] == "control-plane" else (),
            machine=f"machine of {name}",
            boot=f"boot of {name}",
        ),
    )


def members(count: int, *, first: str = "cp") -> f.EtcdFacts:
    """So many voters of etcd, all of which answer."""
    numbers = range(1, count + 1)
    return f.EtcdFacts(
        asked=f"{first}-1",
        cluster_id="c1",
        members=tuple(
            f.EtcdMember(
                id=f"e{n}",
                name=f"{first}-{n}",
                peer_urls=(f"https://198.51.100.2{n}:2380",),
                client_urls=(f"https://198.51.100.2{n}:2379",),
                node=f"{first}-{n}",
            )
            for n in numbers
        ),
        statuses=tuple(
            f.EtcdStatus(
                endpoint=f"https://198.51.100.2{n}:2379",
                member=f"e{n}",
                version="3.6.8",
                leader="e1",
                term=2,
                index=100,
                applied=100,
                db_size=4096,
                db_in_use=2048,
                cluster="c1",
            )
            for n in numbers
        ),
        alarms=(),
        keys=400,
    )


def certificate(**changes: Any) -> f.Certificate:
    """A certificate of an apiserver, good for most of a year."""
    base = f.Certificate(
        subject="CN=kube-apiserver",
        issuer="CN=kubernetes",
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=335),
        names=("kubernetes", "kubernetes.default", "kubernetes.default.svc", API),
        addresses=("10.96.0.1", ADDRESS, *(f"198.51.100.2{n}" for n in (1, 2, 3))),
        usages=("serverAuth",),
        signer="ca",
    )
    return replace(base, **changes)


def served(address: str, node: str | None = None, **changes: Any) -> f.ServedCertificate:
    """What an apiserver shows; without a node, what the endpoint does."""
    changes = {"sha256": f"{PKI}/apiserver.crt of {node}"} | changes
    return f.ServedCertificate(
        what="apiserver" if node else "endpoint",
        node=node,
        address=address,
        asked=API,
        certificate=certificate(**changes),
        trusted=True,
    )


def served_by(what: str, node: str, address: str) -> f.ServedCertificate:
    """What a kubelet shows, or etcd to its clients and peers: what lies on its disk."""
    path = {
        "kubelet": KUBELET.format("server"),
        "etcd client": f"{PKI}/etcd/server.crt",
        "etcd peer": f"{PKI}/etcd/peer.crt",
    }[what]
    (found,) = (one for one in on_disk(node) if one.path == path)
    assert isinstance(found.certificate, f.Certificate)
    own = address.rpartition(":")[0]
    local = ("127.0.0.1",) if what.startswith("etcd") else ()
    return f.ServedCertificate(
        what=what,
        node=node,
        address=address,
        asked=node,
        certificate=replace(found.certificate, addresses=(own, *local)),
    )


def on_disk(node: str) -> tuple[f.StoredCertificate, ...]:
    """What lies on the disk of a node: cp-1, worker-2, …"""
    client, server = ("clientAuth",), ("serverAuth",)
    mine = f"CN=system:node:{node},O=system:nodes"
    files = {
        f"{PKI}/ca.crt": ("CN=kubernetes", (), "ca"),
        KUBELET.format("client"): (mine, client, "ca"),
        KUBELET.format("server"): (mine, server, "ca"),
    }
    if node.startswith("cp"):
        files |= {
            f"{PKI}/front-proxy-ca.crt": ("CN=front-proxy-ca", (), "front-proxy-ca"),
            f"{PKI}/etcd/ca.crt": ("CN=etcd-ca", (), "etcd-ca"),
            f"{PKI}/apiserver.crt": ("CN=kube-apiserver", server, "ca"),
            f"{PKI}/front-proxy-client.crt": ("CN=front-proxy-client", client, "front-proxy-ca"),
            f"{PKI}/etcd/server.crt": (f"CN={node}", (*server, *client), "etcd-ca"),
            f"{PKI}/etcd/peer.crt": (f"CN={node}", (*server, *client), "etcd-ca"),
            "/etc/kubernetes/admin.conf": ("CN=kubernetes-admin", client, "ca"),
            "/etc/kubernetes/scheduler.conf": ("CN=system:kube-scheduler", client, "ca"),
        }
    return tuple(_on_disk(node, path, *what) for path, what in files.items())


def _on_disk(
    node: str, path: str, subject: str, usages: tuple[str, ...], signer: str
) -> f.StoredCertificate:
    signed = certificate(
        subject=subject,
        issuer="CN=kubernetes" if signer == "ca" else f"CN={signer}",
        usages=usages,
        signer=signer,
        names=(node,) if path == KUBELET.format("server") else (),
        sha256=f"{path} of {node}",
        key=f"key of {path} of {node}",
    )
    if path.endswith("ca.crt"):
        # An authority is the same everywhere, and lasts.
        lasting = NOW + timedelta(days=3600)
        signed = replace(signed, sha256=signer, key=f"key of {signer}", authority=True)
        signed = replace(signed, not_after=lasting)
    return f.StoredCertificate(path=path, certificate=signed)


def stored(**prefixes: Sequence[str]) -> f.EncryptionFacts:
    """Keys of these resources, whose values begin so."""
    return f.EncryptionFacts(
        asked="cp-1",
        resources=tuple(
            f.StoredKeys(
                resource=resource,
                looked_at=tuple(
                    f.StoredKey(key=f"/registry/{resource}/shop/{n}", prefix=prefix)
                    for n, prefix in enumerate(begins)
                ),
                count=len(begins),
            )
            for resource, begins in prefixes.items()
        ),
    )


def workload(namespace: str, name: str, nodes: Sequence[str], **changes: Any) -> f.Workload:
    """A Deployment with a Pod on each of these nodes, as the lab declares its own."""
    base = f.Workload(
        kind="Deployment",
        namespace=namespace,
        name=name,
        critical="the cluster's DNS" if name == "coredns" else "its namespace",
        replicas=len(nodes),
        ready=len(nodes),
        anti_affinity=(f.Apart(topology_key=HOST, required=True, own=True),),
        spread=(f.Apart(topology_key=ZONE, required=False, own=True, max_skew=1),),
        pods=tuple(f.Place(pod=f"{name}-{n}", node=on, ready=True) for n, on in enumerate(nodes)),
        strategy="RollingUpdate",
    )
    return replace(base, **changes)


def budget(namespace: str, name: str, **changes: Any) -> f.DisruptionBudget:
    """A budget that lets one of three go."""
    base = f.DisruptionBudget(
        namespace=namespace,
        name=name,
        selects=(f"Deployment {namespace}/{name}",),
        min_available=None,
        max_unavailable="1",
        allowed=1,
        healthy=3,
        desired=2,
        expected=3,
    )
    return replace(base, **changes)


def folder(
    node: str, path: str, *names: str, copy: bool = True, minutes: int = 12
) -> f.BackupFolder:
    """A folder with snapshots of this age, of which the newest can be read."""
    age = timedelta(minutes=minutes)
    older = (
        (f.BackupFile(path=f"{path}/{names[0]}.{n}", size=4096, age=n * age) for n in (2, 3))
        if names
        else ()
    )
    files = (*(f.BackupFile(path=f"{path}/{n}", size=4096, age=age) for n in names), *older)
    newest = (
        f.SnapshotStatus(path=files[0].path, revision=900, keys=400, size=4096, hash=7)
        if files
        else None
    )
    kept = tuple(f.Archive(path=f"{path}/{n}-pki.tar.gz", age=age, names=KEPT) for n in names[:1])
    return f.BackupFolder(
        node=node, folder=path, off_node=copy, files=files, newest=newest, archives=kept
    )


def balancer(node: str, config: str = HAPROXY) -> f.Balancer:
    """A balancer that runs with this configuration and has all its servers up."""
    parsed = parse_haproxy(config)
    return f.Balancer(
        node=node,
        holds_address=node == "lb-1",
        config=parsed,
        states=tuple(
            f.HaproxyState(
                backend=backend.name,
                server=server.name,
                status="UP",
                check="L7OK",
                since=timedelta(hours=1),
                sessions=200 if node == "lb-1" else 0,
            )
            for backend in parsed.backends
            for server in backend.servers
        ),
        complaint="",
    )


def lease(name: str, **changes: Any) -> f.Lease:
    """A lease that cp-1 renewed a second ago."""
    base = f.Lease(
        namespace="kube-system",
        name=name,
        holder="cp-1_0f7c2a52-1111-4222-8333-444455556666",
        acquired=NOW - timedelta(hours=1),
        renewed=NOW - timedelta(seconds=1),
        duration=timedelta(seconds=15),
        transitions=2,
    )
    return replace(base, **changes)


KEPT = (
    *(f"etc/kubernetes/pki/{name}.key" for name in ("ca", "sa", "front-proxy-ca", "etcd/ca")),
    "etc/kubernetes/policy/encryption.yaml",
)
