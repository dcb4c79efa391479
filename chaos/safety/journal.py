"""The undo journal on the runner: one file an experiment, flushed before anything is changed."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from chaos.safety import files
from chaos.safety.entry import Entry, load
from chaos.safety.errors import Unhealed


def state_folder(cluster_uid: str, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the runner keeps what concerns one cluster: journal, lock, the watchdog's log.

    $XDG_STATE_HOME/holdfast/UID, by default below ~/.local/state. It must outlive a reboot.
    """
    home = environ.get("XDG_STATE_HOME") or ""
    # The specification has a relative path ignored.
    root = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
    name = re.sub(r"[^A-Za-z0-9._-]", "_", cluster_uid).lstrip(".") or "unknown"
    return root / "holdfast" / name


def new_generation(fault: str, now: datetime) -> str:
    """A name for one experiment that no other has; fit for a folder, and read by people."""
    return f"{fault}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


class Journal:
    """The entries of one cluster.

    Args:
        folder: the cluster's state folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "journal"

    def path(self, generation: str) -> Path:
        """Where an entry lies."""
        return self.folder / f"{generation}.json"

    def write(self, entry: Entry) -> None:
        """Write or replace an entry; it is on disk when this returns. Raises OSError."""
        files.write(self.path(entry.generation), json.dumps(entry.dump(), indent=1) + "\n")

    def remove(self, generation: str) -> None:
        """Forget an entry that is healed, and seen to be."""
        files.remove(self.path(generation))

    def entries(self) -> tuple[Entry, ...]:
        """All entries, the newest first: what came last is taken away first.

        Raises:
            Unhealed: one cannot be read.
        """
        found = [_read(path) for path in sorted(self.folder.glob("*.json"))]
        return tuple(sorted(found, key=lambda entry: entry.created, reverse=True))


def _read(path: Path) -> Entry:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise Unhealed(f"{path} is no undo journal: {wrong}.") from None
    if not isinstance(data, dict):
        raise Unhealed(f"{path} is no undo journal.")
    return load(data, source=str(path))
