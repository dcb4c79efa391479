"""One watch, kept going: listed, followed, resumed where it broke off, listed again after 410."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import aclosing
from typing import Any

from chaos.history.operation import ABSENT, ENDED, OBJECTS, Turn
from chaos.history.recorder import objects
from chaos.history.recorder.book import Book
from chaos.history.recorder.stream import Refused, watch
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import of_error, of_status
from chaos.probes.connection import connect
from chaos.probes.http import BadAnswer, exchange, request

# Seconds without a word after which a stream is taken for dead: much is written meanwhile.
PATIENCE = 5.0
# Seconds from the end of one stream to the beginning of the next.
PAUSE = 0.2
# Seconds that are left to a watch, in the end, to tell what was written last.
CATCH_UP = 3.0

GONE = 410


class _Expired(Exception):
    """The server does not know any more what came after our version."""


class ObjectWatcher:
    """Follows the objects of a history and writes every turn and every change into it.

    To the sampler an attempt is a look at whether the stream stands.

    Options: `access`; `file`, the history.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._access = ApiAccess.from_data(spec.options["access"])
        self._book = Book.of(spec.options["file"])
        self._url = f"{objects.collection(self._access)}?labelSelector={objects.SELECTOR}"
        self._version = ""
        self._state = Outcome.NOT_SENT
        self._shown: dict[str, int] = {}
        self._opened = False
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        tls_context(self._access)  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Begin to follow; as a task that nobody waits for."""
        self._task = asyncio.create_task(self._follow())

    async def observe(self, attempt: Attempt) -> Outcome:
        """Whether the stream stands, else why not."""
        attempt.phase = "watch"
        if self._task is None or self._task.done():
            attempt.note(why="nobody follows it")
            return Outcome.NOT_SENT
        return self._state

    async def close(self) -> None:
        """Wait for what has to be told yet, for CATCH_UP at most, and end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                while self._behind():
                    self._news.clear()
                    await self._news.wait()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._book.mark(OBJECTS, Turn.CLOSED, why=ENDED)

    def _behind(self) -> bool:
        """Whether a version that was acknowledged has not been told."""
        newest = self._book.newest.items()
        return any(version > self._shown.get(key, ABSENT) for key, version in newest)

    async def _follow(self) -> None:
        while True:
            await self._round()
            await asyncio.sleep(PAUSE)

    async def _round(self) -> None:
        """From opening to whatever ends it."""
        self._opened = False
        why = "the server ended it"
        try:
            if not self._version:
                await self._list()
            await self._stream()
            self._state = Outcome.RESET
        except _Expired:
            self._version = ""
            self._book.mark(OBJECTS, Turn.EXPIRED)
            return
        except Refused as error:
            self._state, why = of_status(error.status), str(error)
        except BadAnswer as error:
            self._state, why = Outcome.WRONG, str(error)
        except TimeoutError:
            self._state, why = Outcome.TIMEOUT, f"silent for {PATIENCE:g} s"
        except (OSError, EOFError) as error:
            self._state, why = of_error(error, "answer"), type(error).__name__
        self._book.mark(OBJECTS, Turn.CLOSED if self._opened else Turn.REFUSED, why=why[:160])

    async def _list(self) -> None:
        attempt = Attempt(0)
        async with asyncio.timeout(PATIENCE):
            connection = await connect(self._access, attempt)
            try:
                sent = request(self._access, "GET", self._url, close=True)
                answer = await exchange(connection, sent, attempt)
            finally:
                connection.drop()
        if answer.status != 200:
            raise Refused(answer.status)
        items = {}
        try:
            told = json.loads(answer.body)
            for one in told["items"]:
                items[one["metadata"]["name"]] = objects.version(one), objects.value(one)
            self._version = told["metadata"]["resourceVersion"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadAnswer(f"it is no list: {error!r}") from None
        for key, (version, _) in items.items():
            self._shown[key] = max(version, self._shown.get(key, ABSENT))
        self._book.mark(OBJECTS, Turn.LISTED, items=items)

    async def _stream(self) -> None:
        query = f"watch=1&allowWatchBookmarks=true&resourceVersion={self._version}"
        url = f"{self._url}&{query}"
        try:
            # Closed at once, whatever ends it, and not when the collector comes by.
            async with aclosing(watch(self._access, url, patience=PATIENCE)) as events:
                async for event in events:
                    if event is None:
                        self._stands()
                    else:
                        self._tell(event)
        except Refused as error:
            if error.status == GONE:
                raise _Expired from None
            raise

    def _stands(self) -> None:
        self._opened, self._state = True, Outcome.OK
        self._book.mark(OBJECTS, Turn.OPENED)

    def _tell(self, event: dict[str, Any]) -> None:
        try:
            kind, told = str(event["type"]), event["object"]
            if kind == "ERROR":
                if told.get("code") == GONE:
                    raise _Expired
                raise BadAnswer(f"it told an error: {told.get('message')}"[:160])
            self._version = told["metadata"]["resourceVersion"]
            if kind == "BOOKMARK":
                return
            key, version = told["metadata"]["name"], objects.version(told)
            value = None if kind == "DELETED" else objects.value(told)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadAnswer(f"it is no event: {error!r}") from None
        self._shown[key] = max(version, self._shown.get(key, ABSENT))
        self._news.set()
        self._book.change(OBJECTS, kind=kind, key=key, version=version, value=value)
