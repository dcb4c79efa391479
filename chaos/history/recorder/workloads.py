"""Who asks what: writers and readers of the ring, the register's one writer and its readers."""

from __future__ import annotations

import asyncio
import contextlib

from chaos.history.operation import REGISTER, Op
from chaos.history.recorder import objects
from chaos.history.recorder.client import Client
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec

# Seconds for one of the last reads: six of them, one after another, fit the sampler's patience.
LAST_READ = 0.5


class RingWriter:
    """Writes values never written before over the ring, in open loop.

    Options: `access`; `file`, the history; `run`, what makes the values this recording's own.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._client = Client(spec)
        self._run = spec.options["run"]

    async def prepare(self) -> None:
        """Open the connections."""
        await self._client.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One write."""
        value = f"{self._run}:{attempt.tick}"
        return await self._client.write(attempt, objects.ring(attempt.tick), value)

    async def close(self) -> None:
        """Close the connections. The objects stay, and the next recording takes them again."""
        self._client.close()


class RingReader:
    """Reads the ring's objects in turn, in open loop; options as of `RingWriter`.

    When nothing is written any more it reads every object once, the register too: by that it is
    known what has stayed.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._client = Client(spec)
        self._in_flight = spec.in_flight

    async def prepare(self) -> None:
        """Open the connections."""
        await self._client.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One read, of the object half a ring behind the writer's."""
        key = objects.ring(attempt.tick + objects.RING // 2)
        return await self._client.read(attempt, key)

    async def close(self) -> None:
        """Read everything once more, and close the connections."""
        keys = [REGISTER, *(objects.ring(number) for number in range(objects.RING))]
        rows = self._in_flight
        await asyncio.gather(*(self._last(row, keys[row::rows]) for row in range(rows)))
        self._client.close()

    async def _last(self, row: int, keys: list[str]) -> None:
        """Read these one after another, over one connection and in a process of their own."""
        for key in keys:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_READ):
                    await self._client.read(Attempt(row), key, process=f"last-reader-{row}")


class Swapper:
    """The register's one writer: one swap at a time, each made for the version last known.

    At most one a tick, so in closed loop: while one is under way, no other is sent. What version
    the register has is read again after every swap that was not acknowledged.

    Options as of `RingWriter`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._client = Client(spec)
        self._run = spec.options["run"]
        self._version: int | None = None
        self._busy = False

    async def prepare(self) -> None:
        """Open the connections."""
        await self._client.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One swap, or one read where the version is not known."""
        if self._busy:
            attempt.note(why=f"one {Op.SWAP} is under way")
            return Outcome.NOT_SENT
        self._busy = True
        try:
            return await self._turn(attempt)
        finally:
            self._busy = False

    async def _turn(self, attempt: Attempt) -> Outcome:
        expected, self._version = self._version, None
        if expected is None:
            return await self._client.read(attempt, REGISTER, known=self._learn)
        value = f"{self._run}:register:{attempt.tick}"
        return await self._client.swap(
            attempt, REGISTER, value, expected=expected, known=self._learn
        )

    def _learn(self, version: int, _value: str | None) -> None:
        self._version = version

    async def close(self) -> None:
        """Close the connections. The register stays."""
        self._client.close()


class RegisterReader:
    """Reads the register, in open loop; options as of `RingWriter`."""

    def __init__(self, spec: ProbeSpec) -> None:
        self._client = Client(spec)

    async def prepare(self) -> None:
        """Open the connections."""
        await self._client.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One read."""
        return await self._client.read(attempt, REGISTER)

    async def close(self) -> None:
        """Close the connections."""
        self._client.close()
