"""The one model that every report is made from. Data alone: no rule, no rendering.

Moments are ISO 8601 in UTC; lengths are seconds. `None` is what is not known, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos.findings import (
    Bounds,
    OverlapResult,
    PredictionResult,
    PromiseResult,
    TakeoverResult,
    WorkingResult,
)
from chaos.measure.verdict import Verdict
from chaos.repeat import Repeated

FORMAT = "holdfast-verdict"
VERSION = 1


def _counts(verdict: Verdict, waiver: str, expired: str) -> bool:
    return not waiver or bool(expired) or verdict not in (Verdict.FAIL, Verdict.NOT_COVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageResult:
    """One outage or degradation, from `begins` seconds after the injection on.

    `share` is failed of attempted while it lasted: 1 in an outage that stands alone. `told` are
    sentences about what happened at the same time, as far as the timeline can tell.
    """

    begins: float
    length: Bounds
    failed: int
    attempted: int
    classes: Mapping[str, int]
    told: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Failed of attempted, 0 to 1."""
        return self.failed / self.attempted if self.attempted else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What one probe saw from the injection on, and the verdict on it.

    `budget` holds the limits in seconds by name (longest_outage, total_outage, degradation,
    recover), only those that were set; `budget_from` says where they came from (inventory, fault,
    sources). `latency` holds p50, p95, p99 and max of what was served. `judged` is False for a
    probe that is told and not judged.
    """

    probe: str
    path: str
    rate: float
    samples: int
    ok: int
    failed: int
    not_sent: int
    classes: Mapping[str, int]
    latency: Mapping[str, float]
    outages: tuple[OutageResult, ...]
    degradations: tuple[OutageResult, ...]
    longest_outage: Bounds
    total_outage: Bounds
    recover: Bounds | None
    budget: Mapping[str, float]
    budget_from: str
    judged: bool
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A step of an experiment, with when it began and how many seconds it took."""

    name: str
    begins: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    """One fault on one target, from its timeline.

    `service` is the slowest judged probe's recovery while the fault lasted, `redundancy` the
    seconds from the heal until all members, nodes and backends were back. `evidence` is what each
    node showed of the fault. `timeline` is relative to the run's folder. `waiver` is the reason why
    a FAIL or a NOT_COVERED does not count, `expired` a waiver whose day is over, which made it
    FAIL. `predictions` were made before the fault, by probe;
    `promises` are what the API, etcd and the controllers must keep whatever happens; `takeovers`,
    `overlaps` and `working` are told of leaders, the last two None where no probe looked. `clocks`
    is by how much each node's clock was off the runner's, with how wrong that may be.
    """

    name: str
    fault: str
    variant: str
    target: str
    nodes: tuple[str, ...]
    seed: int
    hold: float
    begins: str
    phases: tuple[Phase, ...]
    manifested: bool
    evidence: Mapping[str, str]
    probes: tuple[ProbeResult, ...]
    service: Bounds | None
    redundancy: float | None
    redundancy_budget: float | None
    timeline: str
    verdict: Verdict
    reason: str
    waiver: str = ""
    predictions: tuple[PredictionResult, ...] = ()
    promises: tuple[PromiseResult, ...] = ()
    takeovers: tuple[TakeoverResult, ...] = ()
    overlaps: tuple[OverlapResult, ...] | None = None
    working: WorkingResult | None = None
    clocks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    expired: str = ""

    @property
    def counts(self) -> bool:
        """Whether it goes into the run's verdict: all but a FAIL or NOT_COVERED that is waived."""
        return _counts(self.verdict, self.waiver, self.expired)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One item of the checklist.

    `evidence` names the things looked at, a sentence each. `waiver` is the reason why a FAIL or a
    NOT_COVERED does not count (beside another verdict it does nothing), `expired` a waiver whose
    day is over, which made it FAIL.
    """

    id: str
    title: str
    severity: str
    verdict: Verdict
    evidence: tuple[str, ...]
    remedy: str
    source: str
    topic: str = ""
    seconds: float = 0.0
    waiver: str = ""
    expired: str = ""

    @property
    def counts(self) -> bool:
        """Whether it goes into the run's verdict: all but a FAIL or NOT_COVERED that is waived."""
        return _counts(self.verdict, self.waiver, self.expired)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterResult:
    """Which cluster it was."""

    name: str
    uid: str
    environment: str
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One run of Holdfast, whole.

    `profile` is what was run: `gate`, `conformance`, `resilience`. `interrupted` is why it ended
    early, if it did. `distributions` tell of the experiments that were carried out more than once.
    """

    run: str
    profile: str
    begins: str
    seconds: float
    seed: int
    cluster: ClusterResult
    checks: tuple[CheckResult, ...]
    experiments: tuple[ExperimentResult, ...]
    verdict: Verdict
    reason: str
    interrupted: str = ""
    holdfast: str = ""
    distributions: tuple[Repeated, ...] = ()
