"""`summary.md`: the run for somebody who has two minutes."""

from __future__ import annotations

from collections.abc import Sequence

from chaos.measure.verdict import Verdict
from chaos.repeat import Repeated
from chaos.result import CheckResult, ExperimentResult, RunResult
from reports import waivers, words
from reports.cases import Standing, standing_of
from reports.foretold import foretold
from reports.markdown import inline, table

_EXPERIMENTS = (
    *("fault", "target", "manifested", "probe", "longest outage", "budget"),
    *("service back", "redundancy back", "verdict"),
)


def summary(run: RunResult) -> str:
    """Markdown: the verdict and why, experiments, checks, waivers, what was not covered."""
    parts = [
        [f"# {words.verdict(run.verdict)}: {inline(run.profile)} on {inline(run.cluster.name)}"],
        [inline(run.reason)],
        [f"**Interrupted:** {inline(run.interrupted)}"] if run.interrupted else [],
        _facts(run),
        _experiments(run.experiments),
        foretold(run.experiments),
        _distributions(run.distributions),
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
        [f"# {words.verdict(experiment.verdict)}: {inline(experiment.name)}"],
        [inline(experiment.reason)],
        table(_EXPERIMENTS, _rows(experiment)),
        table(("probe", *names), probes),
        table(("phase", "begins", "took"), phases),
        [f"- {inline(node)}: {inline(said)}" for node, said in experiment.evidence.items()],
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
    return [f"- {name}: {inline(said)}" for name, said in facts if said]


def _experiments(experiments: Sequence[ExperimentResult]) -> list[str]:
    if not experiments:
        return []
    rows = [row for experiment in experiments for row in _rows(experiment)]
    lines = ["## Experiments", "", *table(_EXPERIMENTS, rows)]
    told = [e for e in experiments if e.verdict not in (Verdict.PASS, Verdict.NOT_COVERED)]
    if told:
        lines.append("")
    for one in told:
        lines.append(f"- **{words.verdict(one.verdict)}** {inline(one.name)}: {inline(one.reason)}")
    return lines


def _distributions(every: Sequence[Repeated]) -> list[str]:
    """How the figures of repeated experiments spread; upper bounds, as they are judged."""
    if not every:
        return []
    rows = [
        (
            *(f"{one.fault} ({one.variant})" if one.variant else one.fault, one.target),
            name,
            *(words.figure(value) for value in (found.median, found.p95, found.max)),
            f"{found.n} of {one.n}",
        )
        for one in every
        for name, found in one.figures.items()
    ]
    names = ("fault", "target", "figure", "median", "p95", "max", "n")
    return ["## Distribution", "", *table(names, rows)]


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
        _marked(experiment),
    )
    return [(*head, *first, *tail), *(("", "", "", *row, "", "", "") for row in more)]


def _checks(checks: Sequence[CheckResult]) -> list[str]:
    if not checks:
        return []
    ordered = sorted(checks, key=lambda check: words.rank(check.severity))
    rows = [(c.severity, c.id, c.title, _marked(c)) for c in ordered]
    lines = ["## Checks", "", *table(("severity", "check", "title", "verdict"), rows)]
    for check in ordered:
        if check.verdict not in (Verdict.PASS, Verdict.NOT_COVERED):
            lines += ["", f"### {words.verdict(check.verdict)}: {inline(check.title)}", ""]
            lines += [f"- {inline(said)}" for said in check.evidence]
            lines += [f"- Remedy: {inline(check.remedy)}"] if check.remedy else []
            lines += [f"- Source: {inline(check.source)}"] if check.source else []
    return lines


def _marked(one: CheckResult | ExperimentResult) -> str:
    return ", ".join(filter(None, [words.verdict(one.verdict), waivers.mark(one)]))


def _waivers(run: RunResult) -> list[str]:
    lines = [_waived(check.id, check) for check in run.checks]
    lines += [_waived(one.name, one) for one in run.experiments]
    lines = list(filter(None, lines))
    counted = waivers.counted((*run.checks, *run.experiments))
    return ["## Waived", "", f"{counted}.", "", *lines] if lines else []


def _waived(name: str, one: CheckResult | ExperimentResult) -> str:
    if not (one.waiver or one.expired):
        return ""
    does = {
        "waiver expired": " (it has expired: it fails)",
        "waiver idle": f" (it is {words.verdict(one.verdict)}: the waiver does nothing)",
    }
    return f"- {inline(name)}: {inline(one.expired or one.waiver)}{does.get(waivers.mark(one), '')}"


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
        lines.append(f"- {inline(name)}: {inline(why)}{note}")
    return lines
