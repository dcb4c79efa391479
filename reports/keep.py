"""A run kept as evidence, and the README's table made from it.

    python -m reports.keep reports/out/latest

writes docs/evidence/gate/ (verdict.json, summary.md) and what stands in README.md between the
marks `<!-- gate -->` and `<!-- /gate -->`. Without an argument it only makes the table again.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports import words
from reports.errors import ReportError
from reports.machine import machine
from reports.run_folder import VERDICT, RunFolder

REPO = Path(__file__).parents[1]
KEPT = REPO / "docs" / "evidence" / "gate"
MACHINE = "machine.txt"
README = REPO / "README.md"
BEGIN, END = "<!-- gate -->\n", "<!-- /gate -->"
HEAD = ("fault", "longest outage", "allowed", "API back", "all back", "verdict")


def keep(run: RunFolder, *, kept: Path = KEPT) -> None:
    """Copy what proves a run, with what it ran on."""
    kept.mkdir(parents=True, exist_ok=True)
    for name in (VERDICT, "summary.md"):
        shutil.copyfile(run.path / name, kept / name)
    (kept / MACHINE).write_text(machine() + "\n", encoding="utf-8")


def table(run: RunResult, where: str) -> str:
    """What the gate found, as Markdown."""
    good = sum(check.verdict is Verdict.PASS for check in run.checks)
    rows = []
    for one in run.experiments:
        probe = words.worst_probe(one)
        rows.append(
            (
                words.fault(one),
                words.outage(probe) if probe else words.NOTHING,
                words.allowed(probe) if probe else words.NOTHING,
                words.recovery(one.service),
                words.seconds(one.redundancy),
                words.verdict(one.verdict),
            )
        )
    lines = [
        f"{words.verdict(run.verdict)}: {good} of {len(run.checks)} items of the checklist, "
        f"and {len(run.experiments)} experiments (one run, {run.begins[:10]}, "
        f"{words.versions(run)}; {where}):",
        "",
        *(f"| {' | '.join(row)} |" for row in (HEAD, ["---"] * len(HEAD), *rows)),
        "",
        _foretold(run),
    ]
    return "\n".join(lines) + "\n"


def _foretold(run: RunResult) -> str:
    """How many predictions came true and how many promises were kept."""
    held = [found for one in run.experiments for found in one.predictions]
    promises = [found for one in run.experiments for found in one.promises]
    looked_at = sum(found.looked_at for found in promises)
    true = sum(found.confirmed is True for found in held)
    kept = sum(found.verdict is Verdict.PASS for found in promises)
    return (
        f"Of {len(held)} predictions of these outages, made before from the cluster's own "
        f"settings,\n{true} were confirmed. Of {len(promises)} promises (no acknowledged write is "
        f"lost, no read is stale,\nno two lead, and more), tried on {looked_at:,} operations and "
        f"changes, {kept} were kept."
    )


def put(text: str, into: str) -> str:
    """A page with what stands between the marks replaced.

    Raises:
        ReportError: it has no such marks.
    """
    before, begin, rest = into.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ReportError(f"There is no {BEGIN.strip()} with {END} after it.")
    return f"{before}{BEGIN}{text}{END}{after}"


def readme(*, kept: Path = KEPT, page: Path = README) -> str:
    """The README as it should be, by the run that is kept.

    Raises:
        ReportError: none is kept, or the README has no place for it.
    """
    run = RunFolder.open(kept).load()
    where = (kept / MACHINE).read_text(encoding="utf-8").strip()
    return put(table(run, where), page.read_text(encoding="utf-8"))


def main(words_: Sequence[str]) -> None:
    """Keep the run that is named, if any, and write the README's table."""
    if words_:
        keep(RunFolder.open(Path(words_[0])))
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
