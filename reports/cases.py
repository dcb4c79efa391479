"""A run as a list of test cases: what JUnit and Allure have in common.

The one place that says how a verdict becomes a test's status: inconclusive is a failed test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chaos.measure.verdict import Verdict
from chaos.result import CheckResult, ExperimentResult, RunResult
from reports import waivers, words

CONFORMANCE = "conformance"
RESILIENCE = "resilience"
RUN = "run"


class Standing(Enum):
    """What a case counts as."""

    PASSED = "passed"
    WAIVED = "waived"
    NOT_COVERED = "not covered"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    UNHEALED = "unhealed"

    @property
    def red(self) -> bool:
        """It keeps the run from passing."""
        return self in (Standing.INCONCLUSIVE, Standing.FAILED, Standing.UNHEALED)


_STANDINGS = {
    Verdict.PASS: Standing.PASSED,
    Verdict.INCONCLUSIVE: Standing.INCONCLUSIVE,
    Verdict.FAIL: Standing.FAILED,
    Verdict.UNHEALED: Standing.UNHEALED,
    Verdict.NOT_COVERED: Standing.NOT_COVERED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One check or experiment. `message` is a sentence, `text` all there is to say."""

    suite: str
    topic: str
    name: str
    title: str
    severity: str
    standing: Standing
    message: str
    text: str
    begins: str
    seconds: float
    source: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


def standing_of(one: CheckResult | ExperimentResult) -> Standing:
    """What a check or an experiment counts as.

    A waiver covers a FAIL and a NOT_COVERED, nothing else. What is critical, as every experiment
    is, and could not be looked at is inconclusive.
    """
    if not one.counts:
        return Standing.WAIVED
    critical = isinstance(one, ExperimentResult) or one.severity == "critical"
    if one.verdict is Verdict.NOT_COVERED and critical:
        return Standing.INCONCLUSIVE
    return _STANDINGS[one.verdict]


def cases(run: RunResult) -> list[Case]:
    """All of a run.

    Where the run did not pass and no case says why (it was interrupted, or nothing ran), a case of
    its own does: else whoever reads only these would see green.
    """
    found = [_check(check, run) for check in run.checks]
    found += [_experiment(experiment, run) for experiment in run.experiments]
    if run.verdict is not Verdict.PASS and not any(case.standing.red for case in found):
        found.append(_whole(run))
    return found


def _check(check: CheckResult, run: RunResult) -> Case:
    lines = [*check.evidence]
    if check.verdict is not Verdict.PASS:
        lines += [f"Remedy: {check.remedy}"] if check.remedy else []
    lines += [f"Source: {check.source}"] if check.source else []
    lines += filter(None, [waivers.told(check)])
    return Case(
        suite=CONFORMANCE,
        topic=check.topic or "checks",
        name=check.id,
        title=check.title,
        severity=check.severity,
        standing=standing_of(check),
        message=_message(check, " ".join(check.evidence[:1]) or check.title),
        text="\n".join(lines),
        begins=run.begins,
        seconds=check.seconds,
        source=check.source,
        properties={"title": check.title, "severity": check.severity},
    )


def _experiment(experiment: ExperimentResult, run: RunResult) -> Case:
    lines = [experiment.reason, f"Manifested: {words.manifested(experiment)}"]
    lines += [f"{node}: {said}" for node, said in experiment.evidence.items()]
    lines += [
        f"{probe.probe} ({words.verdict(probe.verdict)}): longest outage {words.outage(probe)}, "
        f"{probe.failed} failed of {probe.samples}; {probe.reason}"
        for probe in experiment.probes
    ]
    lines.append(f"Service back: {words.recovery(experiment.service)}")
    lines.append(f"Redundancy back: {words.redundancy(experiment)}")
    lines += filter(None, [waivers.told(experiment)])
    return Case(
        suite=RESILIENCE,
        topic=experiment.fault,
        name=experiment.name,
        title=f"{words.fault(experiment)} on {words.target(experiment)}",
        severity="critical",
        standing=standing_of(experiment),
        message=_message(experiment, experiment.reason),
        text="\n".join(lines),
        begins=experiment.begins or run.begins,
        seconds=sum(phase.seconds for phase in experiment.phases),
        properties={
            "variant": experiment.variant,
            "target": experiment.target,
            "nodes": ", ".join(experiment.nodes),
            "seed": str(experiment.seed),
            "hold": words.seconds(experiment.hold),
        },
    )


def _message(one: CheckResult | ExperimentResult, why: str) -> str:
    message = f"{words.verdict(one.verdict)}: {why}"
    return message if one.counts else f"waived ({one.waiver}); {message}"


def _whole(run: RunResult) -> Case:
    # Alone, what could not be looked at has not passed either.
    standing = _STANDINGS[run.verdict]
    return Case(
        suite=RUN,
        topic=run.profile,
        name="verdict",
        title="The whole run",
        severity="critical",
        standing=standing if standing.red else Standing.INCONCLUSIVE,
        message=f"{words.verdict(run.verdict)}: {run.reason}",
        text="\n".join(part for part in (run.reason, run.interrupted) if part),
        begins=run.begins,
        seconds=0.0,
    )
