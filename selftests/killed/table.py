"""The page docs/evidence/killed.md: what was seen of ended runs, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from selftests.evidence import Row
from selftests.killed.cases import MOMENTS
from selftests.killed.judging import summed

INTRO = """\
`holdfast run resilience` is ended at a moment that is recognised from what it prints; then the
nodes are left alone, and what they noted is read. By SIGKILL to the command, pytest, the sampler
and every `ssh` that was under way: nothing of the runner is left. Seconds are from the signal to
the proof on the node that the fault is gone, by the nodes' clock (the lab's machines have the
host's). The bound: the dead man's time to live and 10 s for a renewal that is under way, the undo
and its proof; for a partition, which is never renewed, from its arming. After each: the next run
ends with exit code 4 and names what was left, `holdfast heal` takes it away (exit code 0), nothing
of ours is on any node, and the cluster gets whole."""


def page(killed: Sequence[Row], interrupted: Sequence[Row]) -> str:
    """All tables."""
    hold = [row for row in killed if row["moment"] == "hold"]
    return "\n\n".join(
        [
            "## Killed while the fault is in, by fault",
            _table(hold, by="fault"),
            "## Killed at each moment of kubelet-stop",
            _table([row for row in killed if row["fault"] == "kubelet-stop"], by="moment"),
            "## Interrupted: Ctrl-C, or SIGTERM to the command alone",
            "It heals and then ends with exit code 130; its report can be read and judged again.",
            _ends(interrupted),
        ]
    )


def _table(rows: Sequence[Row], *, by: str) -> str:
    lines = [
        f"| {by} | n | healed after, median (s) | max (s) | bound (s) | healed by |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in _names(rows, by):
        some = [summed(row) for row in rows if _name(row, by) == name]
        seen = [one["healed"] for one in some if one["healed"] is not None and one["in"]]
        who = " / ".join(sorted({one["by"] for one in some}))
        # Of those that differ (a partition's hold), the one that was nearest.
        bounds = [one["bound"] for one in some if one["bound"] is not None]
        figures = f"{median(seen):.1f} | {max(seen):.1f}" if seen else "– | –"
        least = f"{min(bounds):.1f}" if bounds else "–"
        lines.append(f"| {name} | {len(some)} | {figures} | {least} | {who} |")
    return "\n".join(lines)


def _ends(rows: Sequence[Row]) -> str:
    lines = ["| moment | signal | exit code | ended after (s) |", "| --- | --- | ---: | ---: |"]
    lines += [
        f"| {row['moment']} | {row['ending']} | {row['code']} | {row['ended after']:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _name(row: Row, by: str) -> str:
    return f"{row['fault']}, {row['variant']}" if by == "fault" else str(row[by])


def _names(rows: Iterable[Row], by: str) -> list[str]:
    found = list(dict.fromkeys(_name(row, by) for row in rows))
    return sorted(found, key=list(MOMENTS).index) if by == "moment" else found
