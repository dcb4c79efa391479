"""The open loop: one probe's ticks, at t0 + k/rate, whatever became of the ones before."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, Probe, ProbeSpec
from chaos.measure.sample import Sample
from chaos.measure.stall import LATE

_GOLDEN = (math.sqrt(5) - 1) / 2


def phase(number: int) -> float:
    """Where in its period the probe of this number ticks, as a share of it, from 0 up to 1.

    By the golden ratio: however many there are, neighbours are far apart, and so are those after
    them. Probes of one kind stand beside each other and look at machines that may be one host: by
    their number alone, all of them came within a tenth of a second.
    """
    return number * _GOLDEN % 1.0


class Schedule:
    """Runs one probe and hands each sample on as soon as its outcome is known.

    A tick that could not be kept (more than LATE too late, or too many attempts under way) is not
    sent, and a sample says so: sent later it would tell of another moment, and after a stall all
    of them at once would be a burst.
    """

    def __init__(self, spec: ProbeSpec, probe: Probe, hand_on: Callable[[Sample], None]) -> None:
        self.spec = spec
        self._probe = probe
        self._hand_on = hand_on
        self._under_way: set[asyncio.Task[None]] = set()
        self.first = asyncio.Event()
        """Set as soon as there is a sample of an attempt."""

    async def run(self, t0: float) -> None:
        """Tick from the monotonic moment t0 on, until cancelled."""
        tick = 0
        while True:
            due = t0 + tick * self.spec.period
            now = await _until(due)
            if now - due > LATE:
                self._not_sent(due, "too late")
            # Twice what can hang: after a stall of the loop those that timed out are cleared late.
            elif len(self._under_way) >= 2 * self.spec.in_flight:
                self._not_sent(due, "too many in flight")
            else:
                task = asyncio.create_task(self._attempt(tick, due))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            tick += 1

    async def drain(self) -> None:
        """Wait for the attempts under way; each ends by its time-out."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _attempt(self, tick: int, due: float) -> None:
        attempt = Attempt(tick)
        start = time.monotonic()
        try:
            # The loop's clock is the monotonic one.
            async with asyncio.timeout_at(start + self.spec.timeout):
                outcome = await self._probe.observe(attempt)
        except TimeoutError:
            outcome = Outcome.DNS if attempt.phase == "dns" else Outcome.TIMEOUT
            attempt.note(phase=attempt.phase)
        except Exception as error:  # our defect, and so nothing against the cluster
            outcome = Outcome.NOT_SENT
            attempt.note(defect=f"{type(error).__name__}: {error}"[:200])
        end = time.monotonic()
        if outcome is Outcome.OK and end - due > self.spec.slow:
            outcome = Outcome.SLOW
        self._hand_on(Sample(self.spec.name, due, start, end, outcome, attempt.detail))
        self.first.set()

    def _not_sent(self, due: float, why: str) -> None:
        now = time.monotonic()
        detail = {"why": why}
        self._hand_on(Sample(self.spec.name, due, now, now, Outcome.NOT_SENT, detail))


async def _until(due: float) -> float:
    """Wait until this moment, and return what it is then: never earlier."""
    while (now := time.monotonic()) < due:  # noqa: ASYNC110 - there is no event, but a time
        # The loop's timers have whole milliseconds, and round to the nearest.
        await asyncio.sleep(math.ceil((due - now) * 1e3) / 1e3)
    return now
