"""Snapshots: what takes days to go wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded


@recorded("backup-retention", r"cp-1 on worker-2: 1 snapshot, .* and 3 are to be kept|cp-1\.db")
def one_snapshot_is_kept(facts: Facts) -> Facts:
    """Each store has one snapshot of a cluster that is months old: the next overwrites it."""
    stores = tuple(
        replace(one, files=the.known(one.files)[:1]) if one.off_node else one
        for one in the.known(facts.backups)
    )
    made = facts.collected - timedelta(days=90)
    return replace(facts, backups=stores, created=made)


@recorded("backup-restores", r"has revision \d+, and etcd is at 1: it is of another cluster")
def snapshot_from_the_future(facts: Facts) -> Facts:
    """The newest snapshot is ahead of etcd, which was set back, or it is another cluster's."""
    etcd = the.known(facts.etcd)
    behind = tuple(replace(one, revision=1) for one in etcd.statuses)
    old = timedelta(minutes=40)
    stores = tuple(
        replace(
            one, files=tuple(replace(file, age=file.age + old) for file in the.known(one.files))
        )
        for one in the.known(facts.backups)
    )
    return replace(facts, etcd=replace(etcd, statuses=behind), backups=stores)
