"""What snapshots are worth: their size, how many there are, and what a restored one holds."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import (
    BackupFolder,
    Declared,
    EtcdFacts,
    Facts,
    NotAvailable,
    Restored,
)
from chaos.conformance.backup_stores import (
    SOMEBODY_ELSE,
    by_origin,
    etcd_machines,
    runs,
    stores,
)
from chaos.conformance.backups import age_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, not_covered

# Less than this part of what the database holds now, or of the snapshot before, is no snapshot.
LEAST = 0.5
# So long may pass between a snapshot and the question to etcd, both of one look.
MEANWHILE = timedelta(minutes=2)
# So much may have been written since.
SINCE = 32 * 1024**2


def sizes_are_plausible(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The newest are about as large as the database, and as those before them."""
    folders = stores(facts, inventory)
    if isinstance(folders, CheckOutcome):
        return folders
    findings = Findings()
    held = 0
    if isinstance(facts.etcd, EtcdFacts) and facts.etcd.statuses:
        held = min(s.db_in_use for s in facts.etcd.statuses)
    else:
        why = facts.etcd if isinstance(facts.etcd, NotAvailable) else "no member gave its status"
        findings.gap("the size of the database", why)
    for folder in folders:
        for origin, files in by_origin(folder, findings).items():
            newest, before = files[0], files[1:2]
            told = f"{origin}: {newest.name} has {newest.size} bytes"
            if newest.size == 0:
                findings.wrong.append(f"{told}: it is empty")
            elif newest.size < LEAST * held and held - newest.size > SINCE:
                findings.wrong.append(f"{told}, and the database holds {held}")
            elif before and newest.size < LEAST * before[0].size:
                findings.wrong.append(f"{told}, and the one before it {before[0].size}")
            else:
                findings.good.append(told)
    return findings.outcome()


def several_are_kept(facts: Facts, inventory: Declared) -> CheckOutcome:
    """As many as the inventory wants of each machine, once it has been there for so long."""
    folders = stores(facts, inventory)
    if isinstance(folders, CheckOutcome):
        return folders
    findings = Findings()
    keep = inventory.backup_keep
    young = _young(facts, inventory)
    machines = etcd_machines(facts)
    for folder in folders:
        for origin, files in by_origin(folder, findings).items():
            oldest = age_of(files[-1].age)
            count = runs(files, machines)
            told = f"{origin}: {counted(count, 'snapshot')}, the oldest {oldest} old"
            if count >= keep:
                findings.good.append(told)
            elif young:
                findings.good.append(f"{told}; {young}")
            else:
                findings.wrong.append(f"{told}, and {keep} are to be kept")
    return findings.outcome()


def newest_restores(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The newest, restored into an etcd of its own, has the revision and the keys it should."""
    if inventory.etcd_topology is None:
        return not_covered("snapshots", SOMEBODY_ELSE)
    restored = facts.restored
    if isinstance(restored, NotAvailable):
        return not_covered("a restored snapshot", restored)
    findings = Findings()
    where = f"{restored.path} on {restored.node}"
    if restored.wrong:
        findings.wrong.append(f"{where} cannot be restored: {restored.wrong}")
        return findings.outcome()
    _as_it_was(where, restored, facts, findings)
    _alive(where, restored, facts, findings)
    return findings.outcome()


def _as_it_was(where: str, restored: Restored, facts: Facts, findings: Findings) -> None:
    folders = () if isinstance(facts.backups, NotAvailable) else facts.backups
    found = (
        (one.newest, age)
        for one in folders
        for age in _ages(one, restored)
        if one.newest is not None and not isinstance(one.newest, NotAvailable)
    )
    status, age = next(found, (None, timedelta()))
    took = f"{restored.took.total_seconds():g} s"
    told = f"{where}, restored in {took}: revision {restored.revision}, {restored.keys} entries"
    if status is None:
        findings.gap(f"what {where} held before", "it was not read")
    elif (restored.revision, restored.keys) != (status.revision, status.keys):
        findings.wrong.append(f"{told}, and the snapshot has {status.revision} and {status.keys}")
    else:
        findings.good.append(told)
    _against_now(where, restored, age, facts, findings)


def _ages(folder: BackupFolder, restored: Restored) -> list[timedelta]:
    """How old the restored snapshot is, if this is its folder."""
    files = () if isinstance(folder.files, NotAvailable) else folder.files
    mine = folder.node == restored.node
    return [one.age for one in files if mine and one.path == restored.path]


def _against_now(
    where: str, restored: Restored, age: timedelta, facts: Facts, findings: Findings
) -> None:
    """Against etcd's revision: it only grows, so no snapshot of it is ahead."""
    statuses = facts.etcd.statuses if isinstance(facts.etcd, EtcdFacts) else ()
    now = max((one.revision for one in statuses), default=0)
    if not now:
        return
    if restored.revision > now:
        # One that was taken while etcd was asked may well be ahead of what it said.
        if age > MEANWHILE:
            told = f"{where} has revision {restored.revision}, and etcd is at {now}"
            findings.wrong.append(f"{told}: it is of another cluster, or of a past given up")
        return
    behind = counted(now - restored.revision, "revision")
    findings.good.append(f"{where} is {behind} behind etcd, and {age_of(age)} old")


def _alive(where: str, restored: Restored, facts: Facts, findings: Findings) -> None:
    if restored.live_keys is None:
        findings.gap(f"an etcd that runs on {where}", f"there is no etcd on {restored.node}")
        return
    now = facts.etcd.keys if isinstance(facts.etcd, EtcdFacts) else None
    told = f"an etcd that ran on it had {restored.live_keys} keys"
    if restored.live_keys < 1:
        findings.wrong.append(f"an etcd that ran on {where} had no key")
    elif isinstance(now, int) and restored.live_keys < LEAST * now:
        findings.wrong.append(f"{told}, and there are {now} now")
    else:
        findings.good.append(told)
    if restored.ours is None:
        why = "its namespace kube-system is encrypted, or lies under another prefix"
        findings.gap(f"whether {where} is of this cluster", why)
    elif not restored.ours:
        findings.wrong.append(f"{where} is of another cluster: its kube-system has another UID")


def _young(facts: Facts, inventory: Declared) -> str:
    """Why there cannot be as many yet; empty where there can."""
    limit = inventory.backup_max_age
    if limit is None or isinstance(facts.created, NotAvailable):
        return ""
    age = facts.collected - facts.created
    return f"the cluster is {age_of(age)} old" if age < inventory.backup_keep * limit else ""
