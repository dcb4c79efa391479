"""What the selftests of the probes share: a server that speaks both kinds of HTTP as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, Probe
from chaos.probes.access import ApiAccess
from lab.pki import Pair, authority, issue

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM = ACK = 1

# Blocks of headers as Go's server sends them to a client that allows no dynamic table.
_DATE = "0f1296c361be941014d27eea08027140b971a76e36d298b46f"
BLOCKS = {
    200: bytes.fromhex(f"880f1092497ca58ae819aafb50938ec415305a99567b0f0d0132{_DATE}"),
    404: bytes.fromhex(f"8d0f1092497ca58ae819aafb50938ec415305a99567b{_DATE}"),
    403: bytes.fromhex(f"0e033430330f0d0130{_DATE}"),
    429: bytes.fromhex(f"0e033432390f1092497ca58ae819aafb50938ec415305a99567b0f0d0139{_DATE}"),
    503: bytes.fromhex(f"0e033530330f0d0130{_DATE}"),
}
FIRST_BLOCK = b"\x20"  # before the first one: the dynamic table is empty from now on


def block(status: int) -> bytes:
    """A block of headers with this status."""
    return BLOCKS.get(status, b"\x0e\x03" + str(status).encode())


@dataclass(slots=True)
class Asked:
    """A request that a server was sent."""

    connection: Connection
    stream: int
    method: str
    url: str
    fields: dict[str, str]
    body: bytes = b""

    def answer(self, status: int, body: bytes = b"", *, end: bool = True) -> None:
        """Answer it; without an end more may follow by `more`."""
        self.connection.answer(self, status, body, end=end)

    def more(self, body: bytes, *, end: bool = False) -> None:
        """Go on with the body."""
        self.connection.frame(DATA, body, flags=END_STREAM if end else 0, stream=self.stream)

    def tell(self, kind: str, about: dict[str, Any]) -> None:
        """An event of a watch."""
        self.more(json.dumps({"type": kind, "object": about}).encode() + b"\n")


Handler = Callable[[Asked], Awaitable[None] | None]


class Connection:
    """A connection as its server has it."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.h2 = writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        self.frames: list[tuple[int, int, int, bytes]] = []
        self.ended = asyncio.Event()
        self._first = True

    def frame(self, kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> None:
        head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
        self.writer.write(head + payload)

    def answer(self, asked: Asked, status: int, body: bytes, *, end: bool) -> None:
        if not self.h2:
            head = b"HTTP/1.1 %d Some\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
            self.writer.write(head + body)
            return
        said = (FIRST_BLOCK if self._first else b"") + block(status)
        self._first = False
        ended = END_STREAM if end else 0
        self.frame(HEADERS, said, flags=4 | (0 if body else ended), stream=asked.stream)
        for at in range(0, len(body), 16_384):
            part = body[at : at + 16_384]
            last = ended if at + 16_384 >= len(body) else 0
            self.frame(DATA, part, flags=last, stream=asked.stream)

    def drop(self) -> None:
        """Hang up without a word."""
        self.writer.transport.abort()

    async def serve(self) -> None:
        await (self._serve_h2() if self.h2 else self._serve_http())

    async def _serve_http(self) -> None:
        while True:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(fields.get("content-length", 0)))
            method, url, _ = first.split(" ")
            await self.server.handle(Asked(self, 0, method, url, fields, body))

    async def _serve_h2(self) -> None:
        assert await self.reader.readexactly(len(PREFACE)) == PREFACE
        self.frame(SETTINGS)
        waiting: dict[int, Asked] = {}
        while True:
            head = await self.reader.readexactly(9)
            payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            self.frames.append((kind, flags, stream, payload))
            if kind == HEADERS:
                waiting[stream] = Asked(self, stream, *_request(payload))
            elif kind == DATA:
                waiting[stream].body += payload
            elif kind == PING and not flags & ACK and self.server.answers_pings:
                self.frame(PING, payload, flags=ACK)
            elif kind == SETTINGS and not flags & ACK:
                self.frame(SETTINGS, flags=ACK)
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                await self.server.handle(waiting.pop(stream))


def _request(block: bytes) -> tuple[str, str, dict[str, str]]:
    """A request's headers, each written out as the probes do."""
    names = {1: ":authority", 2: ":method", 4: ":path"}
    fields, at = {":method": {0x82: "GET", 0x83: "POST"}.get(block[0], "")}, 0

    def text() -> str:
        nonlocal at
        length, at = block[at], at + 1
        assert length < 128, "it is not in the Huffman code"
        if length == 127:
            shift = 0
            while True:
                byte, at = block[at], at + 1
                length += (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
        at += length
        return block[at - length : at].decode()

    while at < len(block):
        first, at = block[at], at + 1
        if first & 0x80:
            continue  # an entry of the static table: method or scheme
        name = names[first & 0xF] if first & 0xF else text()
        fields[name] = text()
    return fields[":method"], fields[":path"], fields


@dataclass(slots=True)
class Server:
    """A server over TLS on a port of 127.0.0.1; `handler` answers, or not."""

    handler: Handler
    protocols: tuple[str, ...] = ("h2", "http/1.1")
    answers_pings: bool = True
    port: int = 0
    connections: list[Connection] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, asked: Asked) -> None:
        self.asked.append(asked)
        done = self.handler(asked)
        if done is not None:
            await done

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self.connections.append(connection)
        try:
            await connection.serve()
        except (OSError, EOFError):
            pass
        finally:
            connection.drop()
            connection.ended.set()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def access(self, **other: Any) -> ApiAccess:
        usual = {"host": "127.0.0.1", "port": self.port, "ca": _ca().certificate}
        return ApiAccess(**{**usual, **other})


@asynccontextmanager
async def serving(handler: Handler, **how: Any):  # type: ignore[no-untyped-def]
    """A server while it runs."""
    server = Server(handler, **how)
    listening = await asyncio.start_server(
        server.connected, "127.0.0.1", 0, ssl=_context(server.protocols)
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for connection in server.connections:
            connection.drop()
        for connection in server.connections:  # or the loop ends before they have
            await connection.ended.wait()


def ok(asked: Asked) -> None:
    """Answers everything with `ok`."""
    asked.answer(200, b"ok")


async def seen(probe: Probe, tick: int = 0, *, within: float = 1.0) -> tuple[Outcome, Attempt]:
    """One attempt, as the sampler makes it."""
    attempt = Attempt(tick)
    try:
        async with asyncio.timeout(within):
            return await probe.observe(attempt), attempt
    except TimeoutError:
        return Outcome.TIMEOUT, attempt


@functools.cache
def _ca() -> Pair:
    return authority("kubernetes")


@functools.cache
def _served() -> Pair:
    return issue(_ca(), "kube-apiserver", names=["api.test"], addresses=["127.0.0.1"])


@functools.cache
def _context(protocols: tuple[str, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as pair:
        pair.write(_served().certificate + _served().key)
        pair.flush()
        context.load_cert_chain(pair.name)
    context.set_alpn_protocols(list(protocols))
    return context
