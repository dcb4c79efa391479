"""Snapshots of etcd, where they lie and whether they can be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts.basics import UNREAD, NotAvailable


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
class Archive:
    """An archive beside snapshots, as of keys and certificates.

    Args:
        names: the files in it.
    """

    path: str
    age: timedelta
    names: tuple[str, ...] | NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSchedule:
    """What takes snapshots again and again.

    Args:
        kind: `timer` of systemd, `cron`, `CronJob`.
        on: whether it will run again.
        last: how long ago it last ran; None: never, or nobody knows (`cron`).
        result: how that ended: `success`, or in the words of whoever ran it; empty: nobody knows.
    """

    kind: str
    name: str
    on: bool
    last: timedelta | None
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of restoring the newest snapshot into an etcd of its own, thrown away afterwards.

    Args:
        node, path: which snapshot, and where.
        revision, keys: of the restored database, as `etcdutl snapshot status` counts them.
        live_keys: how many keys the etcd that ran on it had; None where none was there to run.
        ours: whether its namespace kube-system has the UID of this cluster; None: not looked at, or
            it is encrypted.
        wrong: what went wrong; empty where nothing did.
    """

    node: str
    path: str
    revision: int
    keys: int
    live_keys: int | None
    ours: bool | None
    took: timedelta
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFolder:
    """A folder with snapshots.

    Args:
        off_node: whether it holds copies of other machines' snapshots.
        files: newest first; at most 50.
        newest: of the newest file; None where there is no file.
        archives: newest first: what else lies there and holds files, at most two for each folder
            below it.
    """

    node: str
    folder: str
    off_node: bool
    files: tuple[BackupFile, ...] | NotAvailable
    newest: SnapshotStatus | NotAvailable | None = None
    archives: tuple[Archive, ...] | NotAvailable = UNREAD
