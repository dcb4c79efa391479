"""Reads over kept connections."""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified
from chaos.probes.http import request
from chaos.probes.reading import Question
from chaos.probes.slots import Slots


@probe("api-read-reused", rate=20.0)
class ApiReadReused:
    """A GET over connections that are kept: what a client sees that has been there for long.

    Options: `access`; `url` and `expect` as in `Question`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        access = ApiAccess.from_data(spec.options["access"])
        self._question = Question.of(spec)
        self._sent = request(access, "GET", self._question.url)
        self._slots = Slots(spec, access)
        tls_context(access)  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Open the connections."""
        await self._slots.open()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One request over the connection whose turn it is."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        return self._question.judge(await self._slots.exchange(self._sent, attempt), attempt)

    async def close(self) -> None:
        """Close the connections."""
        self._slots.close()
