"""The control probe: an echo over loopback, in which no cluster has a part."""

from __future__ import annotations

import asyncio
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.stall import CONTROL

# As often as the fastest probes, so that no stall is too short to be seen that they would see.
RATE = 20.0


def control_spec() -> ProbeSpec:
    """The spec that every sampling carries."""
    return ProbeSpec(CONTROL, CONTROL, "loopback", "chaos.measure.control:Control", RATE)


class Control:
    """Opens a connection to an echo server and has a line echoed.

    The server lives in the sampler's own event loop: what delays the probes there, delays the
    echo. In a process of its own it would also tell of that other process being starved, which
    spoils no sample. The connection is a new one each time, so that a lack of files or ports shows.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        del spec  # there is nothing to choose
        self._server: asyncio.Server | None = None
        self._address: Any = None

    async def prepare(self) -> None:
        """Start the echo server, on any free port of 127.0.0.1."""
        self._server = await asyncio.start_server(_echo, "127.0.0.1", 0)
        self._address = self._server.sockets[0].getsockname()[:2]

    async def observe(self, attempt: Attempt) -> Outcome:
        """One echo."""
        attempt.phase = "connect"
        try:
            reader, writer = await asyncio.open_connection(*self._address)
            try:
                attempt.phase = "answer"
                writer.write(b"%d\n" % attempt.tick)
                answer = await reader.readline()
            finally:
                writer.transport.abort()
        except OSError as error:
            attempt.note(error=str(error))
            return Outcome.NOT_SENT
        return Outcome.OK if answer == b"%d\n" % attempt.tick else Outcome.WRONG

    async def close(self) -> None:
        """Stop the echo server."""
        if self._server:
            self._server.close()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write(await reader.readline())
    finally:
        writer.close()
