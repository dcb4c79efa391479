"""What lies in etcd, as whoever takes its disk would read it."""

import pytest

from chaos.conformance import encryption
from fixtures.item import Item


@pytest.mark.item(
    id="etcd-encrypted",
    title="Secrets are encrypted in etcd",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "etcd Encryption at Rest",
)
def test_secrets_are_encrypted(item: Item) -> None:
    """Looked at: how the raw values of existing keys begin in etcd, read on the machine and cut
    there to a few bytes. Nothing is written.

    Expected: those of Secrets begin with k8s:enc:, old ones too. Other resources are told and not
    judged.

    Mend: an EncryptionConfiguration whose first provider is not identity, the same on every
    apiserver (--encryption-provider-config); then write the old ones anew:
    `kubectl get secrets -A -o json | kubectl replace -f -`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest; kubernetes.io, Encrypting Confidential Data at Rest.
    """
    item.judge(encryption.secrets_are_encrypted)
