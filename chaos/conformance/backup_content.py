"""What snapshots are worth: their size, how many there are, and what a restored one holds."""

from __future__ import annotations

from collections import defaultdict

from chaos.cluster.facts import (
    BackupFile,
    BackupFolder,
    Declared,
    EtcdFacts,
    Facts,
    NotAvailable,
    Restored,
)
from chaos.conformance.backup_runs import SOMEBODY_ELSE
from chaos.conformance.backups import age_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, not_covered

# Less than this part of what the database holds now, or of the snapshot before, is no snapshot.
LEAST = 0.5
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
        for origin, files in _by_origin(folder, findings).items():
            newest, before = files[0], files[1:2]
            told = f"{origin}: {newest.name} has {newest.size} bytes"
            if newest.size < LEAST * held and held - newest.size > SINCE:
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
    for folder in folders:
        for origin, files in _by_origin(folder, findings).items():
            oldest = age_of(files[-1].age)
            told = f"{origin}: {counted(len(files), 'snapshot')}, the oldest {oldest} old"
            if len(files) >= keep:
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
    status = next(
        (
            one.newest
            for one in folders
            if one.node == restored.node
            and one.newest is not None
            and not isinstance(one.newest, NotAvailable)
            and one.newest.path == restored.path
        ),
        None,
    )
    took = f"{restored.took.total_seconds():g} s"
    told = f"{where}, restored in {took}: revision {restored.revision}, {restored.keys} entries"
    if status is None:
        findings.gap(f"what {where} held before", "it was not read")
    elif (restored.revision, restored.keys) != (status.revision, status.keys):
        findings.wrong.append(f"{told}, and the snapshot has {status.revision} and {status.keys}")
    else:
        findings.good.append(told)


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
    if restored.ours is False:
        findings.wrong.append(f"{where} is of another cluster: its kube-system has another UID")


def _young(facts: Facts, inventory: Declared) -> str:
    """Why there cannot be as many yet; empty where there can."""
    limit = inventory.backup_max_age
    if limit is None or isinstance(facts.created, NotAvailable):
        return ""
    age = facts.collected - facts.created
    return f"the cluster is {age_of(age)} old" if age < inventory.backup_keep * limit else ""


def stores(facts: Facts, inventory: Declared) -> list[BackupFolder] | CheckOutcome:
    """The folders on other machines, or what is to be said where there is none."""
    if inventory.backup_max_age is None and inventory.etcd_topology is None:
        return not_covered("snapshots", SOMEBODY_ELSE)
    if inventory.backup_max_age is None:
        findings = Findings(wrong=["the inventory names no backups: nobody knows of any"])
        return findings.outcome()
    if isinstance(facts.backups, NotAvailable):
        return not_covered("snapshots", facts.backups)
    stores = [one for one in facts.backups if one.off_node]
    if not stores:
        return Findings(wrong=["no copy lies on another machine"]).outcome()
    return stores


def _by_origin(folder: BackupFolder, findings: Findings) -> dict[str, list[BackupFile]]:
    """The snapshots of a store by the folder below it that they lie in, newest first."""
    where = f"{folder.folder} on {folder.node}"
    if isinstance(folder.files, NotAvailable):
        findings.gap(where, folder.files)
        return {}
    found: dict[str, list[BackupFile]] = defaultdict(list)
    for file in folder.files:
        found[f"{file.path.rpartition('/')[0]} on {folder.node}"].append(file)
    if not found:
        findings.good.append(f"{where} is empty")
    return found
