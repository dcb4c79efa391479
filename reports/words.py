"""How numbers and verdicts are worded, the same in every report."""

from __future__ import annotations

from chaos.findings import Bounds
from chaos.measure.verdict import Verdict
from chaos.result import ExperimentResult, ProbeResult, RunResult

NOTHING = "–"

# From the worst on. A word that is not here comes last.
_SEVERITIES = ("blocker", "critical", "high", "major", "medium", "normal", "low", "minor")


def verdict(value: Verdict) -> str:
    """A verdict as people read it: NOT COVERED."""
    return value.value.replace("_", " ")


def rank(severity: str) -> int:
    """Where a severity stands: the worst is 0."""
    known = severity in _SEVERITIES
    return _SEVERITIES.index(severity) if known else len(_SEVERITIES)


def number(value: float) -> str:
    """Seconds with as many digits as they are worth: 0.34, 12.5, 350."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def seconds(value: float | None) -> str:
    """A length, or a dash where it is not known."""
    return NOTHING if value is None else f"{number(value)} s"


def bounds(value: Bounds | None) -> str:
    """From lower to upper, both printed; without an end what it is at least."""
    if value is None:
        return NOTHING
    if value.upper is None:
        return f"≥ {number(value.lower)} s, open"
    if not value.upper:
        return "none"
    return f"{number(value.lower)}–{number(value.upper)} s"


def recovery(value: Bounds | None) -> str:
    """When the service was back for good while the fault lasted, in seconds after the injection."""
    if value and value.upper is None:
        return f"not in {number(value.lower)} s" if value.lower else "never"
    return "at once" if value and not value.upper else bounds(value)


def outage(probe: ProbeResult) -> str:
    """A probe's longest outage; one that was never asked saw nothing, which is not none."""
    return bounds(probe.longest_outage) if probe.ok + probe.failed else "not seen"


def allowed(probe: ProbeResult) -> str:
    """What the longest outage may be, and who says so."""
    limit = probe.budget.get("longest_outage")
    if limit is None:
        return NOTHING
    return f"{limit:g} s ({probe.budget_from})" if probe.budget_from else f"{limit:g} s"


def redundancy(experiment: ExperimentResult) -> str:
    """When all was back after the heal, against its budget."""
    took, limit = experiment.redundancy, experiment.redundancy_budget
    said = "not seen" if took is None and limit is not None else seconds(took)
    return said if limit is None else f"{said} (budget {limit:g} s)"


def manifested(experiment: ExperimentResult) -> str:
    """Whether the fault showed."""
    return "yes" if experiment.manifested else "no"


def figure(value: float | None) -> str:
    """One of a distribution's: without a number where too many had no end."""
    return "without end" if value is None else seconds(value)


def fault(experiment: ExperimentResult) -> str:
    """What was done: the fault, with its variant if it has one."""
    return f"{experiment.fault} ({experiment.variant})" if experiment.variant else experiment.fault


def target(experiment: ExperimentResult) -> str:
    """Who it was done to: the target, and the nodes that it was resolved to."""
    nodes = ", ".join(experiment.nodes)
    return f"{experiment.target}: {nodes}" if nodes else experiment.target


def cluster(run: RunResult) -> str:
    """Which cluster, in a line, with the two versions that matter most."""
    known = ", ".join(f"{name} {said}" for name, said in list(run.cluster.versions.items())[:2])
    parts = [run.cluster.name, run.cluster.environment, known]
    return " · ".join(dict.fromkeys(part for part in parts if part))


def versions(run: RunResult) -> str:
    """All that is known of what runs on it."""
    return ", ".join(f"{name} {version}" for name, version in run.cluster.versions.items())


def judged(experiment: ExperimentResult) -> list[ProbeResult]:
    """The probes that the verdict rests on, in order."""
    return [probe for probe in experiment.probes if probe.judged]


def worst_probe(experiment: ExperimentResult) -> ProbeResult | None:
    """The judged probe to show where there is room for one: open first, then the longest."""

    def length(probe: ProbeResult) -> float:
        upper = probe.longest_outage.upper
        return float("inf") if upper is None else upper

    return max(judged(experiment), key=length, default=None)
