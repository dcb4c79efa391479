"""What lies in etcd, as whoever takes its disk would read it."""

import pytest

from chaos.conformance import encryption, encryption_config
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


@pytest.mark.item(
    id="encryption-config-equal",
    title="All apiservers encrypt by one configuration",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_configuration_is_equal(item: Item) -> None:
    """Looked at: the SHA-256 of the file that --encryption-provider-config names, on every control
    plane. Its keys never leave the machine.

    Expected: one for all. With another key on one machine a third of all reads fail, or none until
    the others are gone. Where a file is younger than its apiserver, which does not read it anew
    (--encryption-provider-config-automatic-reload), what that goes by is not known.

    Mend: copy the file of one to the others, and restart the apiservers one after the other.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest ("Apply encryption config to all API servers").
    """
    item.judge(encryption_config.equal_on_all)


@pytest.mark.item(
    id="encryption-provider-first",
    title="The first provider encrypts",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_first_provider_encrypts(item: Item) -> None:
    """Looked at: the rules of every apiserver's EncryptionConfiguration: resources, and their
    providers in order.

    Expected: none begins with identity, which would write in plain text whatever follows, but one
    that leaves something else than Secrets out of a wildcard after it; and one is for Secrets.

    Mend: put the provider that encrypts first and identity last, restart the apiservers, then write
    all anew: `kubectl get secrets -A -o json | kubectl replace -f -`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest; kubernetes.io, Encrypting Confidential Data at Rest.
    """
    item.judge(encryption_config.first_provider_encrypts)


@pytest.mark.item(
    id="encryption-key-own",
    title="The key is one's own, and random",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_keys_are_own(item: Item) -> None:
    """Looked at: the keys of every EncryptionConfiguration, on the machine itself: whether they are
    those of published examples, or readable text. Only how many are is told.

    Expected: neither: the key in this very source is base64 of a sentence, and many have copied it.

    Mend: `head -c 32 /dev/urandom | base64` as a second key everywhere, then as the first, then
    write all anew, then take the old one out.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest (whose example key is one of those).
    """
    item.judge(encryption_config.keys_are_own)


@pytest.mark.item(
    id="encryption-resources",
    title="All that is to be encrypted is, old objects too",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, etcd Encryption at Rest",
)
def test_declared_resources_are_encrypted(item: Item) -> None:
    """Looked at: how the raw values begin of every resource that the configuration names: of up to
    50 that were written longest ago, cut there to a few bytes. Of more than 5,000 the first by name
    are looked at, and of a wildcard what is always looked at: then the item is not covered.

    Expected: k8s:enc:. What was written before encryption was switched on stays plain until it is
    written again.

    Mend: `kubectl get RESOURCE -A -o json | kubectl replace -f -` for each.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    etcd Encryption at Rest; kubernetes.io, Encrypting Confidential Data at Rest ("Ensure all
    relevant data are encrypted").
    """
    item.judge(encryption_config.declared_is_encrypted)
