"""Judging snapshots of etcd."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.cluster.facts import BackupFolder, Facts, NotAvailable, SnapshotStatus
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_parts import folder
from selftests.unit.conformance_support import SILENT, at, good, known, told, verdict

BACKUP = "etcd-backup"
AWAY = "/var/backups/offsite"


def store(one: BackupFolder) -> Facts:
    """With another store on worker-1."""
    return replace(good(), backups=(*known(good().backups)[:3], one))


def newest(status: SnapshotStatus | NotAvailable | None) -> Facts:
    """With this in place of what was read out of worker-1's newest."""
    return replace(good(), backups=at(known(good().backups), 3, newest=status))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_any_store_in_use_that_is_stale(which: int) -> None:
    stale = folder(f"worker-{which + 1}", AWAY, "cp-9.db", minutes=91)
    folders = list(known(good().backups))
    folders[3 + which] = stale
    facts = replace(good(), backups=tuple(folders))
    assert verdict(BACKUP, facts) is Verdict.FAIL
    first = told(BACKUP, facts).splitlines()[0]
    assert first == (
        f"{AWAY} on worker-{which + 1}: the newest, cp-9.db, is 1 h 31 min old, "
        "and 1 h 30 min is allowed"
    )


def test_just_in_time_is_fresh() -> None:
    assert verdict(BACKUP, store(folder("worker-1", AWAY, "cp-1.db", minutes=90))) is Verdict.PASS


def test_no_store_on_another_machine() -> None:
    facts = replace(good(), backups=known(good().backups)[:3])
    assert verdict(BACKUP, facts) is Verdict.FAIL
    assert "no copy lies on another machine" in told(BACKUP, facts)


def test_stores_of_which_none_holds_a_snapshot() -> None:
    facts = store(folder("worker-1", AWAY))
    assert verdict(BACKUP, facts) is Verdict.FAIL
    assert f"no snapshot lies on another machine: {AWAY} on worker-1" in told(BACKUP, facts)


def test_a_store_that_is_not_in_use_beside_one_that_is() -> None:
    one = store(folder("worker-1", AWAY, "cp-3.db"))
    facts = replace(one, backups=(*known(one.backups), folder("worker-2", AWAY)))
    assert verdict(BACKUP, facts) is Verdict.PASS
    assert f"{AWAY} on worker-2 is empty" in told(BACKUP, facts)


def test_a_store_on_the_very_machine_that_was_backed_up() -> None:
    facts = store(folder("cp-1", AWAY, "cp-1.db"))
    assert verdict(BACKUP, facts) is Verdict.FAIL
    assert "was taken on cp-1 itself" in told(BACKUP, facts)
    assert verdict(BACKUP, store(folder("cp-1", AWAY, "cp-2.db"))) is Verdict.PASS


def test_a_store_where_etcd_runs_and_of_which_nobody_knows_whose_it_holds() -> None:
    only = replace(good(), backups=(folder("cp-1", AWAY, "etcd.db"),))
    assert verdict(BACKUP, only) is Verdict.NOT_COVERED
    assert "cp-1 runs etcd itself, and where it was taken is not known" in told(BACKUP, only)


def test_a_snapshot_that_cannot_be_read() -> None:
    facts = newest(NotAvailable("snapshot file integrity check failed"))
    assert verdict(BACKUP, facts) is Verdict.FAIL
    assert "cannot be read: snapshot file integrity check failed" in told(BACKUP, facts)


def test_a_snapshot_without_a_key() -> None:
    status = known(known(good().backups)[3].newest)
    facts = newest(replace(status, keys=0))
    assert verdict(BACKUP, facts) is Verdict.FAIL
    assert "holds no key" in told(BACKUP, facts)


@pytest.mark.parametrize(
    "why",
    [None, NotAvailable("there is no etcdutl to read it with"), NotAvailable("it took too long")],
)
def test_a_snapshot_that_nobody_could_try_to_read(why: NotAvailable | None) -> None:
    assert verdict(BACKUP, newest(why)) is Verdict.NOT_COVERED


def test_a_store_that_could_not_be_looked_at() -> None:
    facts = replace(good(), backups=at(known(good().backups), 3, files=SILENT, newest=None))
    assert verdict(BACKUP, facts) is Verdict.NOT_COVERED
    assert SILENT.reason in told(BACKUP, facts)
    assert verdict(BACKUP, replace(good(), backups=SILENT)) is Verdict.NOT_COVERED


def test_where_they_are_taken_is_told_and_not_judged() -> None:
    folders = at(known(good().backups), 0, files=SILENT, newest=None)
    facts = replace(good(), backups=at(folders, 1, files=(), newest=None))
    assert verdict(BACKUP, facts) is Verdict.PASS
    assert "/var/backups/etcd on cp-2: none was taken" in told(BACKUP, facts)


def undeclared(**changes: Any) -> Facts:
    """With an inventory that names no backups."""
    missing = NotAvailable("the inventory has no section backups")
    declared = replace(good().declared, backup_max_age=None, **changes)
    return replace(good(), backups=missing, declared=declared)


def test_no_backups_in_the_inventory_are_no_backups() -> None:
    assert verdict(BACKUP, undeclared()) is Verdict.FAIL
    assert "nobody knows of any" in told(BACKUP, undeclared())


def test_whoever_runs_etcd_backs_it_up() -> None:
    assert verdict(BACKUP, undeclared(etcd_topology=None)) is Verdict.NOT_COVERED
