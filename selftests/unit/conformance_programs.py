"""The control plane's programs in the selftests' cluster, as they should run."""

from __future__ import annotations

from chaos.cluster import facts as f

PKI = "/etc/kubernetes/pki"


def components(node: str, **flags: str) -> tuple[f.Component, ...]:
    """The control plane's programs on a node.

    Args:
        flags: those of the programs that elect a leader; with `_` in the place of `-`.
    """
    elected = ELECTED | {k.replace("_", "-"): v for k, v in flags.items()}
    by_name = {
        "etcd": ETCD,
        "kube-apiserver": APISERVER,
        "kube-controller-manager": elected,
        "kube-scheduler": elected,
    }
    return tuple(
        f.Component(node=node, name=name, flags=of, source="process")
        for name, of in by_name.items()
    )


ELECTED = {"leader-elect": "true", "profiling": "false"}
ETCD = {
    "client-cert-auth": "true",
    "trusted-ca-file": f"{PKI}/etcd/ca.crt",
    "cert-file": f"{PKI}/etcd/server.crt",
    "peer-client-cert-auth": "true",
    "peer-trusted-ca-file": f"{PKI}/etcd/ca.crt",
    "peer-cert-file": f"{PKI}/etcd/peer.crt",
    "heartbeat-interval": "100",
    "election-timeout": "1000",
    "feature-gates": "InitialCorruptCheck=true",
}
APISERVER = {
    "tls-cert-file": f"{PKI}/apiserver.crt",
    "tls-private-key-file": f"{PKI}/apiserver.key",
    "client-ca-file": f"{PKI}/ca.crt",
    "etcd-cafile": f"{PKI}/etcd/ca.crt",
    "etcd-certfile": f"{PKI}/apiserver-etcd-client.crt",
    "etcd-keyfile": f"{PKI}/apiserver-etcd-client.key",
    "etcd-servers": "https://127.0.0.1:2379",
    "kubelet-client-certificate": f"{PKI}/apiserver-kubelet-client.crt",
    "kubelet-client-key": f"{PKI}/apiserver-kubelet-client.key",
    "kubelet-certificate-authority": f"{PKI}/ca.crt",
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "audit-policy-file": "/etc/kubernetes/policy/audit.yaml",
    "audit-log-path": "/var/log/kubernetes/audit.log",
    "profiling": "false",
    "shutdown-delay-duration": "5s",
}
