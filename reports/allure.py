"""`allure-results/`: the run in Allure's format, by allure-pytest's own model without pytest."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from allure_commons import model2
from allure_commons.logger import AllureMemoryLogger
from allure_commons.types import LabelType, LinkType, Severity

from chaos.result import ExperimentResult, Phase, RunResult
from reports.cases import RESILIENCE, Case, Standing, cases
from reports.summary import experiment_summary

STATUSES = {
    Standing.PASSED: model2.Status.PASSED,
    Standing.WAIVED: model2.Status.SKIPPED,
    Standing.NOT_COVERED: model2.Status.SKIPPED,
    Standing.INCONCLUSIVE: model2.Status.BROKEN,
    Standing.FAILED: model2.Status.FAILED,
    Standing.UNHEALED: model2.Status.BROKEN,
}
# Allure has words of its own below critical; what is on neither list is normal.
_SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.NORMAL,
    "medium": Severity.MINOR,
    "low": Severity.TRIVIAL,
    **{severity.value: severity for severity in Severity},
}
_CATEGORIES = [
    {"name": "Not healed", "messageRegex": r"(?s)UNHEALED: .*"},
    {"name": "Inconclusive", "messageRegex": r"(?s)(INCONCLUSIVE|NOT COVERED): .*"},
    {"name": "Waived", "messageRegex": r"(?s)waived .*"},
    {"name": "Failed", "messageRegex": r"(?s)FAIL: .*"},
]


def allure(run: RunResult, *, timeline: Callable[[str], str | None]) -> dict[str, str]:
    """The files of `allure-results/` by name, not yet redacted.

    Args:
        run: what to render.
        timeline: gives a timeline's text by its path in the run's folder, None where there is none.
    """
    files = {
        "environment.properties": _environment(run),
        "categories.json": json.dumps(_CATEGORIES, indent=2),
    }
    by_name = {experiment.name: experiment for experiment in run.experiments}
    # It makes of Allure's model what is to be written, and writes nothing itself.
    logger: Any = AllureMemoryLogger()  # type: ignore[no-untyped-call]
    for case in cases(run):
        result = _result(case, run)
        if case.suite == RESILIENCE:
            experiment = by_name[case.name]
            result.steps = [_step(phase) for phase in experiment.phases]
            for name, kind, ending, text in _attachments(experiment, timeline):
                source = model2.ATTACHMENT_PATTERN.format(prefix=uuid.uuid4(), ext=ending)
                result.attachments.append(_made("Attachment", name=name, source=source, type=kind))
                files[source] = text
        logger.report_result(result)
    for data in logger.test_cases:
        name = model2.TEST_CASE_PATTERN.format(prefix=data["uuid"])
        files[name] = json.dumps(data, indent=2, ensure_ascii=False)
    return files


def _attachments(
    experiment: ExperimentResult, timeline: Callable[[str], str | None]
) -> list[tuple[str, str, str, str]]:
    found = [("summary", "text/markdown", "md", experiment_summary(experiment))]
    samples = timeline(experiment.timeline) if experiment.timeline else None
    if samples is not None:
        found.append(("timeline", "text/plain", "jsonl", samples))
    return found


def _result(case: Case, run: RunResult) -> Any:
    begin = _millis(case.begins)
    full = f"holdfast.{case.suite}.{case.topic}.{case.name}"
    # The same in every run of every cluster, so that Allure's history finds its like.
    identity = hashlib.sha256(full.encode()).hexdigest()[:32]
    labels = {
        LabelType.PARENT_SUITE: f"holdfast {run.profile}",
        LabelType.SUITE: case.suite,
        LabelType.SUB_SUITE: case.topic,
        LabelType.EPIC: case.suite,
        LabelType.FEATURE: case.topic,
        LabelType.SEVERITY: _SEVERITIES.get(case.severity, Severity.NORMAL).value,
        LabelType.TAG: case.standing.value,
        LabelType.HOST: run.cluster.name,
        LabelType.FRAMEWORK: "holdfast",
    }
    link = case.source.startswith(("http://", "https://"))
    return _made(
        "TestResult",
        uuid=str(uuid.uuid4()),
        historyId=identity,
        testCaseId=identity,
        fullName=full,
        name=case.title,
        status=STATUSES[case.standing],
        stage="finished",
        statusDetails=None
        if case.standing is Standing.PASSED
        else _made("StatusDetails", message=case.message, trace=case.text),
        description=case.text,
        labels=[_made("Label", name=name, value=value) for name, value in labels.items() if value],
        links=[_made("Link", type=LinkType.LINK, url=case.source, name="source")] if link else [],
        parameters=[
            _made("Parameter", name=name, value=value)
            for name, value in case.properties.items()
            if value and case.suite == RESILIENCE
        ],
        start=begin,
        stop=None if begin is None else begin + round(case.seconds * 1000),
    )


def _step(phase: Phase) -> Any:
    begin = _millis(phase.begins)
    return _made(
        "TestStepResult",
        name=phase.name,
        status=model2.Status.PASSED,
        stage="finished",
        start=begin,
        stop=None if begin is None else begin + round(phase.seconds * 1000),
    )


def _made(kind: str, **values: Any) -> Any:
    """One of Allure's classes, which carry no types."""
    return getattr(model2, kind)(**values)


def _millis(moment: str) -> int | None:
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return None


def _environment(run: RunResult) -> str:
    told = {
        "run": run.run,
        "verdict": run.verdict.value,
        "profile": run.profile,
        "seed": str(run.seed),
        "holdfast": run.holdfast,
        "cluster": run.cluster.name,
        "cluster.uid": run.cluster.uid,
        "cluster.environment": run.cluster.environment,
        **{f"version.{name}": version for name, version in run.cluster.versions.items()},
    }
    # A line each; Java takes the first space or colon of a name for its end.
    return "".join(
        f"{name.replace(' ', '_').replace(':', '_')} = {' '.join(value.split())}\n"
        for name, value in told.items()
    )
