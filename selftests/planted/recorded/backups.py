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
