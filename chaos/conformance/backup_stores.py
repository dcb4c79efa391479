"""The folders on other machines that snapshots are copied to, and how they are ordered there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from chaos.cluster.facts import (
    BackupFile,
    BackupFolder,
    Declared,
    EtcdFacts,
    Facts,
    NotAvailable,
)
from chaos.conformance.outcome import CheckOutcome, Findings, not_covered

SOMEBODY_ELSE = "somebody else runs etcd, and its snapshots with it"
# A folder of its own for each day or run: it is the one above that tells whose they are.
_DATE = re.compile(r"\d{4}[-_.]?\d{2}[-_.]?\d{2}")
# Snapshots of different members that are no further apart are of one run.
_RUN = timedelta(minutes=10)


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


def by_origin(folder: BackupFolder, findings: Findings) -> dict[str, list[BackupFile]]:
    """The snapshots of a store by the folder below it that they lie in, newest first."""
    where = f"{folder.folder} on {folder.node}"
    if isinstance(folder.files, NotAvailable):
        findings.gap(where, folder.files)
        return {}
    found: dict[str, list[BackupFile]] = defaultdict(list)
    for file in folder.files:
        below = file.path.removeprefix(folder.folder).split("/")[:-1]
        origin = "/".join(part for part in below if not _DATE.search(part))
        found[f"{folder.folder}{origin} on {folder.node}"].append(file)
    if not found:
        findings.good.append(f"{where} is empty")
    return found


def etcd_machines(facts: Facts) -> set[str]:
    """The machines that run etcd, by the inventory and by etcd itself."""
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    members = facts.etcd.members if isinstance(facts.etcd, EtcdFacts) else ()
    return {n.name for n in nodes if "etcd" in n.roles} | {m.node for m in members if m.node}


def runs(files: Sequence[BackupFile], machines: Iterable[str]) -> int:
    """How many there are, where those that several machines took in one run count once.

    Args:
        files: newest first.
        machines: those whose names tell whose a snapshot is.
    """
    count, begun, taken = 0, timedelta(), set[str]()
    by_name = sorted(machines)
    for file in files:
        whose = next((name for name in by_name if _names(file, name)), "")
        if not count or not whose or whose in taken or file.age - begun > _RUN:
            count, begun, taken = count + 1, file.age, set()
        taken.add(whose)
    return count


def _names(file: BackupFile, machine: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(machine)}(?![A-Za-z0-9])", file.name) is not None
