"""As much HTTP/1.1 as a probe needs.

Not aiohttp: it sends an idempotent request again when a kept connection turns out to be dead,
which is right for an application and hides just what the probe of reused connections is for.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess
from chaos.probes.connection import Connection

# More than any answer that a probe asks for.
MOST = 1 << 20


class BadAnswer(Exception):
    """The peer answered, but not in HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole. `kept`: the connection can be used again."""

    status: int
    body: bytes
    kept: bool


def request(
    access: ApiAccess,
    method: str,
    url: str,
    *,
    body: bytes = b"",
    content_type: str = "",
    close: bool = False,
) -> bytes:
    """A request, as it goes over the wire.

    Args:
        access: names the host, and has the token if there is one.
        method: GET, PATCH, …
        url: path and query.
        body: what is sent with it.
        content_type: of the body.
        close: ask the server to close the connection after its answer.
    """
    fields = {
        "Host": f"{access.expected_name}:{access.port}",
        "User-Agent": "holdfast-probe",
        "Accept": "application/json, */*",
        "Connection": "close" if close else "keep-alive",
    }
    if access.token:
        fields["Authorization"] = f"Bearer {access.token}"
    if body:
        fields |= {"Content-Type": content_type, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {url} HTTP/1.1\r\n{head}\r\n".encode() + body


def get(
    host: str, url: str, *, close: bool = False, compressed: bool = False, post: str = ""
) -> bytes:
    """A GET of anything that is no apiserver.

    Args:
        host: with its port, as the server is to read it.
        url: path and query.
        close: as in `request`.
        compressed: the answer may be (gzip).
        post: what is sent instead with a POST, as JSON.
    """
    fields = {
        "Host": host,
        "User-Agent": "holdfast-probe",
        "Accept": "*/*",
        "Connection": "close" if close else "keep-alive",
    }
    if compressed:
        fields["Accept-Encoding"] = "gzip"
    if post:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(post))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{'POST' if post else 'GET'} {url} HTTP/1.1\r\n{head}\r\n{post}".encode()


async def exchange(connection: Connection, sent: bytes, attempt: Attempt) -> Answer:
    """Send a request and read the answer; the attempt's phase is `answer`.

    Raises:
        OSError: the connection broke.
        EOFError: the peer hung up before the answer was whole.
        BadAnswer: what came is no HTTP, or too much.
    """
    attempt.phase = "answer"
    if connection.peer:
        attempt.note(peer=connection.peer)
    connection.send(sent)
    return await read_answer(connection.reader)


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer. Raises as `exchange`."""
    try:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        if not version.startswith("HTTP/1."):
            raise BadAnswer(f"it begins with {first[:40]!r}")
        pairs = (line.partition(":") for line in lines if line)
        fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await _body(reader, fields)
        if fields.get("content-encoding", "").lower() == "gzip":
            body = gzip.decompress(body)
        kept = fields.get("connection", "").lower() != "close"
        return Answer(int(status), body, kept)
    except (ValueError, gzip.BadGzipFile, zlib.error, asyncio.LimitOverrunError) as error:
        raise BadAnswer(str(error)) from None


async def _body(reader: asyncio.StreamReader, fields: Mapping[str, str]) -> bytes:
    if fields.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append(await reader.readexactly(_bounded(size + 2)))
        await reader.readuntil(b"\r\n")
        return b"".join(part[:-2] for part in parts)
    if "content-length" in fields:
        return await reader.readexactly(_bounded(int(fields["content-length"])))
    try:
        await reader.readexactly(MOST)
    except asyncio.IncompleteReadError as ended:  # where the server closes, the body ends
        return ended.partial
    raise BadAnswer("it does not end")


def _bounded(size: int) -> int:
    if not 0 <= size <= MOST:
        raise BadAnswer(f"{size} bytes are not what was asked for")
    return size
