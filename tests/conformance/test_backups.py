"""Snapshots of etcd."""

import pytest

from chaos.conformance import backups
from fixtures.item import Item


@pytest.mark.item(
    id="etcd-backup",
    title="A snapshot of etcd is fresh, off its node and readable",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_fresh_off_its_node_and_readable(item: Item) -> None:
    """Looked at: the folders that the inventory names (backups), the age of the newest snapshot in
    each by its own machine's clock, and what `etcdutl snapshot status` reads out of it there.

    Expected: the newest in each store on another machine is no older than backups.max_age, can be
    read, and was not taken on the store itself; a store may be empty if another is not. A cluster
    of which nobody names a backup has none.

    Mend: a timer or CronJob that runs `etcdctl snapshot save`, looks at the file and copies it to
    another machine; name its folders in the inventory. See why the last run failed:
    `systemctl status` of the timer's unit, or the Job's log.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular etcd backups automated"); Kubernetes High Availability, etcd
    Backup and Recovery.
    """
    item.judge(backups.fresh_off_its_node_and_readable)
