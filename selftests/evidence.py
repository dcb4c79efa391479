"""What a `verify-` target proves, kept: docs/evidence/NAME.json, and a page made from it.

Rows are written as they come, so that a target that was cut off goes on where it was:

    evidence = Evidence.open("killed", title="Killed runners", resume=True)
    if not evidence.has(case="etcd-stop, hold"):
        evidence.add({"case": "etcd-stop, hold", "healed after (s)": 13.4})
    evidence.write(intro="What was done.", table="| case | …")
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.machine import machine

REPO = Path(__file__).parents[1]
FOLDER = REPO / "docs" / "evidence"
KEPT = "HOLDFAST_EVIDENCE"
"""In the environment: what is seen is kept, and what an interrupted run kept is gone on with."""

Row = dict[str, Any]


@dataclass(slots=True)
class Evidence:
    """The rows of one target.

    Attributes:
        name: of the target: `killed` is docs/evidence/killed.json and killed.md.
        rows: plain data, in the order in which they were seen.
        revision: of the code that was proved; rows of another revision are not gone on with.
    """

    name: str
    title: str
    revision: str
    rows: list[Row] = field(default_factory=list)
    folder: Path = FOLDER

    @classmethod
    def open(cls, name: str, *, title: str, resume: bool = True, folder: Path = FOLDER) -> Evidence:
        """New evidence, or what an interrupted run of the same revision has already."""
        fresh = cls(name=name, title=title, revision=revision(), folder=folder)
        if resume and fresh.data.exists():
            kept = json.loads(fresh.data.read_text())
            # Done is done: a complete one is begun anew.
            if kept["revision"] == fresh.revision and not kept["complete"]:
                fresh.rows = kept["rows"]
        return fresh

    @property
    def data(self) -> Path:
        """The rows, as JSON."""
        return self.folder / f"{self.name}.json"

    @property
    def page(self) -> Path:
        """The page that people read."""
        return self.folder / f"{self.name}.md"

    def has(self, **what: object) -> bool:
        """Whether there is a row of which all this is true."""
        return any(all(row.get(key) == value for key, value in what.items()) for row in self.rows)

    def add(self, row: Row) -> None:
        """Keep a row, on disk."""
        self.rows.append(row)
        self._write(complete=False)

    def write(self, *, intro: str, table: str) -> None:
        """Write the page: all there was to see was seen."""
        self._write(complete=True)
        told = f"{_today()}, revision {self.revision}, on {machine()}."
        self.page.write_text(f"# {self.title}\n\n{intro}\n\n{told}\n\n{table}\n")

    def _write(self, *, complete: bool) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {
            "revision": self.revision,
            "date": _today(),
            "machine": machine(),
            "complete": complete,
            "rows": self.rows,
        }
        part = self.data.with_suffix(".part")
        part.write_text(json.dumps(kept, indent=1) + "\n")
        part.replace(self.data)


def kept_in(otherwise: Path) -> Path:
    """docs/evidence where what is seen is kept, else the folder that is given."""
    return FOLDER if os.environ.get(KEPT) else otherwise


def revision() -> str:
    """The commit, with a + where what lies here differs from it (evidence and figures apart)."""
    here = _git("rev-parse", "--short", "HEAD")
    figures = (":!docs/evidence", ":!benchmarks/*.md", ":!benchmarks/*.json")
    changed = _git("status", "--porcelain", "--", ".", *figures)
    return f"{here}+" if changed else here


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPO, text=True, capture_output=True, check=True)
    return done.stdout.strip()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
