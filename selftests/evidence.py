"""What a `verify-` target proves, kept: docs/evidence/NAME.json, and a page made from it.

Rows are written as they come, so that a target that was cut off goes on where it was:

    evidence = Evidence.open("killed", title="Killed runners")
    if not evidence.has(case="etcd-stop, hold"):
        evidence.add({"case": "etcd-stop, hold", "healed after (s)": 13.4})
    evidence.write(intro="What was done.", table="| case | …")
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.machine import machine

REPO = Path(__file__).parents[1]
FOLDER = REPO / "docs" / "evidence"
KEPT = "HOLDFAST_EVIDENCE"
"""In the environment: what is seen is kept, and what an interrupted run kept is gone on with."""

PRODUCT = (
    *("chaos", "cli", "fixtures", "lab", "reports", "tests"),
    *("conftest.py", "pytest.ini", "requirements.lock"),
)
"""What is proved: a row counts for as long as nothing of it is another."""

Row = dict[str, Any]


@dataclass(slots=True)
class Evidence:
    """The rows of one target.

    Attributes:
        name: of the target: `killed` is docs/evidence/killed.json and killed.md.
        rows: plain data, in the order in which they were seen, each with its revision.
        revision: of the code that is proved now.
    """

    name: str
    title: str
    revision: str
    rows: list[Row] = field(default_factory=list)
    folder: Path = FOLDER

    @classmethod
    def open(
        cls, name: str, *, title: str, of: Sequence[str] = PRODUCT, folder: Path = FOLDER
    ) -> Evidence:
        """New evidence, or what an interrupted run has already.

        Args:
            of: files and folders of the repository on which the rows depend. Those seen at another
                revision are gone on with if it had the same.
        """
        fresh = cls(name=name, title=title, revision=revision(), folder=folder)
        if fresh.data.exists():
            kept = json.loads(fresh.data.read_text())
            # Done is done: a complete one is begun anew.
            rows = [] if kept["complete"] else kept["rows"]
            same = {
                one: one == fresh.revision or _same(one, of)
                for one in {row["revision"] for row in rows}
            }
            fresh.rows = [row for row in rows if same[row["revision"]]]
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
        """Keep a row, on disk; without the path of this checkout, which says nothing."""
        here = json.loads(json.dumps(row).replace(f"{REPO}/", ""))
        self.rows.append({**here, "revision": self.revision})
        self._write(complete=False)

    def write(self, *, intro: str, table: str) -> None:
        """Write the page: all there was to see was seen."""
        self._write(complete=True)
        revisions = sorted({row["revision"] for row in self.rows})
        told = f"{_today()}, revision {' and '.join(revisions)}, on {machine()}."
        self.page.write_text(f"# {self.title}\n\n{intro}\n\n{told}\n\n{table}\n")

    def _write(self, *, complete: bool) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {
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


def _same(before: str, of: Sequence[str]) -> bool:
    """Whether a revision had the same files as lie here; one with a + cannot be looked at again."""
    words = ["git", "diff", "--quiet", before, "--", *of]
    new = _git("ls-files", "--others", "--exclude-standard", "--", *of)
    done = subprocess.run(words, cwd=REPO, capture_output=True, check=False)
    return done.returncode == 0 and not new


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=REPO, text=True, capture_output=True, check=True)
    return done.stdout.strip()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
