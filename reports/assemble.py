"""A run's result from what its folder holds: the checks, and each experiment's timeline.

The gate and `rejudge` both come here; so a verdict never rests on what is not on disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chaos.judging import judge_folder
from chaos.measure.errors import MeasureError
from chaos.measure.verdict import Verdict, worst
from chaos.repeat import repeated
from chaos.result import CheckResult, ClusterResult, ExperimentResult, RunResult
from reports import waivers
from reports.cases import Standing, standing_of
from reports.errors import ReportError

ABOUT = "run.json"
TIMELINES = "experiments/*/timeline.jsonl"

Budgets = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a run's folder must say beside checks and timelines. `seconds` is None while it runs.

    `interrupted` is who ended it early, `broken` what else broke it off; empty if nobody, nothing.
    """

    profile: str
    begins: str
    seed: int
    cluster: ClusterResult
    seconds: float | None = None
    interrupted: str = ""
    broken: str = ""
    holdfast: str = ""
    planned: Sequence[str] = field(default=())

    def write(self, folder: Path) -> None:
        """Keep it in the run's folder."""
        (folder / ABOUT).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> About:
        """What was kept.

        Raises:
            ReportError: it is missing or cannot be read.
        """
        try:
            kept: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            return cls(**{**kept, "cluster": ClusterResult(**kept["cluster"])})
        except (OSError, ValueError, TypeError, KeyError) as wrong:
            raise ReportError(f"{folder / ABOUT} cannot be read: {wrong}.") from None


def assemble(
    folder: Path, checks: Sequence[CheckResult], *, budgets: Budgets | None = None
) -> RunResult:
    """Judge all of a run again from its folder.

    Args:
        checks: the run's, as they were recorded.
        budgets: other limits for experiments, in seconds by probe and by name.

    Raises:
        ReportError: the folder is none of a run.
    """
    about = About.read(folder)
    experiments = tuple(_experiments(folder, budgets))
    missing = [name for name in about.planned if name not in {e.name for e in experiments}]
    gaps = [f"{name} was planned and not run" for name in missing]
    verdict, reason = run_verdict(checks, experiments, [*filter(None, [about.broken]), *gaps])
    return RunResult(
        run=folder.name,
        profile=about.profile,
        begins=about.begins,
        seconds=about.seconds or 0.0,
        seed=about.seed,
        cluster=about.cluster,
        checks=tuple(checks),
        experiments=experiments,
        verdict=verdict,
        reason=reason,
        interrupted=about.interrupted,
        holdfast=about.holdfast,
        distributions=repeated(experiments),
    )


def _experiments(folder: Path, budgets: Budgets | None) -> list[ExperimentResult]:
    found = []
    for file in sorted(folder.glob(TIMELINES)):
        path = str(file.relative_to(folder))
        try:
            found.append(judge_folder(folder, path, budgets=budgets))
        except MeasureError as wrong:
            raise ReportError(f"{file}: {wrong}") from None
    return found


def run_verdict(
    checks: Sequence[CheckResult],
    experiments: Sequence[ExperimentResult],
    gaps: Sequence[str] = (),
) -> tuple[Verdict, str]:
    """The worst of all that counts, what made it so, and how many waivers had a part in it.

    What is waived does not count. A critical item that was not covered makes it INCONCLUSIVE, and
    so does an experiment that could not be tried, or was planned and left no timeline.
    """
    told: list[tuple[CheckResult | ExperimentResult, str]] = [
        *((c, f"{c.id}: {c.evidence[0] if c.evidence else c.title}") for c in checks),
        *((e, f"{e.name}: {e.reason}") for e in experiments),
    ]
    verdicts = [
        (Verdict.INCONCLUSIVE if standing is Standing.INCONCLUSIVE else one.verdict, why)
        for one, why in told
        if (standing := standing_of(one)) not in (Standing.WAIVED, Standing.NOT_COVERED)
    ]
    verdicts += [(Verdict.INCONCLUSIVE, gap) for gap in gaps]
    verdict = worst(one for one, _ in verdicts)
    reasons = [reason for one, reason in verdicts if one is verdict]
    if verdict is Verdict.PASS:
        reasons = [f"{len(checks)} checks and {len(experiments)} experiments"]
    counted = filter(None, [waivers.counted((*checks, *experiments))])
    return verdict, "; ".join([*(reasons or ["nothing was looked at"]), *counted])
