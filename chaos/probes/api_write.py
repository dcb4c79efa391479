"""Writes of unique values over a bounded ring of objects."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified, of_status
from chaos.probes.slots import Slots
from chaos.probes.writing import config_map

# Three seconds of writes at 20 Hz: an object's turn comes again long after its time-out.
RING = 64

KIND = "api-write"


@probe(KIND, rate=20.0)
class ApiWrite:
    """A create-or-update of a ConfigMap by server-side apply, with a value never written before.

    Each tick writes the next of RING objects, `holdfast-write-00` and on, over kept connections.
    The sample's detail has the object's `key` and the `value` whatever came of it, and the
    `version` (resourceVersion) where it was acknowledged. A write that was not acknowledged may
    have happened, or may yet happen.

    Options: `access`; `run`, a prefix of the values, by default one of this process alone.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._access = ApiAccess.from_data(spec.options["access"])
        self._slots = Slots(spec, self._access)
        self._run = spec.options.get("run", f"{os.getpid()}-{time.monotonic_ns()}")
        tls_context(self._access)  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Open the connections."""
        await self._slots.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One write."""
        return await classified(attempt, self._write(attempt))

    async def close(self) -> None:
        """Close the connections. The objects stay: they are what histories are judged by."""
        self._slots.close()

    async def _write(self, attempt: Attempt) -> Outcome:
        key, value = f"holdfast-write-{attempt.tick % RING:02d}", f"{self._run}:{attempt.tick}"
        attempt.note(key=key, value=value)
        answer = await self._slots.exchange(
            config_map(self._access, key, value, kind=KIND), attempt
        )
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(status=answer.status)
            return outcome
        try:
            written: dict[str, Any] = json.loads(answer.body)
            if written["data"]["value"] != value:
                raise ValueError("another value")
            attempt.note(version=written["metadata"]["resourceVersion"])
        except (ValueError, KeyError, TypeError) as error:
            attempt.note(error=f"the answer is not what was written: {error!r}"[:160])
            return Outcome.WRONG
        return outcome
