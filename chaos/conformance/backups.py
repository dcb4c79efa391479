"""Snapshots of etcd."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from chaos.cluster.facts import (
    BackupFile,
    BackupFolder,
    Declared,
    Facts,
    NotAvailable,
)
from chaos.conformance.backup_stores import SOMEBODY_ELSE, etcd_machines
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

# The two reasons why a snapshot could not be tried, as distinct from one that was and is broken.
_UNTRIED = ("there is no etcdutl", "it took too long")


def fresh_off_its_node_and_readable(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A store on another machine holds a snapshot that is fresh and can be read.

    So must every other store that is in use: where there are several, each serves some of the
    machines. One that is empty is not in use.
    """
    limit = inventory.backup_max_age
    if limit is None and inventory.etcd_topology is None:
        return not_covered("snapshots", SOMEBODY_ELSE)
    findings = Findings()
    if limit is None:
        findings.wrong.append("the inventory names no backups: nobody knows of any")
        return findings.outcome()
    if isinstance(facts.backups, NotAvailable):
        return not_covered("snapshots", facts.backups)
    stores = [folder for folder in facts.backups if folder.off_node]
    taken = [folder for folder in facts.backups if not folder.off_node]
    if not stores:
        findings.wrong.append("no copy lies on another machine: all are lost with their node")
    elif all(store.files == () for store in stores):
        where = listed(f"{store.folder} on {store.node}" for store in stores)
        findings.wrong.append(f"no snapshot lies on another machine: {where}")
    members = etcd_machines(facts)
    for store in stores:
        _store(store, taken, limit, members, findings)
    for folder in taken:
        _taken(folder, findings)
    return findings.outcome()


def _store(
    store: BackupFolder,
    taken: Iterable[BackupFolder],
    limit: timedelta,
    members: set[str],
    findings: Findings,
) -> None:
    where = f"{store.folder} on {store.node}"
    if isinstance(store.files, NotAvailable):
        findings.gap(where, store.files)
    elif not store.files:
        findings.good.append(f"{where} is empty")
    else:
        file = store.files[0]
        told = f"{where}: the newest, {file.name}, is {age_of(file.age)} old"
        if file.age > limit:
            findings.wrong.append(f"{told}, and {age_of(limit)} is allowed")
        elif _origins(file, taken) == {store.node}:
            findings.wrong.append(f"{told}, and was taken on {store.node} itself")
        elif store.node in members and not _origins(file, taken):
            why = f"{store.node} runs etcd itself, and where it was taken is not known"
            findings.gap(f"{told}; whether that is on another machine", why)
        else:
            _readable(store, told, findings)


def _readable(store: BackupFolder, told: str, findings: Findings) -> None:
    newest = store.newest
    if newest is None or isinstance(newest, NotAvailable):
        why = newest.reason if newest else "nobody tried"
        if newest is None or why.startswith(_UNTRIED):
            findings.gap(f"{told}; whether it can be read", why)
        else:
            findings.wrong.append(f"{told}, and cannot be read: {why}")
    elif newest.keys < 1:
        findings.wrong.append(f"{told}, and holds no key")
    else:
        what = f"revision {newest.revision}, {newest.keys} keys, {newest.size} bytes"
        findings.good.append(f"{told} and can be read: {what}")


def _origins(file: BackupFile, taken: Iterable[BackupFolder]) -> set[str]:
    """The machines on which a snapshot of this name was taken."""
    found = set()
    for folder in taken:
        files = () if isinstance(folder.files, NotAvailable) else folder.files
        if any(one.name == file.name for one in files):
            found.add(folder.node)
    return found


def _taken(folder: BackupFolder, findings: Findings) -> None:
    """Told and not judged: it is lost with the node, and one member's snapshot is enough."""
    where = f"{folder.folder} on {folder.node}"
    if isinstance(folder.files, NotAvailable):
        findings.good.append(f"{where}, where they are taken, could not be looked at")
    elif folder.files:
        newest = folder.files[0]
        findings.good.append(f"{where}: the newest was taken {age_of(newest.age)} ago")
    else:
        findings.good.append(f"{where}: none was taken")


def age_of(age: timedelta) -> str:
    """Short, to the minute.

    >>> age_of(timedelta(days=1, minutes=61))
    '25 h 1 min'
    """
    hours, minutes = divmod(int(age.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
