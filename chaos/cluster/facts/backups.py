"""Snapshots of etcd, where they lie and whether they can be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts.basics import NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """A snapshot.

    Args:
        size: bytes.
        age: by the clock of the machine that it lies on.
    """

    path: str
    size: int
    age: timedelta

    @property
    def name(self) -> str:
        """Its name, which its copies share."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotStatus:
    """What `etcdutl snapshot status` reads out of a snapshot."""

    path: str
    revision: int
    keys: int
    size: int
    hash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFolder:
    """A folder with snapshots.

    Args:
        off_node: whether it holds copies of other machines' snapshots.
        files: newest first; at most 50.
        newest: of the newest file; None where there is no file.
    """

    node: str
    folder: str
    off_node: bool
    files: tuple[BackupFile, ...] | NotAvailable
    newest: SnapshotStatus | NotAvailable | None = None
