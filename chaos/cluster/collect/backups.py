"""The snapshots of etcd in a folder, and whether the newest can be read."""

from __future__ import annotations

import json
from datetime import timedelta

from chaos.cluster.facts import BackupFile, BackupFolder, NotAvailable, SnapshotStatus
from chaos.cluster.shell import Said, quote

MOST = 50


def listing(folder: str, pattern: str) -> str:
    """Shell text that prints the machine's clock and its newest snapshots."""
    where = quote(folder)
    return f"""
[ -d {where} ] || {{ echo there is no folder {where} >&2; exit 1; }}
date +%s
find {where} -type f -name {quote(pattern)} -printf '%T@ %s %p\\n' | sort -rn | head -n {MOST}
"""


def newest(folder: str, pattern: str) -> str:
    """Shell text that prints the newest snapshot's name and status; nothing where there is none."""
    return f"""
f=$(find {quote(folder)} -type f -name {quote(pattern)} -printf '%T@ %p\\n' | sort -rn | head -n 1)
[ -n "$f" ] || exit 0
f=${{f#* }}
command -v etcdutl >/dev/null || {{ echo there is no etcdutl to read it with >&2; exit 1; }}
echo "$f"
etcdutl snapshot status -w json "$f"
"""


def read(node: str, folder: str, *, off_node: bool, listed: Said, status: Said) -> BackupFolder:
    """What was printed by both."""
    files = _files(listed)
    known = isinstance(files, tuple) and bool(files)
    return BackupFolder(
        node=node,
        folder=folder,
        off_node=off_node,
        files=files,
        newest=_status(status) if known else None,
    )


def _files(said: Said) -> tuple[BackupFile, ...] | NotAvailable:
    if said.code:
        return NotAvailable(said.why)
    now, *lines = said.out.splitlines()
    files = []
    for line in lines:
        changed, size, path = line.split(" ", 2)
        age = timedelta(seconds=max(0, round(int(now) - float(changed))))
        files.append(BackupFile(path=path, size=int(size), age=age))
    return tuple(files)


def _status(said: Said) -> SnapshotStatus | NotAvailable:
    if said.code:
        return NotAvailable(said.why)
    try:
        path, printed = said.out.strip().split("\n")
        status = json.loads(printed)
        return SnapshotStatus(
            path=path,
            revision=status["revision"],
            keys=status["totalKey"],
            size=status["totalSize"],
            hash=status["hash"],
        )
    except (ValueError, KeyError):
        return NotAvailable("etcdutl printed no status")
