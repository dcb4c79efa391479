"""Snapshots of etcd."""

import pytest

from chaos.conformance import backup_content, backup_keys, backup_runs, backups
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
    read, and was not taken on the store itself (a store on a machine of etcd, with snapshots of
    which nobody knows where they were taken, is uncovered); a store may be empty if another is not.
    A cluster of which nobody names a backup has none.

    Mend: a timer or CronJob that runs `etcdctl snapshot save`, looks at the file and copies it to
    another machine; name its folders in the inventory. See why the last run failed:
    `systemctl status` of the timer's unit, or the Job's log.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular etcd backups automated"); Kubernetes High Availability, etcd
    Backup and Recovery.
    """
    item.judge(backups.fresh_off_its_node_and_readable)


@pytest.mark.item(
    id="backup-schedule",
    title="Something takes snapshots of etcd by itself",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Production Checklist",
)
def test_snapshots_are_scheduled(item: Item) -> None:
    """Looked at: systemd's timers and cron on the machines that run etcd, and the cluster's
    CronJobs, init containers and scripts of ConfigMaps included, for what runs `etcdctl snapshot
    save`.

    Expected: there is one, and every one found is switched on.

    Mend: `systemctl enable --now TIMER`; a CronJob with suspend: false; or one of the two, where
    there is none.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular etcd backups automated"); Kubernetes High Availability, Practice
    Exercises ("Implement automated etcd backups using cron jobs").
    """
    item.judge(backup_runs.are_scheduled)


@pytest.mark.item(
    id="backup-last-run",
    title="The last snapshots were taken, and ended well",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Production Checklist",
)
def test_last_runs_ended_well(item: Item) -> None:
    """Looked at: when each of these last ran, and how that ended, as systemd or the CronJob's
    status has it.

    Expected: within backups.max_age, and well. A snapshot that is there says nothing of the one
    that failed since: a CronJob that was started after its last success, and is not under way.

    Mend: `journalctl -u UNIT`, or the log of the Job's Pod; mostly it is the disk, or the way to
    the other machine.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Regular etcd backups automated").
    """
    item.judge(backup_runs.ended_well)


@pytest.mark.item(
    id="backup-size",
    title="Snapshots are as large as the database",
    severity="high",
    source="Experience: a copy that broke off is short",
)
def test_sizes_are_plausible(item: Item) -> None:
    """Looked at: the size of the newest snapshots on other machines, the database's size in use,
    and the size of those before.

    Expected: not empty, and at least half of what is in use, and of the one before: a copy that
    broke off is short.

    Mend: copy to a temporary name and rename at the end; look at it with `etcdutl snapshot status`
    before.

    Source: Experience: a copy that broke off is short.
    """
    item.judge(backup_content.sizes_are_plausible)


@pytest.mark.item(
    id="backup-retention",
    title="Several snapshots are kept",
    severity="medium",
    source="Experience: the newest snapshot may hold the mistake already",
)
def test_several_are_kept(item: Item) -> None:
    """Looked at: how many snapshots of each machine lie on another. Those that several machines
    took in one run into one folder count once; folders named by dates are one.

    Expected: backups.keep, 3 by default, once the cluster is old enough for so many: the newest may
    hold what was deleted by mistake.

    Mend: let what copies them delete the oldest and not all but one; look whether the disk is full.

    Source: Experience: the newest snapshot may hold the mistake already.
    """
    item.judge(backup_content.several_are_kept)


@pytest.mark.item(
    id="backup-restores",
    title="The newest snapshot really restores",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Recovery Procedures",
)
def test_newest_restores(item: Item) -> None:
    """Looked at: the newest snapshot on another machine, restored there into a folder of its own,
    and an etcd started on it that no port leads to; all of it is gone within seconds.

    Expected: `etcdutl snapshot restore` succeeds; revision and number of entries are the
    snapshot's, and the revision is not above etcd's own, which only grows; the etcd has at least
    half as many keys as there are now, and kube-system has this cluster's UID, where it is not
    encrypted.

    Mend: take a new one and try it: `etcdutl snapshot restore FILE --data-dir /tmp/try`. Look at
    what copies it: a restore that is tried first in an emergency is a hope.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Recovery Procedures (Restore etcd from backup) and Production Checklist ("Disaster recovery
    procedures tested").
    """
    item.judge(backup_content.newest_restores)


@pytest.mark.item(
    id="backup-pki",
    title="Keys and certificates are kept as well",
    severity="critical",
    source="Experience: a restored etcd without its keys is no cluster",
)
def test_keys_are_kept(item: Item) -> None:
    """Looked at: the names of the files in archives beside the snapshots, on other machines, and of
    files that lie there as they are; nothing is unpacked.

    Expected: the authorities' keys, that of service accounts, etcd's authority's, and the
    configuration of encryption: a snapshot whose key is lost cannot be read, and without its
    authorities no node believes the restored cluster.

    Mend: add `tar -czf … /etc/kubernetes/pki` and the encryption configuration to what takes
    snapshots, readable by root alone, encrypted where others have access.

    Source: Experience: a restored etcd without its keys is no cluster; kubernetes.io,
    Encrypting Confidential Data at Rest.
    """
    item.judge(backup_keys.are_kept)
