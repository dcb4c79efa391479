"""The snapshots of etcd in a folder, and whether the newest can be read."""

from __future__ import annotations

import json
import re
from datetime import timedelta

from chaos.cluster.facts import (
    Archive,
    BackupFile,
    BackupFolder,
    NotAvailable,
    SnapshotStatus,
)
from chaos.cluster.shell import Said, quote

MOST = 50
# The newest may still be on its way.
PER_FOLDER = 2
# Of an archive of all of /etc those names alone that can matter: keys, and configurations.
NAMES = 3000
_NAMES = r"\.(key|ya?ml|json|conf)$|(kubernetes|etcd)/"
_MARK = "== "


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


def archives(folder: str) -> str:
    """Shell text that prints the newest archives of each folder below, and the names in them.

    Nothing is unpacked: the names alone are read. Files that lie there as they are count as an
    archive of now: how old a copy is that was not changed, its time does not say.
    """
    return f"""
now=$(date +%s)
find {quote(folder)} -type f '(' -name '*.tar' -o -name '*.tar.*' -o -name '*.tgz' ')' \
    ! -name '*.part' -printf '%T@ %h %p\n' 2>/dev/null | sort -rn |
    awk '{{ if (seen[$2] < {PER_FOLDER}) print; seen[$2]++ }}' | head -n {MOST} |
while IFS= read -r line; do
    at=${{line%%.*}}; rest=${{line#* }}; f=${{rest#* }}
    echo "{_MARK}$((now - at)) $f"
    tar -tf "$f" 2>&1 | grep -E '{_NAMES}|^[a-z0-9]+: ' | head -n {NAMES}
done
plain=$(find {quote(folder)} -type f -printf '%P\n' 2>/dev/null | grep -E '{_NAMES}' |
    head -n {NAMES})
[ -z "$plain" ] || printf '%s\n' {quote(f"{_MARK}0 {folder}")} "$plain"
"""


def read(
    node: str,
    folder: str,
    *,
    off_node: bool,
    listed: Said,
    status: Said,
    kept: Said | None = None,
) -> BackupFolder:
    """What was printed by all."""
    files = _files(listed)
    known = isinstance(files, tuple) and bool(files)
    return BackupFolder(
        node=node,
        folder=folder,
        off_node=off_node,
        files=files,
        newest=_status(status) if known else None,
        archives=_archives(kept) if kept else (),
    )


def _archives(said: Said) -> tuple[Archive, ...] | NotAvailable:
    if said.code:
        return NotAvailable(f"its archives could not be read: {said.why}")
    found = []
    for part in f"\n{said.out}".split(f"\n{_MARK}")[1:]:
        head, _, names = part.partition("\n")
        ago, path = head.split(" ", 1)
        lines = names.splitlines()
        wrong = next((x for x in lines if re.match(r"(tar|gzip|bzip2|xz|zstd): ", x)), None)
        age = timedelta(seconds=max(0, int(ago)))
        held = NotAvailable(wrong) if wrong else tuple(lines)
        found.append(Archive(path=path, age=age, names=held))
    return tuple(found)


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
