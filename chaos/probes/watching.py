"""A watch of the API that is kept open."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes.classify import of_status
from chaos.probes.h2 import H2Connection
from chaos.probes.h2_client import H2Client
from chaos.probes.h2_exchange import Exchange
from chaos.probes.http import MOST, BadAnswer

GONE = 410

Take = Callable[[str, Mapping[str, Any]], None]
"""Told each event: its type (ADDED, MODIFIED, DELETED) and the object."""


def forget(future: asyncio.Future[Any] | None) -> None:
    """Nobody waits for it any more: what it may have ended with is no news."""
    if future and future.done() and not future.cancelled():
        future.exception()


class Watch:
    """One watch, opened when it is asked for and not open, from where the one before ended.

    Without such a place it begins with what is there, as events of the type ADDED.

    Args:
        client: the connection that it goes over; it is the watch's alone.
        url: path and query of the list.
        take: told each event, but no bookmarks.
        lost: told each time when the watch has ended, and why.
    """

    def __init__(
        self,
        client: H2Client,
        url: str,
        take: Take,
        lost: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self.version = ""
        """The resourceVersion up to which everything was seen."""
        self.gaps = 0
        """How often the server had forgotten where it ended: what was in between is not known."""
        self._client = client
        self._url = f"{url}{'&' if '?' in url else '?'}watch=1&allowWatchBookmarks=true"
        self._take = take
        self._lost = lost
        self._opening = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None

    def stands(self) -> bool:
        """Whether it stands, as far as anybody knows: the peer may have gone silent."""
        return self._reading is not None and not self._reading.done()

    async def ensure(self, attempt: Attempt) -> Outcome:
        """Open it if it is not; the attempt notes that (`reopened`), and the status if it is bad.

        Returns:
            OK when it is open, else the class of the answer.

        Raises:
            OSError, EOFError, BadAnswer, GoneAway: as in `H2Connection.ask`.
        """
        if self.stands():
            return Outcome.OK
        async with self._opening:
            return Outcome.OK if self.stands() else await self._open(attempt)

    async def _open(self, attempt: Attempt) -> Outcome:
        connection = await self._client.connection(attempt)
        attempt.detail.setdefault("reopened", "the watch had ended")
        since = f"&resourceVersion={self.version}" if self.version else ""
        asked = connection.begin("GET", self._url + since, attempt)
        parts = asked.parts()
        try:
            await anext(parts, b"")
        except BaseException:
            connection.end(asked)
            raise
        if asked.status == GONE:
            self._forget()
        if asked.status != 200:
            connection.end(asked)
            attempt.note(status=asked.status)
            outcome = of_status(asked.status)
            return outcome if outcome.failed else Outcome.WRONG
        self._reading = asyncio.create_task(self._read(connection, asked))
        return Outcome.OK

    async def _read(self, connection: H2Connection, asked: Exchange) -> None:
        rest = b""
        ended: Exception = EOFError("the server ended the watch")
        try:
            async for part in asked.parts():
                *lines, rest = (rest + part).split(b"\n")
                if len(rest) > MOST:
                    raise BadAnswer("an event that does not end")
                for line in lines:
                    self._event(line)
        except Exception as error:
            ended = error
        finally:
            connection.end(asked)
        self._lost(ended)

    def _event(self, line: bytes) -> None:
        try:
            event: dict[str, Any] = json.loads(line)
            kind, about = str(event["type"]), event["object"]
            if kind == "ERROR":
                if about.get("code") == GONE:
                    self._forget()
                raise BadAnswer(f"the watch ends with {about.get('reason')}")
            self.version = str(about["metadata"]["resourceVersion"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadAnswer(f"no event: {error!r}") from None
        if kind != "BOOKMARK":
            self._take(kind, about)

    def _forget(self) -> None:
        self.version = ""
        self.gaps += 1

    async def close(self) -> None:
        """End it, and the connection."""
        if self._reading:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        self._client.close()
