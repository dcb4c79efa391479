"""`summary.md`: the run for somebody who has two minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaos.measure.verdict import Verdict
from chaos.result import CheckResult, ExperimentResult, RunResult
from reports import words
from reports.cases import Standing, standing_of

_EXPERIMENTS = (
    *("fault", "target", "manifested", "probe", "longest outage", "budget"),
    *("service back", "redundancy back", "verdict"),
)


def summary(run: RunResult) -> str:
    """Markdown: the verdict and why, experiments, checks, waivers, what was not covered."""
    parts = [
        [f"# {words.verdict(run.verdict)}: {_inline(run.profile)} on {_inline(run.cluster.name)}"],
        [_inline(run.reason)],
        [f"**Interrupted:** {_inline(run.interrupted)}"] if run.interrupted else [],
        _facts(run),
        _experiments(run.experiments),
        _checks(run.checks),
        _waivers(run),
        _uncovered(run),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def experiment_summary(experiment: ExperimentResult) -> str:
    """Markdown: one experiment, with every probe and phase."""
    probes = [
        (
            probe.probe,
            words.outage(probe),
            words.bounds(probe.total_outage),
            f"{probe.failed} of {probe.samples}",
            ", ".join(f"{name} {count}" for name, count in probe.classes.items()),
            ", ".join(f"{name} {limit:g} s" for name, limit in probe.budget.items()),
            words.verdict(probe.verdict),
            probe.reason,
        )
        for probe in experiment.probes
    ]
    names = ("longest outage", "total", "failed", "classes", "budgets", "verdict", "reason")
    phases = [(p.name, p.begins, words.seconds(p.seconds)) for p in experiment.phases]
    parts = [
        [f"# {words.verdict(experiment.verdict)}: {_inline(experiment.name)}"],
        [_inline(experiment.reason)],
        _table(_EXPERIMENTS, _rows(experiment)),
        _table(("probe", *names), probes),
        _table(("phase", "begins", "took"), phases),
        [f"- {_inline(node)}: {_inline(said)}" for node, said in experiment.evidence.items()],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _facts(run: RunResult) -> list[str]:
    facts = (
        ("cluster", words.cluster(run)),
        ("versions", words.versions(run)),
        ("UID", run.cluster.uid),
        ("run", f"{run.run}, seed {run.seed}"),
        ("begun", f"{run.begins}, took {words.seconds(run.seconds)}"),
        ("Holdfast", run.holdfast),
    )
    return [f"- {name}: {_inline(said)}" for name, said in facts if said]


def _experiments(experiments: Sequence[ExperimentResult]) -> list[str]:
    if not experiments:
        return []
    rows = [row for experiment in experiments for row in _rows(experiment)]
    lines = ["## Experiments", "", *_table(_EXPERIMENTS, rows)]
    told = [e for e in experiments if e.verdict not in (Verdict.PASS, Verdict.NOT_COVERED)]
    if told:
        lines.append("")
    for one in told:
        lines.append(
            f"- **{words.verdict(one.verdict)}** {_inline(one.name)}: {_inline(one.reason)}"
        )
    return lines


def _rows(experiment: ExperimentResult) -> list[tuple[str, ...]]:
    """A row for each judged probe; what is the experiment's own stands in the first."""
    probes = [
        (probe.probe, words.outage(probe), words.allowed(probe))
        for probe in words.judged(experiment)
    ]
    first, *more = probes or [(words.NOTHING,) * 3]
    looked_at = experiment.verdict is not Verdict.NOT_COVERED
    head = (
        words.fault(experiment),
        words.target(experiment),
        words.manifested(experiment) if looked_at else words.NOTHING,
    )
    tail = (
        words.recovery(experiment.service),
        words.redundancy(experiment) if looked_at else words.NOTHING,
        words.verdict(experiment.verdict),
    )
    return [(*head, *first, *tail), *(("", "", "", *row, "", "", "") for row in more)]


def _checks(checks: Sequence[CheckResult]) -> list[str]:
    if not checks:
        return []
    ordered = sorted(checks, key=lambda check: words.rank(check.severity))
    rows = [
        (c.severity, c.id, c.title, words.verdict(c.verdict) + (", waived" if c.waiver else ""))
        for c in ordered
    ]
    lines = ["## Checks", "", *_table(("severity", "check", "title", "verdict"), rows)]
    for check in ordered:
        if check.verdict not in (Verdict.PASS, Verdict.NOT_COVERED):
            lines += ["", f"### {words.verdict(check.verdict)}: {_inline(check.title)}", ""]
            lines += [f"- {_inline(said)}" for said in check.evidence]
            lines += [f"- Remedy: {_inline(check.remedy)}"] if check.remedy else []
            lines += [f"- Source: {_inline(check.source)}"] if check.source else []
    return lines


def _waivers(run: RunResult) -> list[str]:
    lines = [_waived(check.id, check) for check in run.checks if check.waiver]
    lines += [_waived(one.name, one) for one in run.experiments if one.waiver]
    return ["## Waived", "", *lines] if lines else []


def _waived(name: str, one: CheckResult | ExperimentResult) -> str:
    idle = f" (it is {words.verdict(one.verdict)}: the waiver does nothing)" if one.counts else ""
    return f"- {_inline(name)}: {_inline(one.waiver)}{idle}"


def _uncovered(run: RunResult) -> list[str]:
    missing = [
        (c.id, "; ".join(c.evidence) or "no reason given", standing_of(c) is Standing.INCONCLUSIVE)
        for c in run.checks
        if c.verdict is Verdict.NOT_COVERED
    ]
    missing += [
        (e.name, e.reason, standing_of(e) is Standing.INCONCLUSIVE)
        for e in run.experiments
        if e.verdict is Verdict.NOT_COVERED
    ]
    if not missing:
        return []
    lines = ["## Not covered", ""]
    for name, why, critical in missing:
        note = " **It is critical, so it counts as inconclusive.**" if critical else ""
        lines.append(f"- {_inline(name)}: {_inline(why)}{note}")
    return lines


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [" | ".join(("", *names, "")), " | ".join(("", *("---" for _ in names), ""))]
    lines += [" | ".join(("", *map(_inline, row), "")) for row in rows]
    return [line.strip() for line in lines] if len(lines) > 2 else []


def _inline(text: str) -> str:
    """On one line, and nothing in it is taken for markup."""
    flat = " ".join(text.split())
    for character, escaped in (("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("`", "\\`")):
        flat = flat.replace(character, escaped)
    return flat
