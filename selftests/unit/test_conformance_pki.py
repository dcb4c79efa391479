"""What turns the items of certificates and keys red, and what the evidence then names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chaos.cluster import facts as f
from selftests.unit import conformance_deep as deep
from selftests.unit.conformance_changes import (
    Case,
    Change,
    both,
    disk,
    flag,
    is_red,
    keys_of,
    live,
    named,
    of,
    shown,
)
from selftests.unit.conformance_parts import ADDRESS, NOW, PKI, on_disk

RED: list[Case] = [
    (
        "authorities-one-year",
        disk("cp-2", f"{PKI}/etcd/ca.crt", sha256="other", not_after=NOW + timedelta(days=200)),
        "CN=etcd-ca (/etc/kubernetes/pki/etcd/ca.crt on cp-2) expires on 2027-06-08, in 200 days",
    ),
    (
        "certificates-names-complete",
        live("kubelet", "worker-2", names=("other",)),
        "kubelet of worker-2 (198.51.100.32:10250) shows a certificate without worker-2",
    ),
    (
        "certificates-names-complete",
        live("etcd peer", "cp-2", addresses=("127.0.0.1",)),
        "etcd peer of cp-2 (198.51.100.22:2380) shows a certificate without 198.51.100.22",
    ),
    (
        "certificates-names-complete",
        live("etcd client", "cp-2", addresses=("198.51.100.22",)),
        "etcd client of cp-2 (198.51.100.22:2379) shows a certificate without 127.0.0.1",
    ),
    (
        "certificates-names-complete",
        both(
            flag("kube-apiserver", "etcd-servers", "https://cp-3.example.test:2379", "cp-1"),
            live("etcd client", "cp-3", names=("localhost",)),
        ),
        "etcd client of cp-3 (198.51.100.23:2379) shows a certificate without cp-3.example.test",
    ),
    (
        "certificates-names-complete",
        live("apiserver", "cp-2", addresses=("198.51.100.22", ADDRESS)),
        "the apiserver of cp-2 (198.51.100.22:6443) shows a certificate without 10.96.0.1",
    ),
    (
        "certificates-names-complete",
        of("kubelets", "cp-1", deep.kubelet("cp-1", clusterDomain="cluster.local.")),
        "(198.51.100.22:6443) shows a certificate without kubernetes.default.svc.cluster.local",
    ),
    (
        "certificates-chain",
        disk("cp-2", f"{PKI}/apiserver.crt", signer=""),
        "apiserver.crt on cp-2 was signed by nobody known, and not by /etc/kubernetes/pki/ca.crt",
    ),
    (
        "certificates-chain",
        disk("cp-2", f"{PKI}/etcd/peer.crt", signer="ca"),
        "etcd/peer.crt on cp-2 was signed by another",
    ),
    (
        "certificates-chain",
        of(
            "kubeconfigs",
            "worker-2",
            (
                f.KubeconfigFile(
                    path="/etc/kubernetes/kubelet.conf", server=deep.ENDPOINT, authorities=("else",)
                ),
            ),
        ),
        "/etc/kubernetes/kubelet.conf on worker-2 trusts another authority",
    ),
    (
        "certificates-chain",
        shown("endpoint", None, trusted=False),
        "the endpoint (198.51.100.100:6443) shows one that CN=kubernetes signed, an authority",
    ),
    (
        "certificates-chain",
        live("etcd peer", "cp-2", signer="ca"),
        "etcd peer of cp-2 (198.51.100.22:2380) shows one that CN=etcd-ca signed, an authority",
    ),
    (
        "certificates-chain",
        live("kubelet", "worker-2", signer="front-proxy-ca"),
        "kubelet of worker-2 (198.51.100.32:10250) shows one that CN=kubernetes signed, an",
    ),
    (
        "kubelet-serving-certificates",
        live("kubelet", "worker-2", signer="front-proxy-ca", issuer="CN=front-proxy-ca"),
        "shows one that CN=front-proxy-ca signed, and not the cluster's",
    ),
    (
        "certificates-usage",
        disk("cp-2", f"{PKI}/etcd/peer.crt", usages=("serverAuth",)),
        "etcd/peer.crt on cp-2 may not be used for clientAuth",
    ),
    (
        "certificates-usage",
        disk(
            "worker-2",
            "/var/lib/kubelet/pki/kubelet-client-current.pem",
            subject="CN=system:node:worker-1,O=system:nodes",
        ),
        "on worker-2 is of CN=system:node:worker-1,O=system:nodes, and not of CN=system:",
    ),
    (
        "certificates-usage",
        live("kubelet", "cp-1", usages=("clientAuth",)),
        "kubelet of cp-1 (198.51.100.21:10250) shows one that is not for servers",
    ),
    (
        "certificates-live-equal-disk",
        disk("cp-2", f"{PKI}/apiserver.crt", sha256="renewed"),
        "shows one that lasts until 2027-10-21, and /etc/kubernetes/pki/apiserver.crt holds",
    ),
    (
        "certificates-live-equal-disk",
        live("etcd client", "cp-3", sha256="old"),
        "etcd client of cp-3",
    ),
    (
        "kubelet-serving-certificates",
        live("kubelet", "worker-2", signer="", issuer="CN=worker-2-ca"),
        "kubelet of worker-2 (198.51.100.32:10250) shows one that CN=worker-2-ca signed itself",
    ),
    (
        "kubelet-certificate-rotation",
        of("kubelets", "worker-2", deep.kubelet("worker-2", rotateCertificates="false")),
        "kubelet on worker-2 has rotateCertificates: false",
    ),
    (
        "authorities-equal",
        disk("cp-2", f"{PKI}/ca.crt", key="other"),
        "the key of pki/ca.crt is not one",
    ),
    ("authorities-equal", keys_of("cp-2", 0, public="other"), "/etc/kubernetes/pki/ca.key on cp-2"),
    (
        "authorities-equal",
        lambda facts: of("keys", "cp-3", deep.keys("cp-3")[1:])(facts),
        "there is no pki/ca.key on cp-3, and there is on cp-1, cp-2",
    ),
    (
        "authorities-equal",
        lambda facts: of(
            "stored_certificates",
            "cp-3",
            tuple(one for one in on_disk("cp-3") if not one.path.endswith("/etcd/ca.crt")),
        )(facts),
        "there is no pki/etcd/ca.crt on cp-3, and there is on cp-1, cp-2",
    ),
    (
        "service-account-keys-equal",
        keys_of("cp-2", 3, public="other"),
        "the key of service accounts is not one",
    ),
    (
        "private-keys-private",
        keys_of("cp-2", 5, path="/etc/ssl/etcd/ssl/member-cp-2-key.pem", mode="644"),
        "/etc/ssl/etcd/ssl/member-cp-2-key.pem on cp-2 has the mode 644",
    ),
    (
        "private-keys-private",
        keys_of("cp-2", 0, mode="644"),
        "/etc/kubernetes/pki/ca.key on cp-2 has the mode 644",
    ),
    (
        "private-keys-private",
        keys_of("cp-2", 0, owner="deploy"),
        "/etc/kubernetes/pki/ca.key on cp-2 belongs to deploy",
    ),
]


@pytest.mark.parametrize(("item", "change", "said"), named(RED))
def test_what_is_wrong_is_told_by_name(item: str, change: Change, said: str) -> None:
    is_red(item, change, said)
