"""What the owners have ready, and when they last tried it."""

import pytest

from chaos.conformance import operations
from fixtures.item import Item


@pytest.mark.item(
    id="runbooks",
    title="There is a runbook for each incident",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_runbooks_are_there(item: Item) -> None:
    """Looked at: the files and pages that the inventory names, by incident: etcd-quorum,
    apiserver-down, certificates-expired, load-balancer-down, control-plane-replacement,
    restore-from-backup, zone-loss.

    Expected: one for each, which is there. docs/runbooks has ours to begin with.

    Mend: write it down when it is quiet, with the commands ready to copy; name it under
    operations.runbooks.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Runbook for common failure scenarios").
    """
    item.judge(operations.runbooks_are_there)


@pytest.mark.item(
    id="drill-restore",
    title="A restore was tried not long ago",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_restore_was_tried(item: Item) -> None:
    """Looked at: the history of drills that the inventory names: a file, or a ConfigMap.

    Expected: a restore that went well in the last 92 days, or within the inventory's objective.

    Mend: rehearse it: a snapshot that nobody restored is a hope. `holdfast run conformance` notes
    in a file that the newest was restored.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Disaster recovery procedures tested").
    """
    item.judge(operations.restore_was_tried)


@pytest.mark.item(
    id="drill-failover",
    title="A failure was rehearsed not long ago",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_failover_was_tried(item: Item) -> None:
    """Looked at: the same history.

    Expected: a failover that went well in the last 92 days, or within the inventory's
    objective.

    Mend: `holdfast run resilience`, on a cluster like this one at least; it notes in a file what
    went well.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular chaos engineering exercises").
    """
    item.judge(operations.failover_was_tried)


@pytest.mark.item(
    id="drill-renewal",
    title="A renewal of certificates was rehearsed not long ago",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Certificate Expiration",
)
def test_renewal_was_tried(item: Item) -> None:
    """Looked at: the same history.

    Expected: a renewal that went well in the last 92 days, or within the inventory's objective.

    Mend: `kubeadm certs renew all` on one control plane after another, each restarted and
    looked at.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Certificate Expiration ("run on ALL master nodes").
    """
    item.judge(operations.renewal_was_tried)
