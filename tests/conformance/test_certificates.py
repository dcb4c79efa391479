"""Certificates, as they are shown and as they lie on disks."""

import pytest

from chaos.conformance import (
    authorities,
    certificate_chain,
    certificate_forms,
    certificate_live,
    certificate_names,
    certificates,
)
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
    """Looked at: the certificates that apiservers, kubelets and members of etcd show, and those on
    every node's disk: the cluster's and etcd's, the kubelet's, and those inside kubeconfigs, root's
    copy of admin.conf among them.

    Expected: each is valid now and for more than 30 days yet. One that was renewed on disk and not
    loaded counts as the old one. Whoever cannot be asked makes that uncovered.

    Mend: `kubeadm certs renew all` on each control plane, then restart its static Pods; a
    kubelet's own with rotateCertificates: true. Authorities need a new one, rolled out by hand.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Expiration ("Expected: All certs valid for >30 days").
    """
    item.judge(certificates.certificates_last)


@pytest.mark.item(
    id="authorities-one-year",
    title="Every authority is valid for more than a year yet",
    severity="high",
    source="kubernetes.io, PKI certificates and requirements",
)
def test_authorities_last(item: Item) -> None:
    """Looked at: the authorities among the certificates on every node's disk: the cluster's,
    etcd's, the front proxy's.

    Expected: each is valid for more than a year yet: replacing one takes a new bundle on every
    node, kubeconfig and Pod, and cannot be hurried.

    Mend: make a new authority and roll it out in steps, old and new trusted together:
    kubernetes.io, Manual Rotation of CA Certificates.

    Source: kubernetes.io, PKI certificates and requirements; Manual Rotation of CA
    Certificates.
    """
    item.judge(authorities.last_a_year)


@pytest.mark.item(
    id="certificates-names-complete",
    title="Every live certificate is for what it is asked by",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Certificate Management for HA",
)
def test_names_are_complete(item: Item) -> None:
    """Looked at: what each apiserver, kubelet and member of etcd shows in a handshake, the address
    of the Service kubernetes, the cluster's domain and --etcd-servers.

    Expected: apiservers': kubernetes, kubernetes.default, kubernetes.default.svc, the same with the
    cluster's domain, the Service's address, by which all in Pods ask, the endpoint's name and their
    own address; kubelets': their node's name and address; etcd's, for clients and peers: their
    address, and for clients by what else an apiserver asks them, as 127.0.0.1.

    Mend: make it anew with all names: `kubeadm init phase certs apiserver` (certSANs), `…
    etcd-server`, `… etcd-peer`; approve the kubelet's request, with serverTLSBootstrap: true.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Management for HA (the example's alt_names).
    """
    item.judge(certificate_names.names_are_complete)


@pytest.mark.item(
    id="certificates-chain",
    title="Every certificate was signed by the right authority",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_signed_by_the_right_one(item: Item) -> None:
    """Looked at: the certificates on every node's disk and in its kubeconfigs, and the authorities
    beside them; and those that apiservers, the endpoint, kubelets and members of etcd show. The
    signatures are checked, and those between followed up.

    Expected: the cluster's authority, or one of several, signed the apiserver's, kubelets' and
    kubeconfigs', etcd's those of etcd and its clients, the front proxy's its own; and kubeconfigs
    trust the cluster's. That a kubelet shows one of its own making is an item of its own, where it
    was not told to ask for one (serverTLSBootstrap).

    Mend: make the wrong one anew: `kubeadm certs renew NAME`, which signs with the authority beside
    it; look where the authority was replaced on one machine alone.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere ("Every component in your HA cluster must communicate over encrypted channels").
    """
    item.judge(certificate_chain.signed_by_the_right_one)


@pytest.mark.item(
    id="certificates-usage",
    title="Every certificate may be used for what it is used for",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_usable_as_used(item: Item) -> None:
    """Looked at: the extended key usage and the subject of the certificates on every node's disk
    and in kubeconfigs, and of those that are shown.

    Expected: servers' are for servers, clients' for clients, etcd's peers' for both; the
    controller-manager's, the scheduler's and each kubelet's are theirs by name: the API goes by it.

    Mend: make it anew with kubeadm, which sets both; a certificate of another machine's kubelet was
    copied with its disk: join that machine anew.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere; kubernetes.io, PKI certificates and requirements.
    """
    item.judge(certificate_forms.usable_as_they_are_used)


@pytest.mark.item(
    id="certificates-live-equal-disk",
    title="What is shown is what lies on the disk",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Certificate Expiration",
)
def test_live_equals_disk(item: Item) -> None:
    """Looked at: what each apiserver, kubelet and member of etcd shows, against the file that it
    was told to show.

    Expected: the same. One that was renewed and not loaded is still the old one to everybody, and
    expires as such.

    Mend: restart what shows the old one: move its manifest out of /etc/kubernetes/manifests for 20
    s and back; `systemctl restart kubelet`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Expiration ("Restart kubelet to pick up new certs").
    """
    item.judge(certificate_live.equal_those_on_disk)


@pytest.mark.item(
    id="kubelet-serving-certificates",
    title="Kubelets show certificates of the cluster's authority",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, TLS Everywhere",
)
def test_kubelets_serve_signed_ones(item: Item) -> None:
    """Looked at: who signed what each kubelet shows on its port.

    Expected: the cluster's authority. One that signed itself cannot be checked: logs and exec would
    go to whoever answers at that address.

    Mend: serverTLSBootstrap: true in the kubelets' configuration, then `kubectl certificate
    approve` their requests, and --kubelet-certificate-authority on the apiservers.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, TLS
    Everywhere; kubernetes.io, Certificate Management with kubeadm.
    """
    item.judge(certificate_live.kubelets_serve_signed_ones)


@pytest.mark.item(
    id="kubelet-certificate-rotation",
    title="Kubelets renew their certificates by themselves",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Certificate Expiration",
)
def test_kubelets_rotate(item: Item) -> None:
    """Looked at: rotateCertificates in every kubelet's configuration, and whether its kubeconfig
    holds a certificate itself.

    Expected: true, and kubelet.conf points to the file that is rotated: else all nodes that joined
    on one day are NotReady on one day, a year later.

    Mend: rotateCertificates: true in /var/lib/kubelet/config.yaml; in kubelet.conf
    client-certificate and client-key: /var/lib/kubelet/pki/kubelet-client-current.pem; restart
    kubelet.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Expiration; kubernetes.io, Configure Certificate Rotation for the Kubelet.
    """
    item.judge(certificate_live.kubelets_rotate)


@pytest.mark.item(
    id="authorities-equal",
    title="All control planes have the same authorities",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Step 4: Join Additional Control Plane Nodes",
)
def test_authorities_are_equal(item: Item) -> None:
    """Looked at: SHA-256 of the public keys of the cluster's, etcd's and the front proxy's
    authorities on every control plane, and whether the private keys beside them belong to them. No
    private key leaves the machine.

    Expected: one each, and each key fits; what one control plane has, all have, unless none has the
    key: then it is kept elsewhere. Else what one control plane signs another does not
    believe, which shows when the one is gone.

    Mend: `kubeadm init phase upload-certs --upload-certs` on a good one, then join the other anew
    with that key.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 4: Join Additional Control Plane Nodes (--certificate-key).
    """
    item.judge(authorities.are_equal)


@pytest.mark.item(
    id="service-account-keys-equal",
    title="All control planes sign tokens with one key",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Step 4: Join Additional Control Plane Nodes",
)
def test_service_account_keys_are_equal(item: Item) -> None:
    """Looked at: SHA-256 of the public part of sa.key, and of sa.pub, on every control plane. No
    private key leaves the machine.

    Expected: one. Else tokens that one controller-manager or apiserver made are refused by the
    others: Pods fail in a third of their requests, and all after a failover.

    Mend: copy sa.key and sa.pub of the others to it; restart its apiserver and controller-manager.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Step 4: Join Additional Control Plane Nodes (--certificate-key); kubernetes.io, PKI certificates
    and requirements.
    """
    item.judge(authorities.service_account_keys_are_equal)


@pytest.mark.item(
    id="private-keys-private",
    title="Private keys are root's alone",
    severity="high",
    source="kubernetes.io, PKI certificates and requirements",
)
def test_private_keys_are_private(item: Item) -> None:
    """Looked at: owner and permissions of every *.key and *key.pem in kubeadm's folders and etcd's.

    Expected: nobody but root (or etcd) may read one.

    Mend: `chown root: FILE; chmod 600 FILE`; and if others had access to the machine, make anew
    what could be read.

    Source: kubernetes.io, PKI certificates and requirements; Kubernetes High Availability
    Architecture: Complete Guide for DevOps Engineers 2025, Security in HA Clusters ("inherently
    increases your attack surface").
    """
    item.judge(authorities.private_keys_are_private)
