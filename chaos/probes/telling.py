"""Probes that tell of what happens, beside their samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.sample import Event
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified
from chaos.probes.h2_client import H2Client
from chaos.probes.watching import Watch

GAP = "watch-gap"
"""The event that tells that a view has a hole: what changed in between was not seen."""


class Telling:
    """A view that is kept by a watch; each change of it becomes an event of the timeline.

    A sample is ok when the watch stands. Where it is not, and after a GAP, no change is no news:
    an event is known only from the moment at which it was seen.

    Args:
        spec: its `access` is used, and `read_idle` and `ping_timeout` as in `ApiReadHttp2`.
        url: path and query of the list.
        take: told each event of the watch.
    """

    def __init__(
        self, spec: ProbeSpec, url: str, take: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        access = ApiAccess.from_data(spec.options["access"])
        pings = {k: spec.options[k] for k in ("read_idle", "ping_timeout") if k in spec.options}
        self._watch = Watch(H2Client(access, **pings), url, take)
        self._gaps = 0
        self._kind = spec.kind
        self.put: Callable[[Event], None] = lambda _: None
        tls_context(access, "h2")  # now, when bad PEM can still be told

    def tell(self, kind: str, **data: object) -> None:
        """Tell an event, of now."""
        self.put(Event(round(time.monotonic(), 6), kind, data))

    async def prepare(self) -> None:
        """Open the watch."""
        await self.observe(Attempt(0))

    async def observe(self, attempt: Attempt) -> Outcome:
        """Whether the watch stands; it is opened if it does not."""
        outcome = await classified(attempt, self._watch.ensure(attempt))
        if self._watch.gaps > self._gaps:
            self._gaps = self._watch.gaps
            self.tell(GAP, watch=self._kind)
        return outcome

    async def close(self) -> None:
        """End the watch."""
        await self._watch.close()
