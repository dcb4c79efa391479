"""An experiment is judged from its timeline alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from chaos import story
from chaos.findings import Bounds, PredictionResult, PromiseResult
from chaos.judging import judge_timeline
from chaos.measure.control import control_spec
from chaos.measure.errors import TimelineError
from chaos.measure.lines import event_line, header_for, header_line, sample_line
from chaos.measure.outcome import Outcome
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import STOPPED, Event, Sample
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict
from chaos.prediction import Branch, Interval, Prediction, Term
from chaos.story import Planned

READS = ProbeSpec("api-read-new", "api-read-new", "endpoint", "x:y", 20.0)
DIRECT = ProbeSpec("api-read-new@cp-1", "api-read-new", "cp-1", "x:y", 5.0)

# Seconds from the header's instant: injected, healing, all back, the end.
INJECT, HEAL, BACK, END = 10.0, 30.0, 40.0, 45.0
PLANNED = Planned(
    name="1-kubelet-stop",
    fault="kubelet-stop",
    variant="kill",
    target="one control plane",
    nodes=("cp-1",),
    seed=7,
    hold=20.0,
    redundancy=60.0,
    budgets={"api-read-new": {"longest_outage": 5.0, "recover": 10.0}},
    budget_from={"api-read-new": "sources"},
)


def written(
    folder: Path,
    *,
    down: tuple[float, float] = (0.0, 0.0),
    leave_out: Iterable[str] = (),
    more: Iterable[Event] = (),
    planned: Planned = PLANNED,
) -> Timeline:
    """A timeline whose reads fail from one moment to another, less some events, with some more."""
    probes = (READS, DIRECT, control_spec())
    header = header_for(probes)
    zero = header.monotonic
    lines = [header_line(header)]
    for probe in probes:
        for tick in range(int(END * probe.rate)):
            due = zero + tick / probe.rate
            failed = probe is READS and down[0] <= due - zero < down[1]
            outcome = Outcome.CONNECT if failed else Outcome.OK
            lines.append(sample_line(Sample(probe.name, due, due, due + 0.004, outcome)))
    events = [
        Event(0.0, story.PLANNED, planned.as_data()),
        Event(0.0, story.PHASE, {"name": "baseline"}),
        Event(INJECT, story.PHASE, {"name": "inject"}),
        Event(INJECT, story.INJECTED),
        Event(INJECT + 1, story.MANIFESTED, {"manifested": True, "nodes": {"cp-1": "inactive"}}),
        Event(HEAL, story.PHASE, {"name": "heal"}),
        Event(HEAL, story.HEALING),
        Event(HEAL + 1, story.HEALED, {"seconds": 1.0}),
        Event(BACK, story.REDUNDANT),
        Event(END, STOPPED),
        *more,
    ]
    kept = [event for event in events if event.kind not in set(leave_out)]
    lines += [event_line(Event(zero + e.at, e.kind, e.data)) for e in kept]
    folder.mkdir(exist_ok=True)
    file = folder / "timeline.jsonl"
    file.write_bytes(b"".join(lines))
    return Timeline.read(file)


def test_what_survives_within_its_budgets_passes(tmp_path: Path) -> None:
    result = judge_timeline(written(tmp_path, down=(10.5, 12.5)), path="t.jsonl")
    reads, direct = result.probes
    assert result.verdict is Verdict.PASS
    assert reads.longest_outage.lower == pytest.approx(1.95, abs=0.01)
    assert reads.longest_outage.upper == pytest.approx(2.054, abs=0.06)
    assert reads.outages[0].begins == pytest.approx(0.5, abs=0.05)
    assert reads.outages[0].classes == {"connect": 40}
    assert result.service == reads.recover
    assert result.redundancy == pytest.approx(BACK - HEAL)
    assert result.evidence == {"cp-1": "inactive"}
    assert (direct.judged, direct.verdict) == (False, Verdict.NOT_COVERED)


def test_an_outage_over_its_budget_fails_and_says_by_how_much(tmp_path: Path) -> None:
    result = judge_timeline(written(tmp_path, down=(10.5, 17.0)), path="t.jsonl")
    assert result.verdict is Verdict.FAIL
    assert "longest outage 6.45 to 6.5" in result.reason
    assert "budget 5 s" in result.reason


def test_another_budget_turns_the_verdict_with_the_same_timeline(tmp_path: Path) -> None:
    timeline = written(tmp_path, down=(10.5, 12.5))
    other = {"api-read-new": {"longest_outage": 0.1}}
    result = judge_timeline(timeline, path="t.jsonl", budgets=other)
    assert result.verdict is Verdict.FAIL
    assert result.probes[0].budget_from == "rejudged"


def test_an_outage_without_an_end_has_no_upper_bound(tmp_path: Path) -> None:
    result = judge_timeline(written(tmp_path, down=(10.5, 99.0)), path="t.jsonl")
    reads = result.probes[0]
    assert result.verdict is Verdict.FAIL
    assert reads.longest_outage.upper is None
    assert reads.total_outage.upper is None
    assert result.service is not None
    assert result.service.upper is None


def test_phases_have_their_seconds(tmp_path: Path) -> None:
    result = judge_timeline(written(tmp_path), path="t.jsonl")
    assert [(p.name, p.seconds) for p in result.phases] == [
        ("baseline", 10.0),
        ("inject", 20.0),
        ("heal", 15.0),
    ]


@pytest.mark.parametrize(
    ("missing", "verdict", "reason"),
    [
        (story.INJECTED, Verdict.INCONCLUSIVE, "never injected"),
        (story.MANIFESTED, Verdict.INCONCLUSIVE, "did not show"),
        (story.REDUNDANT, Verdict.FAIL, "was not back"),
    ],
)
def test_what_did_not_happen_is_no_pass(
    tmp_path: Path, missing: str, verdict: Verdict, reason: str
) -> None:
    result = judge_timeline(written(tmp_path, leave_out=[missing]), path="t.jsonl")
    assert result.verdict is verdict
    assert reason in result.reason


def test_redundancy_that_comes_too_late_fails(tmp_path: Path) -> None:
    late = Planned(**{**PLANNED.as_data(), "nodes": ("cp-1",), "redundancy": 5.0})
    result = judge_timeline(written(tmp_path, planned=late), path="t.jsonl")
    assert result.verdict is Verdict.FAIL
    assert "back after 10.0 s, budget 5 s" in result.reason


def test_unhealed_is_worse_than_everything(tmp_path: Path) -> None:
    events = [
        Event(31.0, story.UNHEALED, {"why": "cp-1: kubelet stays down"}),
        Event(32.0, story.SPOILED, {"why": "later"}),
    ]
    result = judge_timeline(written(tmp_path, down=(10.5, 17.0), more=events), path="t.jsonl")
    assert (result.verdict, result.reason) == (Verdict.UNHEALED, "cp-1: kubelet stays down")


def test_what_was_interrupted_is_inconclusive_with_the_reason(tmp_path: Path) -> None:
    events = [Event(20.0, story.SPOILED, {"why": "it was interrupted"})]
    result = judge_timeline(written(tmp_path, more=events), path="t.jsonl")
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "it was interrupted")


def test_a_timeline_without_an_experiment_says_so(tmp_path: Path) -> None:
    with pytest.raises(TimelineError, match="holds no experiment"):
        judge_timeline(written(tmp_path, leave_out=[story.PLANNED]), path="t.jsonl")


def test_a_prediction_is_compared_with_what_was_measured(tmp_path: Path) -> None:
    sure = Branch("election", 1.0, (Term("timeout", Interval(1.0, 2.0), "etcd: --election"),))
    told = Prediction(
        probe="api-read-new",
        fault="etcd-stop",
        variant="kill",
        reason="it elects",
        branches=(sure,),
    )

    def result(length: float) -> PredictionResult:
        event = Event(9.0, story.PREDICTED, {"probes": {"api-read-new": told.as_data()}})
        timeline = written(tmp_path / str(length), down=(11.0, 11.0 + length), more=[event])
        (found,) = judge_timeline(timeline, path="x").predictions
        return found

    good, long = result(1.5), result(4.0)
    assert (good.confirmed, good.outage) == (True, Bounds(lower=1.0, upper=2.0))
    assert good.terms == ("timeout: 1 to 2 s (etcd: --election)",)
    assert long.confirmed is False
    assert '"timeout" twice as long' in long.told or "no one term explains it" in long.told
    assert long.concerns == ()


def test_a_promise_that_was_broken_fails_whatever_was_measured(tmp_path: Path) -> None:
    def promise(verdict: Verdict) -> PromiseResult:
        return PromiseResult(
            promise="no acknowledged write is lost",
            verdict=verdict,
            reason="a-07 was acknowledged and is gone",
            evidence=(),
            broken=1,
            looked_at=400,
        )

    timeline = written(tmp_path)
    assert judge_timeline(timeline, path="x").verdict is Verdict.PASS
    lost = judge_timeline(timeline, path="x", promises=[promise(Verdict.FAIL)])
    assert lost.verdict is Verdict.FAIL
    assert "no acknowledged write is lost: a-07 was acknowledged and is gone" in lost.reason
    few = judge_timeline(timeline, path="x", promises=[promise(Verdict.INCONCLUSIVE)])
    assert few.verdict is Verdict.INCONCLUSIVE
    unseen = judge_timeline(timeline, path="x", promises=[promise(Verdict.NOT_COVERED)])
    assert unseen.verdict is Verdict.PASS


def test_a_run_that_broke_off_is_inconclusive_whatever_it_saw(tmp_path: Path) -> None:
    result = judge_timeline(written(tmp_path, leave_out=[STOPPED]), path="x")
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "the run broke off: nobody saw how it went on"


def test_what_failed_before_the_baseline_does_not_spoil_it(tmp_path: Path) -> None:
    timeline = written(tmp_path / "spoilt", down=(1.0, 2.0))
    assert judge_timeline(timeline, path="x").verdict is Verdict.INCONCLUSIVE
    later = Event(4.0, story.PHASE, {"name": story.BASELINE})
    timeline = written(tmp_path / "fine", down=(1.0, 2.0), more=[later])
    assert judge_timeline(timeline, path="x").verdict is Verdict.PASS
