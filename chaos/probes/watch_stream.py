"""Whether changes reach those who watch."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified
from chaos.probes.h2_client import H2Client
from chaos.probes.http import BadAnswer
from chaos.probes.slots import Slots
from chaos.probes.watching import Watch, forget
from chaos.probes.writing import config_map, selector

# More than can be under way at once: each has an object of its own.
RING = 16
KIND = "watch-stream"


@probe(KIND, rate=5.0)
class WatchStream:
    """A change of ours, which the one watch that is open must show within the time-out.

    The change goes over other connections than the watch: so a server gone silent behind the watch
    is seen, though writes reach another. What could not be written says nothing of the watch and
    is not_sent; that the watch could not be opened is a failure of its class. The sample's detail
    has `behind`, the milliseconds from the acknowledgement to the event.

    The watch goes over HTTP/2 as client-go's do, and is given up only when its pings tell.

    Options: `access`; `read_idle` and `ping_timeout` as in `ApiReadHttp2`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._access = ApiAccess.from_data(spec.options["access"])
        pings = {k: spec.options[k] for k in ("read_idle", "ping_timeout") if k in spec.options}
        space, ours = self._access.namespace, quote(selector(KIND))
        self._watch = Watch(
            H2Client(self._access, **pings),
            f"/api/v1/namespaces/{space}/configmaps?labelSelector={ours}",
            self._seen,
            self._ended,
        )
        self._slots = Slots(spec, self._access)
        self._run = f"{os.getpid()}-{time.monotonic_ns()}"
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._time_to_write = spec.timeout / 2
        tls_context(self._access, "h2")  # now, when bad PEM can still be told
        tls_context(self._access)

    async def prepare(self) -> None:
        """Open the watch and the connections for writing."""
        first = Attempt(0)
        await classified(first, self._watch.ensure(first))
        await self._slots.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One change, seen."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        opened = await self._watch.ensure(attempt)
        if opened is not Outcome.OK:
            return opened
        value = f"{self._run}:{attempt.tick}"
        seen = self._waiting[value] = asyncio.get_running_loop().create_future()
        try:
            why = await self._write(f"holdfast-watch-{attempt.tick % RING:02d}", value)
            if why and not seen.done():
                attempt.note(why=f"nothing was written to watch for: {why}")
                return Outcome.NOT_SENT
            written = time.monotonic()
            attempt.phase = "event"
            attempt.note(behind=round(max(0.0, await seen - written) * 1e3, 1))
            return Outcome.OK
        finally:
            del self._waiting[value]
            forget(seen)

    async def _write(self, key: str, value: str) -> str:
        """Write; why that failed, or nothing. An attempt of its own: its phases are not ours."""
        within = Attempt(int(value.rpartition(":")[2]))
        try:
            async with asyncio.timeout(self._time_to_write):
                answer = await self._slots.exchange(
                    config_map(self._access, key, value, kind=KIND), within
                )
        except TimeoutError:
            return f"it hung ({within.phase})"
        except (OSError, EOFError, BadAnswer) as error:
            return f"{type(error).__name__}: {error}"[:100]
        return "" if answer.status in (200, 201) else f"status {answer.status}"

    def _seen(self, _: str, about: Mapping[str, Any]) -> None:
        value = (about.get("data") or {}).get("value", "")
        waiting = self._waiting.get(value)
        if waiting and not waiting.done():
            waiting.set_result(time.monotonic())

    def _ended(self, why: Exception) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(why)

    async def close(self) -> None:
        """Close all connections. The objects stay: see `cleaning`."""
        await self._watch.close()
        self._slots.close()
