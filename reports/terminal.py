"""The run on a terminal: at most 40 lines of 100 columns, with or without colours."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from chaos.measure.verdict import Verdict
from chaos.result import CheckResult, ExperimentResult, RunResult
from reports import waivers, words
from reports.cases import Standing, standing_of
from reports.redact import redact

WIDTH = 100
LINES = 40

# Of experiments, at most; the checks have what they leave of LINES.
_EXPERIMENTS = 12
_REASONS = 3
# The head (4), the blank lines before experiments and checks, the end (2).
_AROUND = 8

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.FAIL: "red",
    Verdict.UNHEALED: "bold white on red",
    Verdict.NOT_COVERED: "cyan",
}


def show(run: RunResult, *, folder: Path | None = None, console: Console | None = None) -> None:
    """Print the run.

    Args:
        run: what to print.
        folder: where the whole report is, if it was written.
        console: where to print; by default standard output, 100 columns where it is no terminal.
    """
    out = console or Console()
    drawn = StringIO()
    width = min(WIDTH, out.width) if out.is_terminal else WIDTH
    Console(
        file=drawn,
        width=width,
        force_terminal=out.is_terminal,
        color_system="standard" if out.color_system else None,
        no_color=out.no_color,
    ).print(render(run, folder=folder, width=width))
    lines = [line.rstrip() for line in drawn.getvalue().splitlines()]
    # A CI's stream may know ASCII alone, and no report is worth an encoding error.
    out.file.write("\n".join([*lines, ""]).encode(out.encoding, "replace").decode(out.encoding))
    out.file.flush()


def render(run: RunResult, *, folder: Path | None = None, width: int = WIDTH) -> Group:
    """The same for a console of one's own."""
    parts: list[RenderableType] = [*_head(run)]
    if run.experiments:
        parts += [Text(), *_experiments(run.experiments, wide=width >= WIDTH)]
    if run.checks:
        shown = min(len(run.experiments), _EXPERIMENTS)
        room = LINES - _AROUND - (shown + _REASONS + 2 if shown else 0)
        parts += [Text(), *_checks(run.checks, room=room)]
    if folder:
        parts += [Text(), _line(f"Report: {folder}/summary.md")]
    return Group(*parts)


def _head(run: RunResult) -> list[RenderableType]:
    first = Text.assemble(_verdict(run.verdict), " ", redact(run.reason))
    first.truncate(WIDTH * 2, overflow="ellipsis")
    what = f"{run.profile} on {words.cluster(run)} · seed {run.seed} · {words.seconds(run.seconds)}"
    if counted := waivers.counted((*run.checks, *run.experiments)):
        what += f" · {counted}"
    ended = [_line(f"Interrupted: {run.interrupted}", "yellow")] if run.interrupted else []
    return [first, _line(what, "dim"), *ended]


def _experiments(every: Sequence[ExperimentResult], *, wide: bool) -> list[RenderableType]:
    shown = _worst_first(every, [e.verdict is Verdict.PASS for e in every], _EXPERIMENTS)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold", expand=True)
    table.add_column("experiment", no_wrap=True)
    table.add_column(no_wrap=True, ratio=1)
    last = ("shown", "redundancy") if wide else ()
    for name in ("longest outage", "budget", "service", *last):
        table.add_column(name, no_wrap=True)
    for one in shown:
        table.add_row(_verdict(one.verdict), *_cells(one)[: len(table.columns) - 1])
    whys = [e for e in shown if e.verdict is not Verdict.PASS]
    # Variants of a fault often have one reason.
    once = {(e.fault, e.reason): e for e in sorted(whys, key=_urgency, reverse=True)}
    whys = sorted(once.values(), key=_urgency)[:_REASONS]
    told = [_line(f"{e.fault}: {e.reason}", _COLOURS[e.verdict], indent=2) for e in whys]
    return [table, *told, *_left_out(len(every) - len(shown), "experiments")]


def _urgency(one: ExperimentResult) -> int:
    """The worst first; what could not be tried comes last."""
    order = (Verdict.UNHEALED, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_COVERED)
    return order.index(one.verdict)


def _cells(one: ExperimentResult) -> list[str]:
    probe = words.worst_probe(one)
    looked_at = one.verdict is not Verdict.NOT_COVERED
    return [
        redact(f"{words.fault(one)}: {one.target}{_marked(one)}"),
        words.outage(probe) if probe else words.NOTHING,
        words.seconds(probe.budget.get("longest_outage")) if probe else words.NOTHING,
        words.recovery(one.service),
        words.manifested(one) if looked_at else words.NOTHING,
        words.seconds(one.redundancy),
    ]


def _checks(every: Sequence[CheckResult], *, room: int) -> list[RenderableType]:
    bad = [c for c in every if c.verdict is not Verdict.PASS]
    bad.sort(key=lambda c: (not standing_of(c).red, words.rank(c.severity)))
    counted = [f"{len(every) - len(bad)} PASS"] + [
        f"{count} {words.verdict(verdict)}"
        for verdict in Verdict
        if (count := sum(c.verdict is verdict and c.counts for c in bad))
    ]
    counted += filter(None, [waivers.counted(every)])
    parts: list[RenderableType] = [_line(f"Checks: {', '.join(counted)}", "bold")]
    for number, check in enumerate(bad):
        lines = _check(check)
        if len(parts) + len(lines) + 1 > room:
            return [*parts, *_left_out(len(bad) - number, "checks that did not pass")]
        parts += lines
    return parts


def _check(check: CheckResult) -> list[RenderableType]:
    standing = standing_of(check)
    waived = standing is Standing.WAIVED
    title = f" {check.severity}: {redact(check.title)}{_marked(check)}"
    why = f"waived: {check.waiver}" if waived else " ".join(check.evidence[:1])
    remedy = [_line(f"→ {check.remedy}", indent=4)] if standing.red and check.remedy else []
    head = _cut(Text.assemble("  ", _verdict(check.verdict), title))
    return [head, _line(why, indent=4), *remedy]


def _marked(one: CheckResult | ExperimentResult) -> str:
    known = waivers.mark(one)
    return f", {known}" if known else ""


def _worst_first(
    every: Sequence[ExperimentResult], passed: Sequence[bool], room: int
) -> list[ExperimentResult]:
    """As many as there is room for, in their order; those that passed are left out first."""
    places = sorted(range(len(every)), key=lambda n: (passed[n], n))[:room]
    return [every[n] for n in sorted(places)]


def _left_out(count: int, what: str) -> list[RenderableType]:
    return (
        [_line(f"… and {count} more {what}: see summary.md", "dim", indent=2)] if count > 0 else []
    )


def _verdict(verdict: Verdict) -> Text:
    return Text(words.verdict(verdict), style=_COLOURS[verdict])


def _line(text: str, style: str = "", *, indent: int = 0) -> Text:
    """Data is never markup, and takes one line."""
    return _cut(Text(" " * indent + " ".join(redact(text).split()), style=style))


def _cut(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
