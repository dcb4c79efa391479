"""Notes in the inventory's history of drills what a run rehearsed: a failover, a restore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chaos.cluster.inventory import Inventory
from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports.redact import redact

# Faults in which another takes over. What stops on one node alone rehearses none.
FAILOVERS = ("balancer-kill", "etcd-stop", "zone-partition")
RESTORES = "backup-restores"
CONFIGMAP = "configmap:"


def note(inventory: Inventory, run: RunResult) -> str:
    """Add the drills that went well to the file that the inventory names.

    Returns:
        what was noted or why not, as a sentence; empty where there is nothing to note, or nowhere.
    """
    history = inventory.operations.history if inventory.operations else None
    lines = [
        f"{drill}: {run.begins}  # {run.run}: {' '.join(redact(what).split())}"
        for drill, what in rehearsed(run)
    ]
    if not lines or history is None:
        return ""
    if history.startswith(CONFIGMAP):
        return f"To be noted in {history} by hand: {'; '.join(lines)}"
    try:
        file = inventory.folder / Path(history).expanduser()
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        with file.open("a", encoding="utf-8") as out:
            out.write("\n" * bool(before and not before.endswith("\n")) + "\n".join([*lines, ""]))
    except (OSError, ValueError, RuntimeError) as wrong:
        return f"{history} cannot be written, so these drills are not in it: {wrong}"
    return f"Noted in {history}: {', '.join(drill for drill, _ in rehearsed(run))}"


def rehearsed(run: RunResult) -> Iterator[tuple[str, str]]:
    """The drills that went well, each with what was tried."""
    tried = [one for one in run.experiments if one.fault in FAILOVERS]
    passed = [one.name for one in tried if one.verdict is Verdict.PASS]
    if passed and not _bad(one.verdict for one in tried):
        yield "failover", ", ".join(passed)
    for check in run.checks:
        if check.id == RESTORES and check.verdict is Verdict.PASS:
            yield "restore", "; ".join(check.evidence[:1])


def _bad(verdicts: Iterable[Verdict]) -> bool:
    return any(one in (Verdict.FAIL, Verdict.UNHEALED) for one in verdicts)
