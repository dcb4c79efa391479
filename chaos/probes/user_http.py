"""A URL of the user's own."""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import classified
from chaos.probes.connection import dial
from chaos.probes.http import Answer, exchange, get
from chaos.probes.reading import Question


class Url:
    """A URL that is asked over a new connection each time.

    Args:
        url: `http://` or `https://`.
        ca: PEM of the authorities that sign the server's certificate; those of this machine by
            default.

    Raises:
        ValueError: it is no such URL.
    """

    def __init__(self, url: str, ca: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f'"{url}" is no http:// or https:// URL')
        self.context: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self.context = ssl.create_default_context(cadata=ca)
            # As in tls_context: clusters have authorities without a key identifier.
            self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self.context.set_alpn_protocols(["http/1.1"])
        self.host = parts.hostname
        self.port = parts.port or (443 if self.context else 80)
        self.target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self.authority = parts.netloc.rpartition("@")[2]

    async def ask(self, attempt: Attempt) -> Answer:
        """One connection, one request.

        Raises:
            OSError, EOFError, BadAnswer: as in `dial` and `exchange`.
        """
        connection = await dial(self.host, self.port, attempt, context=self.context)
        try:
            return await exchange(connection, get(self.authority, self.target, close=True), attempt)
        finally:
            connection.drop()


@probe("user-http", rate=5.0)
class UserHttp:
    """A GET of a URL of the user's, over a new connection each time.

    Options: `url` and `ca` as in `Url`; `expect`, what the body must hold; `status`, what the
    status must be, by default any 2xx.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._url = Url(spec.options["url"], spec.options.get("ca"))
        self._status: int | None = spec.options.get("status")
        self._question = Question.of(spec)

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One request."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        answer = await self._url.ask(attempt)
        if self._status == answer.status:
            answer = Answer(200, answer.body, answer.kept)
        elif self._status is not None and 200 <= answer.status < 300:
            attempt.note(status=answer.status)
            return Outcome.WRONG
        return self._question.judge(answer, attempt)

    async def close(self) -> None:
        """Nothing: there is nothing kept."""
