"""Outages of a server whose truth is known, seen by the real probes from the real sampler.

Three stubs misbehave side by side, once in each way and length, while one sampler looks on. What
was measured is then held against what the stubs say they did. Where the machine stood still
meanwhile, nothing is judged: those windows are the stall tests' business.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chaos.measure.outage import Outage
from chaos.measure.outcome import Outcome
from chaos.measure.sampling import Sampling
from chaos.measure.span import Span
from chaos.measure.summary import Summary, stalls_of, summarize
from chaos.measure.timeline import Timeline
from chaos.probes import kinds
from selftests.stub.stub import Stub, Truth

FAULTS = {
    "first": [(mode, length) for mode in ("refuse", "status") for length in (0.1, 0.5, 2.0)],
    "second": [("reset", 0.1), ("reset", 0.5), ("reset", 2.0), ("third", 4.0)],
    "third": [("hang", 0.1), ("hang", 0.5), ("slow", 0.1), ("slow", 0.5), ("hang", 2.0)],
}
NEW, REUSED = "api-read-new", "api-read-reused"
PERIOD = 0.05

# Between two of a stub, so that they stand alone: more than a second of success, and for the third
# a time-out for who still hangs.
PAUSE = {"first": 1.4, "second": 1.4, "third": 1.9}


@dataclass(frozen=True)
class Seen:
    timeline: Timeline
    truths: dict[str, list[Truth]]

    def judged(self, mode: str) -> list[tuple[Truth, Summary]]:
        """Truths of this mode and what each probe made of them, but where a stall met an edge."""
        path, truths = next(
            (path, truths)
            for path, truths in self.truths.items()
            if any(t.mode == mode for t in truths)
        )
        stalled, found = stalls_of(self.timeline), []
        for truth in truths:
            begin, end = truth.span.begin, truth.span.end
            around = Span(begin - 0.3, end + 0.6)
            edges = (
                Span(begin - 0.3, min(end, begin + 0.3)),
                Span(max(begin, end - 0.3), end + 0.3),
            )
            if truth.mode == mode and not any(map(stalled.seconds, edges)):
                for probe in (NEW, REUSED):
                    found.append((truth, self.of(f"{probe}@{path}", around)))
        assert found, f"this machine stood still in every outage of the mode {mode}"
        return found

    def of(self, probe: str, around: Span) -> Summary:
        return summarize(self.timeline, probe, since=around.begin, until=around.end)

    def good_latency(self, probe: str) -> float:
        """The longest that a good sample took, seconds."""
        samples = self.timeline.samples[probe]
        return max(s.latency for s in samples if s.outcome is Outcome.OK)


def plan(stub: Stub, faults: Sequence[tuple[str, float]], pause: float) -> float:
    at = time.monotonic() + 1.2
    for mode, length in faults:
        stub.plan(mode, at=at, length=length, delay=0.4)
        at += length + pause + random.uniform(0, PERIOD)  # anywhere between two ticks
    return at


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    file: Path = tmp_path_factory.mktemp("truth") / "timeline.jsonl"
    with Stub() as first, Stub() as second, Stub() as third:
        stubs = {"first": first, "second": second, "third": third}
        specs = [
            kinds()[kind].spec(stub.access(), path=path)
            for path, stub in stubs.items()
            for kind in (NEW, REUSED)
        ]
        with Sampling(specs, file):
            end = max(plan(stub, FAULTS[path], PAUSE[path]) for path, stub in stubs.items())
            time.sleep(end - time.monotonic())
        truths = {path: stub.truths() for path, stub in stubs.items()}
    return Seen(Timeline.read(file), truths)


def one(summary: Summary, truth: Truth) -> Outage:
    """The one outage that this truth was seen as: not missed, and not two."""
    every = summary.every_outage
    (outage,) = [
        o for o in every if o.lower.begin < truth.span.end and truth.span.begin < o.upper.end
    ]
    return outage


def test_the_stub_did_what_it_was_told(seen: Seen) -> None:
    for path, faults in FAULTS.items():
        told = [(truth.mode, truth.span.length) for truth in seen.truths[path]]
        assert [mode for mode, _ in told] == [mode for mode, _ in faults]
        for (_, length), (_, wanted) in zip(told, faults, strict=True):
            assert wanted <= length < wanted + 0.1


@pytest.mark.parametrize("mode", ["refuse", "reset", "status"])
def test_an_outage_lies_within_its_bounds(seen: Seen, mode: str) -> None:
    classes = {
        "refuse": {Outcome.CONNECT, Outcome.RESET},
        "reset": {Outcome.RESET},
        "status": {Outcome.SERVER_ERROR},
    }
    for truth, summary in seen.judged(mode):
        outage = one(summary, truth)  # the 0.1 s ones too
        assert set(outage.classes) <= classes[mode]
        latency = seen.good_latency(outage.probe)
        assert outage.upper.begin <= truth.span.begin
        assert truth.span.end <= outage.upper.end
        assert truth.span.begin - latency <= outage.lower.begin
        assert outage.lower.end <= truth.span.end
        edge = PERIOD + latency
        for mine, true in (
            (outage.upper.begin, truth.span.begin),
            (outage.upper.end, truth.span.end),
            (outage.lower.begin, truth.span.begin),
            (outage.lower.end, truth.span.end),
        ):
            assert abs(mine - true) <= edge


def test_what_hangs_for_longer_than_the_timeout_is_an_outage_of_its_length(seen: Seen) -> None:
    for truth, summary in seen.judged("hang"):
        if truth.span.length < 1:
            continue
        outage = one(summary, truth)
        assert set(outage.classes) == {Outcome.TIMEOUT}
        assert outage.upper.begin <= truth.span.begin
        # Those who asked in its last second were answered right after it. So the upper bound is
        # its length and a little, though each failure took a second to be known; the lower bound
        # is short of it by up to that second.
        assert truth.span.end <= outage.upper.end <= truth.span.end + 0.2
        edge = PERIOD + seen.good_latency(outage.probe)
        assert truth.span.begin - outage.upper.begin <= edge
        assert truth.span.end - 1 - edge <= outage.lower.end <= truth.span.end


@pytest.mark.parametrize("mode", ["hang", "slow"])
def test_what_hangs_for_less_is_slow_and_no_outage(seen: Seen, mode: str) -> None:
    for truth, summary in seen.judged(mode):
        if truth.span.length > 1:
            continue
        assert summary.every_outage == ()
        slow = summary.classes.get(Outcome.SLOW, 0)
        # A hang is slow for those who waited 250 ms or more of it; `slow` delays all by 400 ms.
        length = truth.span.length if mode == "slow" else max(0.0, truth.span.length - 0.25)
        # Those who asked just before may have waited as long, for the rush after it.
        rush = seen.good_latency(summary.probe.name)
        assert length / PERIOD - 2.5 <= slow <= (length + rush) / PERIOD + 2.5


def test_one_silent_backend_of_three_is_one_degradation(seen: Seen) -> None:
    for truth, summary in seen.judged("third"):
        assert summary.alone == ()
        (degradation,) = summary.degradations
        assert summary.outages == ()  # no row of blips
        edge = 4 * PERIOD + seen.good_latency(degradation.probe)
        assert abs(degradation.upper.begin - truth.span.begin) <= edge
        if degradation.probe.startswith(NEW):
            assert degradation.share == pytest.approx(1 / 3, abs=0.04)
            assert abs(degradation.upper.end - truth.span.end) <= edge
        else:
            # Kept connections leave the silent backend: one that broke is opened anew, to any.
            first = summarize(
                seen.timeline, degradation.probe, since=truth.span.begin, until=truth.span.begin + 1
            )
            assert first.failed / (first.failed + first.ok) == pytest.approx(1 / 3, abs=0.12)
            assert degradation.share < 1 / 3 + 0.12


def test_nothing_else_failed(seen: Seen) -> None:
    stalled = stalls_of(seen.timeline)
    for path, truths in seen.truths.items():
        for probe in (NEW, REUSED):
            for outage in summarize(seen.timeline, f"{probe}@{path}").every_outage:
                near = [
                    replace(t.span, begin=t.span.begin - 0.3, end=t.span.end + 0.3) for t in truths
                ]
                explained = any(s.begin <= outage.lower.begin <= s.end for s in near)
                assert explained or stalled.seconds(outage.upper)
