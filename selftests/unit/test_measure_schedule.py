"""The open loop: ticks come when they are due, whatever became of those before."""

from __future__ import annotations

import asyncio
import itertools
import selectors
from collections.abc import Awaitable, Callable

import pytest

from chaos.measure.errors import SamplerError
from chaos.measure.outcome import SLOW_AFTER, Outcome
from chaos.measure.probe import Attempt, ProbeSpec, build
from chaos.measure.sample import Sample
from chaos.measure.schedule import Schedule, phase
from chaos.measure.stall import LATE

Asking = Callable[[Attempt], Awaitable[Outcome]]


class Fake:
    """A probe that does what it is told."""

    def __init__(self, ask: Asking) -> None:
        self.ask = ask

    async def prepare(self) -> None: ...

    async def close(self) -> None: ...

    async def observe(self, attempt: Attempt) -> Outcome:
        return await self.ask(attempt)


async def answer(attempt: Attempt) -> Outcome:
    return Outcome.OK


class Clock(selectors.DefaultSelector):
    """Time that passes only when there is nothing to do: the loop never waits, nor is it late."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


def run(
    ask: Asking,
    *,
    seconds: float,
    rate: float = 50,
    timeout: float = 0.3,
    block: float = 0,
    slow: float = SLOW_AFTER,
) -> tuple[list[Sample], float]:
    """Samples of a schedule, and its t0; after 0.1 s the loop is blocked for `block` seconds."""
    samples: list[Sample] = []
    clock = Clock()
    loop = asyncio.SelectorEventLoop(clock)
    loop.time = clock.monotonic  # type: ignore[method-assign]

    async def main() -> float:
        spec = ProbeSpec("p", "k", "endpoint", "x:Y", rate, timeout, slow=slow)
        schedule = Schedule(spec, Fake(ask), samples.append)
        t0 = clock.monotonic()
        ticking = asyncio.create_task(schedule.run(t0))
        loop.call_at(t0 + 0.1, clock.advance, block)
        await asyncio.sleep(seconds)
        ticking.cancel()
        await schedule.drain()
        return t0

    with (
        pytest.MonkeyPatch.context() as patched,
        asyncio.Runner(loop_factory=lambda: loop) as runner,
    ):
        patched.setattr("chaos.measure.schedule.time", clock)
        t0 = runner.run(main())
    return sorted(samples, key=lambda sample: sample.due), t0


def test_every_tick_is_due_at_t0_plus_k_over_rate() -> None:
    samples, t0 = run(answer, seconds=0.5)
    assert [round((s.due - t0) * 50, 6) for s in samples] == list(range(len(samples)))
    assert len(samples) == 25
    assert all(s.due <= s.start <= s.end for s in samples)


def test_a_hanging_answer_delays_no_other_tick() -> None:
    async def hang(attempt: Attempt) -> Outcome:
        attempt.phase = "answer"
        attempt.note(key="a")
        await asyncio.sleep(3600)
        return Outcome.OK

    samples, _ = run(hang, seconds=0.5)
    assert {s.outcome for s in samples} == {Outcome.TIMEOUT}
    assert len(samples) == 25
    for sample in samples:
        assert sample.end - sample.start == pytest.approx(0.3)
        assert sample.detail == {"phase": "answer", "key": "a"}


def test_a_timeout_in_name_resolution_is_of_the_class_dns() -> None:
    async def hang(attempt: Attempt) -> Outcome:
        attempt.phase = "dns"
        await asyncio.sleep(3600)
        return Outcome.OK

    samples, _ = run(hang, seconds=0.05, timeout=0.05)
    assert {s.outcome for s in samples} == {Outcome.DNS}


def test_later_than_250_ms_is_slow_and_no_failure() -> None:
    async def late(attempt: Attempt) -> Outcome:
        await asyncio.sleep(0.26 if attempt.tick % 2 else 0.01)
        return Outcome.OK

    samples, _ = run(late, seconds=0.2)
    assert [s.outcome for s in samples[:4]] == [Outcome.OK, Outcome.SLOW] * 2


def test_ticks_missed_in_a_stall_are_not_sent_and_not_made_up_for() -> None:
    samples, _ = run(answer, seconds=0.8, block=0.4)
    missed = [s for s in samples if s.outcome is Outcome.NOT_SENT]
    assert len(missed) == 15  # 0.4 s at 50 Hz, less what is at most LATE late
    assert all(s.detail == {"why": "too late"} for s in missed)
    assert all(s.lateness <= LATE for s in samples if s not in missed)
    assert len({s.due for s in samples}) == len(samples)


def test_too_many_in_flight_are_not_sent() -> None:
    async def stubborn(attempt: Attempt) -> Outcome:
        try:
            await asyncio.sleep(0.4)
        except asyncio.CancelledError:
            await asyncio.sleep(0.4)  # a probe that does not let itself be cancelled
            raise
        return Outcome.OK

    samples, _ = run(stubborn, seconds=0.5, timeout=0.05)
    assert {s.detail.get("why") for s in samples if s.outcome is Outcome.NOT_SENT} == {
        "too many in flight"
    }
    sent = [s for s in samples if s.outcome is not Outcome.NOT_SENT]
    most = max(sum(s.start <= at.start < s.end for s in sent) for at in sent)
    assert most == 2 * 4  # 50 Hz x 0.05 s, and one


def test_a_defect_of_a_probe_is_not_held_against_the_cluster() -> None:
    async def defect(attempt: Attempt) -> Outcome:
        raise KeyError("odd")

    samples, _ = run(defect, seconds=0.05)
    assert {s.outcome for s in samples} == {Outcome.NOT_SENT}
    assert samples[0].detail == {"defect": "KeyError: 'odd'"}


@pytest.mark.parametrize(
    "factory", ["no.such:Thing", "chaos.measure.control:Nothing", "json:dumps7"]
)
def test_a_probe_that_cannot_be_made_is_named(factory: str) -> None:
    with pytest.raises(SamplerError, match="The probe p cannot be made"):
        build(ProbeSpec("p", "k", "endpoint", factory, 1.0))


@pytest.mark.parametrize(
    ("rate", "timeout", "slow"),
    [(0, 1, 1), (-1, 1, 1), (float("inf"), 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, float("nan"))],
)
def test_what_makes_no_sense_is_refused(rate: float, timeout: float, slow: float) -> None:
    with pytest.raises(ValueError, match="probe p"):
        ProbeSpec("p", "k", "endpoint", "x:Y", rate, timeout, slow=slow)


@pytest.mark.parametrize(
    ("slow", "outcome"), [(SLOW_AFTER, Outcome.SLOW), (0.5, Outcome.OK), (0.1, Outcome.SLOW)]
)
def test_each_probe_says_from_when_on_an_answer_is_late(slow: float, outcome: Outcome) -> None:
    async def after_a_while(_: Attempt) -> Outcome:
        await asyncio.sleep(0.3)
        return Outcome.OK

    samples, _ = run(after_a_while, seconds=0.5, timeout=1.0, slow=slow)
    assert {s.outcome for s in samples} == {outcome}


@pytest.mark.parametrize("first", range(40))
@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_probes_beside_each_other_never_tick_together(first: int, count: int) -> None:
    """Apart by more than a third of what is possible, wherever in the list they stand."""
    at = sorted(phase(number) for number in range(first, first + count))
    gaps = [after - before for before, after in itertools.pairwise([*at, at[0] + 1.0])]
    assert min(gaps) > 0.36 / count
    assert all(0.0 <= moment < 1.0 for moment in at)
