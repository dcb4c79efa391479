"""HTTP/2 as client-go has it: one connection for all requests, kept alive by pings.

A peer that goes silent is noticed by nothing that waits for its answer: only after 30 s without any
frame a ping is sent, and after another 15 s without its answer the connection is given up. These
are the defaults of k8s.io/apimachinery's HTTP transport. (A client with a hundred requests waiting
opens a second connection earlier. This one takes its requests back when they time out, and so
stands for the many clients that never have so many.)
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Self

from chaos.measure.probe import Attempt
from chaos.probes import h2_frames as h2
from chaos.probes.access import ApiAccess
from chaos.probes.connection import Connection, connect
from chaos.probes.h2_exchange import Exchange
from chaos.probes.h2_frames import Frame, GoneAway, Kind
from chaos.probes.http import MOST, Answer, BadAnswer

READ_IDLE = 30.0
PING_TIMEOUT = 15.0

# Received before the server is allowed as much again.
_TOP_UP = 1 << 20


class H2Connection:
    """A connection that stands."""

    def __init__(
        self, connection: Connection, access: ApiAccess, *, read_idle: float, ping_timeout: float
    ) -> None:
        self.peer = connection.peer
        self.lost = ""
        """Why it takes no more requests; empty while it does."""
        self._connection = connection
        self._access = access
        self._read_idle, self._ping_timeout = read_idle, ping_timeout
        self._open: dict[int, Exchange] = {}
        self._next = 1
        self._received = 0
        self._served = False
        self._heard = time.monotonic()
        self._pong = asyncio.Event()
        connection.send(h2.greeting())
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]

    @classmethod
    async def open(
        cls,
        access: ApiAccess,
        attempt: Attempt,
        *,
        read_idle: float = READ_IDLE,
        ping_timeout: float = PING_TIMEOUT,
    ) -> Self:
        """Connect.

        Args:
            access: whom to reach.
            attempt: what this is part of.
            read_idle: seconds without a frame before a ping is sent.
            ping_timeout: seconds to wait for its answer.

        Raises:
            OSError: as in `connect`.
            BadAnswer: the server speaks no HTTP/2.
        """
        connection = await connect(access, attempt, protocol="h2")
        if connection.writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            connection.drop()
            raise BadAnswer("the server speaks no HTTP/2")
        return cls(connection, access, read_idle=read_idle, ping_timeout=ping_timeout)

    async def ask(
        self, method: str, url: str, attempt: Attempt, *, body: bytes = b"", content_type: str = ""
    ) -> Answer:
        """Send a request and read the whole answer; the attempt's phase is `answer`.

        Raises:
            OSError, EOFError, BadAnswer: as in `http.exchange`.
            GoneAway: the server did not handle it.
        """
        asked = self.begin(method, url, attempt, body=body, content_type=content_type)
        try:
            got = bytearray()
            async for part in asked.parts():
                got += part
                if len(got) > MOST:
                    raise BadAnswer("it does not end")
            return Answer(asked.status, bytes(got), kept=True)
        finally:
            self.end(asked)

    def begin(
        self, method: str, url: str, attempt: Attempt, *, body: bytes = b"", content_type: str = ""
    ) -> Exchange:
        """Send a request; whoever does so gives the exchange to `end`, whatever comes of it."""
        attempt.phase = "answer"
        attempt.note(peer=self.peer)
        asked = Exchange(self._next)
        self._next += 2
        fields = [("user-agent", "holdfast-probe"), ("accept", "application/json, */*")]
        if self._access.token:
            fields.append(("authorization", f"Bearer {self._access.token}"))
        if body:
            fields += [("content-type", content_type), ("content-length", str(len(body)))]
        authority = f"{self._access.expected_name}:{self._access.port}"
        block = h2.request_block(method, authority, url, fields)
        flags = h2.END_HEADERS | (0 if body else h2.END_STREAM)
        sent = h2.frame(Kind.HEADERS, block, flags=flags, stream=asked.number)
        if body:
            sent += h2.frame(Kind.DATA, body, flags=h2.END_STREAM, stream=asked.number)
        self._connection.send(sent)
        self._open[asked.number] = asked
        return asked

    def end(self, asked: Exchange) -> None:
        """Take a request back, if it is not answered yet."""
        if self._open.pop(asked.number, None) and not self._connection.lost:
            with contextlib.suppress(ConnectionResetError):
                self._connection.send(h2.reset(asked.number))
            self._leave()

    def drop(self, why: Exception | None = None) -> None:
        """Close it at once; what is asked gets this error."""
        error = why or ConnectionAbortedError("closed")
        told = "closed by the peer" if isinstance(error, EOFError) else str(error)
        self.lost = self.lost or told
        for asked in self._open.values():
            asked.put(error)
        self._open.clear()
        self._connection.drop()
        for task in self._tasks:
            task.cancel()

    async def _beat(self) -> None:
        while True:
            quiet = time.monotonic() - self._heard
            if quiet < self._read_idle:
                await asyncio.sleep(self._read_idle - quiet)
                continue
            self._pong.clear()
            try:
                self._connection.send(h2.frame(Kind.PING, b"holdfast"))
                async with asyncio.timeout(self._ping_timeout):
                    await self._pong.wait()
            except TimeoutError:
                return self.drop(ConnectionResetError("no answer to a ping"))
            except ConnectionResetError as error:
                return self.drop(error)

    async def _read(self) -> None:
        try:
            while True:
                got = await h2.read_frame(self._connection.reader)
                self._heard = time.monotonic()
                self._take(got)
        except (OSError, EOFError, BadAnswer) as error:
            self.drop(error)

    def _take(self, got: Frame) -> None:
        asked = self._open.get(got.stream)
        match got.kind:
            case Kind.DATA:
                self._data(got, asked)
            case Kind.HEADERS if asked and not asked.status:
                status = h2.status_of(got.content)
                if status >= 200:  # what comes before it is no answer yet
                    asked.status, self._served = status, True
                    asked.put(b"")
            case Kind.RST_STREAM if asked:
                del self._open[got.stream]
                code = int.from_bytes(got.payload, "big")
                asked.put(ConnectionResetError(f"the stream was reset, code {code}"))
            case Kind.SETTINGS if not got.flags & h2.ACK:
                self._connection.send(h2.frame(Kind.SETTINGS, flags=h2.ACK))
            case Kind.PING if got.flags & h2.ACK:
                self._pong.set()
            case Kind.PING:
                self._connection.send(h2.frame(Kind.PING, got.payload, flags=h2.ACK))
            case Kind.GOAWAY:
                last, code = (int.from_bytes(got.payload[at : at + 4], "big") for at in (0, 4))
                self._go_away(last & h2.MAX_WINDOW, code)
        if asked and got.kind in (Kind.DATA, Kind.HEADERS) and got.flags & h2.END_STREAM:
            self._open.pop(got.stream, None)
            asked.put(None if asked.status else BadAnswer("an answer without a status"))
        self._leave()

    def _data(self, got: Frame, asked: Exchange | None) -> None:
        self._received += len(got.payload)
        if self._received >= _TOP_UP:
            self._connection.send(h2.allow(0, self._received))
            self._received = 0
        if asked:
            asked.received += len(got.payload)
            if asked.received >= _TOP_UP:
                self._connection.send(h2.allow(got.stream, asked.received))
                asked.received = 0
            asked.put(got.content)

    def _go_away(self, last: int, code: int) -> None:
        self.lost = f"GOAWAY, code {code}" if code else "GOAWAY"
        move = self._served and code == h2.NO_ERROR
        for number in [number for number in self._open if number > last]:
            self._open.pop(number).put(GoneAway(self.lost, asked_to_move=move))

    def _leave(self) -> None:
        """Close it when it was told to go and nobody waits for an answer any more."""
        if self.lost and not self._open:
            self.drop()
