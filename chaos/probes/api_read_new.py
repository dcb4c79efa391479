"""Reads over new connections."""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified
from chaos.probes.connection import connect
from chaos.probes.http import exchange, request
from chaos.probes.reading import Question


@probe("api-read-new", rate=20.0)
class ApiReadNew:
    """A GET over a new TLS connection each time: what a client sees that has just been started.

    Options: `access`; `url` and `expect` as in `Question`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._access = ApiAccess.from_data(spec.options["access"])
        self._question = Question.of(spec)
        self._sent = request(self._access, "GET", self._question.url, close=True)
        tls_context(self._access)  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One connection, one request."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        connection = await connect(self._access, attempt)
        try:
            return self._question.judge(await exchange(connection, self._sent, attempt), attempt)
        finally:
            connection.drop()

    async def close(self) -> None:
        """Nothing: there is nothing kept."""
