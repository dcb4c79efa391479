"""Runs are ended, and what came of it is a row: plain data, judged by `judging`."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict

from chaos.faults import registry
from chaos.safety.entry import Entry
from chaos.safety.session import LATE
from reports.run_folder import OUT, RunFolder
from selftests.evidence import Row
from selftests.killed.bench import TO_COME_SO_FAR, Bench
from selftests.killed.cases import HOLD, Case
from selftests.killed.notes import Notes
from selftests.unit.test_reports_schemas import VERDICT, meets

SPARE = 20.0
"""Seconds beyond the bound for which one still looks, to tell late from never."""
TO_END = 180.0
_RUN = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{4}\b")


def killed(bench: Bench, case: Case) -> Row:
    """SIGKILL at this moment; what the nodes did by themselves, and what `holdfast` does then."""
    with bench.start(case) as command:
        command.wait_for(case.moment, within=TO_COME_SO_FAR)
        time.sleep(case.delay)
        at = command.kill()
    entry = bench.entry()
    renewed = registry()[case.fault].renewable
    nodes: dict[str, Notes | None] = {}
    if entry is not None:
        whole = entry.ttl + LATE.total_seconds() + SPARE
        nodes = bench.wait_over(entry, until_at=at + whole)
    row = _about(case) | {
        "renewed": renewed,
        "stage": entry.stage if entry else "",
        "ttl": entry.ttl if entry else 0.0,
        "nodes": {name: _since(notes, at, entry) for name, notes in nodes.items()},
    }
    if entry is not None:
        code, said, seconds = bench.run_again(case, within=TO_END)
        names = [entry.generation, *(name for name, notes in nodes.items() if notes)]
        row |= {
            "next code": code,
            "next after": seconds,
            "next names it": all(name in said for name in names),
        }
    code, said, seconds = bench.holdfast("heal", str(bench.inventory))
    row |= {"heal code": code, "heal after": seconds, "heal said": said.splitlines()[-8:]}
    return row | {"left": bench.left(), "whole after": bench.whole_after()}


def interrupted(bench: Bench, case: Case) -> Row:
    """Ctrl-C or SIGTERM at this moment; how the run ended, and what of it can be read."""
    with bench.start(case) as command:
        command.wait_for(case.moment, within=TO_COME_SO_FAR)
        time.sleep(case.delay)
        at = time.monotonic()
        command.interrupt(case.ending)
        code = command.end(within=TO_END)
        seconds = round(time.monotonic() - at, 1)
        said = command.said
    return _about(case) | {
        "code": code,
        "ended after": seconds,
        "left": bench.left(),
        "lease": bench.lease_holder(),
        "report": _unreadable(bench, said),
        "whole after": bench.whole_after(),
    }


def _about(case: Case) -> Row:
    about = asdict(case) | {"ending": case.ending.name, "hold": HOLD}
    return {"case": str(case), **about}


def _since(notes: Notes | None, at: float, entry: Entry | None) -> Row | None:
    """A node's notes in seconds after the runner's end; `late` is the dead man by its own time."""
    if notes is None or entry is None:
        return None
    moments = {name: value for name, value in asdict(notes).items() if name != "undone"}
    late = None
    if notes.fired is not None and notes.since is not None:
        late = round(notes.fired - notes.since - entry.ttl, 3)
    shown = {name: None if v is None else round(v - at, 3) for name, v in moments.items()}
    return shown | {"late": late}


def _unreadable(bench: Bench, said: str) -> list[str]:
    """What is wrong with the report of an interrupted run."""
    if "Traceback" in said:
        return [f"a traceback was printed: {said[-1500:]}"]
    named = _RUN.findall(said)
    if not named:
        return [f"no report is named: {said[-500:]}"]
    folder = RunFolder.open(OUT / named[-1]).path
    found = [f"there is no {name}" for name in ("summary.md",) if not (folder / name).exists()]
    verdict = json.loads((folder / "verdict.json").read_text())
    if not meets(verdict, VERDICT, VERDICT):
        found.append("verdict.json does not meet its schema")
    if not verdict["interrupted"]:
        found.append("verdict.json does not say that it was interrupted")
    if len(verdict["experiments"]) != 1 or verdict["verdict"] not in ("INCONCLUSIVE", "FAIL"):
        found.append(f"{len(verdict['experiments'])} experiments, {verdict['verdict']}")
    code, again, _ = bench.holdfast("rejudge", str(folder))
    if code != 1 or "Traceback" in again or "defect" in again:
        found.append(f"rejudge ended with {code}: {again[-500:]}")
    return found
