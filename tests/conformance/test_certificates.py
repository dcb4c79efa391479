"""Certificates, as they are shown and as they lie on disks."""

import pytest

from chaos.conformance import certificates
from fixtures.item import Item


@pytest.mark.item(
    id="certificates-name-balancer",
    title="Every apiserver's live certificate names the balancer",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Certificate Management for HA",
)
def test_live_certificates_name_the_balancer(item: Item) -> None:
    """Looked at: what each apiserver shows in a TLS handshake, asked directly, and what the
    endpoint shows.

    Expected: its alternative names hold the balancer's DNS name and, where it stays the same, its
    IP address. An apiserver without them is a dead one to every client that comes through the
    balancer, which shows only when the others are gone.

    Mend: add both to apiServer.certSANs of kubeadm's ClusterConfiguration, then on each control
    plane: remove pki/apiserver.crt and apiserver.key, `kubeadm init phase certs apiserver`, and
    restart the apiserver.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Management for HA (the balancer's DNS.5 and IP.5 among the alternative names).
    """
    item.judge(certificates.live_certificates_name_the_balancer)


@pytest.mark.item(
    id="certificates-30-days",
    title="Every certificate is valid for more than 30 days yet",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Certificate Expiration",
)
def test_certificates_last(item: Item) -> None:
    """Looked at: the certificates that the apiservers show, and those on every node's disk: the
    cluster's and etcd's, the kubelet's, and those inside kubeconfigs.

    Expected: each is valid now and for more than 30 days yet. One that was renewed on disk and not
    loaded counts as the old one.

    Mend: `kubeadm certs renew all` on each control plane, then restart its static Pods; a
    kubelet's own with rotateCertificates: true. Authorities need a new one, rolled out by hand.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Expiration ("Expected: All certs valid for >30 days").
    """
    item.judge(certificates.certificates_last)
