"""How fast histories are judged: measures, and writes benchmarks/history.md.

    python -m benchmarks.history [--operations N] [--runs N]

The histories are made up, of a store that keeps its word: the costly case, for all is looked at.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from chaos.history.file import History
from chaos.history.judges import judge
from chaos.history.lines import Invoked, Line, Returned, Told, header_line, line
from chaos.history.operation import Op, Result
from chaos.history.porcupine import judge as ask_porcupine
from selftests.unit.history_support import REGISTER, a_history

PAGE = Path(__file__).parent / "history.md"


def timed(what: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run."""
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        what()
        taken.append(time.perf_counter() - begun)
    return taken


def written(history: History, folder: Path) -> Path:
    """The history as a file."""
    lines: list[tuple[float, Line]] = []
    for o in history.operations:
        facts = {"value": o.value} if o.writes else {}
        expected = {"expected": o.expected} if o.op is Op.SWAP else {}
        lines.append(
            (o.invoked, Invoked(o.number, o.process, o.op, o.key, o.invoked, facts | expected))
        )
        found = {} if o.writes else {"value": o.value}
        known = {"version": o.version} if o.result is Result.OK else {}
        lines.append((o.returned, Returned(o.number, o.result, o.returned, known | found)))
    lines += [(what.at, Told("objects", what)) for what in history.watches["objects"]]
    file = folder / "history.jsonl"
    ordered = sorted(lines, key=lambda one: one[0])
    file.write_bytes(header_line() + b"".join(line(what) for _, what in ordered))
    return file


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    made = a_history(asked.operations, unknown=0.02)
    with tempfile.TemporaryDirectory() as folder:
        file = written(made, Path(folder))
        history = History.read(file)
        rows = {
            "read from the file": timed(lambda: History.read(file), asked.runs),
            "the five promises": timed(lambda: judge(history, fault=100.0), asked.runs),
            "porcupine, of the register": timed(
                lambda: ask_porcupine(history, key=REGISTER, fault=100.0), asked.runs
            ),
        }
    of_register = sum(o.key == REGISTER for o in history.operations)
    told = "\n".join(
        f"| {name} | {statistics.median(taken):.3f} | {max(taken):.3f} | {len(taken)} |"
        for name, taken in rows.items()
    )
    page = f"""# Judging histories

`python -m benchmarks.history`: {len(history.operations):,} operations, {of_register:,} of them on
the register, 2 % of the writes without an answer. CPython {platform.python_version()} on
{platform.machine()}. The first run of porcupine compiles it, where that was not done before.

| what | median (s) | max (s) | n |
| --- | --- | --- | --- |
{told}
"""
    print(page)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
