"""Reads multiplexed over one HTTP/2 connection."""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified
from chaos.probes.h2 import PING_TIMEOUT, READ_IDLE
from chaos.probes.h2_client import H2Client
from chaos.probes.reading import Question


@probe("api-read-http2", rate=20.0)
class ApiReadHttp2:
    """A GET over the one HTTP/2 connection that is kept: what kubelets and controllers see.

    When the server behind it goes silent, all fail until the pings tell, 45 s by default: longer
    than any other client suffers, and so with a budget of its own.

    A server may ask its clients to move to another connection (GOAWAY), and apiservers do so at
    random (`--goaway-chance`): what is under way is answered, the next attempt opens another and
    notes why (`reopened`). A request that crossed that word is handled by nobody; client-go sends
    it again over the new connection, and its caller learns nothing of it. Here it is not_sent.

    Options: `access`; `url` and `expect` as in `Question`; `read_idle` and `ping_timeout`, seconds
    as in `H2Connection.open`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        access = ApiAccess.from_data(spec.options["access"])
        self._question = Question.of(spec)
        self._client = H2Client(
            access,
            read_idle=spec.options.get("read_idle", READ_IDLE),
            ping_timeout=spec.options.get("ping_timeout", PING_TIMEOUT),
        )
        tls_context(access, "h2")  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Open the connection, with a first request."""
        await self.observe(Attempt(0))

    async def observe(self, attempt: Attempt) -> Outcome:
        """One request over the connection, or over a new one if it is lost."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        connection = await self._client.connection(attempt)
        answer = await connection.ask("GET", self._question.url, attempt)
        return self._question.judge(answer, attempt)

    async def close(self) -> None:
        """Close the connection."""
        self._client.close()
