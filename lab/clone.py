"""Copying a disk's folders fast: what nobody writes in place is linked, the rest is copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.shell import run

# Below these in a containerd folder a file is written once: overlayfs copies up what a container
# changes, and the content store replaces whole files.
WRITTEN_ONCE = (
    "io.containerd.snapshotter.v1.overlayfs/snapshots",
    "io.containerd.content.v1.content/blobs",
)


def copy(source: Path, target: Path) -> None:
    """Copy a folder with owners, modes, times, links and attributes; `target` must not exist.

    Raises:
        CommandFailed: there is no room, or the source is not readable.
    """
    _cp(source, target)


def clone(source: Path, target: Path) -> None:
    """Copy a containerd folder as `copy` does, with links for the files that are written once.

    Folders that hold copied files get the time of the copying.

    Where the two lie on different filesystems all is copied.
    """
    if source.stat().st_dev != target.parent.stat().st_dev:
        copy(source, target)
        return
    _cp(source, target, "--link")
    once = {str(target / part) for part in WRITTEN_ONCE}
    for folder, folders, files in os.walk(target):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in once]
        for name in files:
            file = Path(folder, name)
            if file.is_file() and not file.is_symlink():
                part = file.with_name(name + ".part")
                shutil.copyfile(file, part)
                # The owner first: a change of owner takes setuid away.
                os.chown(part, file.stat().st_uid, file.stat().st_gid)
                shutil.copystat(file, part)
                os.replace(part, file)


def _cp(source: Path, target: Path, *flags: str) -> None:
    argv = ["cp", "--archive", *flags, "--no-target-directory", str(source), str(target)]
    run(argv, timeout=300)
