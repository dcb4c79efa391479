"""The answer to a watch: one JSON value after another, for as long as the server likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess
from chaos.probes.connection import Connection, connect
from chaos.probes.http import BadAnswer, request

# More than any one object that is watched.
_MOST = 1 << 20


class Refused(BadAnswer):
    """The watch was answered with another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it was answered with {status}")
        self.status = status


async def watch(
    access: ApiAccess, url: str, *, patience: float
) -> AsyncGenerator[dict[str, Any] | None, None]:
    """Open a watch over a connection of its own, and give what is told.

    Args:
        access: whom to ask.
        url: path and query, with `watch=1`.
        patience: seconds without a sign of life after which it is over.

    Yields:
        None as soon as the stream stands, then each event.

    Raises:
        Refused: it was answered, but not with a stream.
        OSError: no connection, or it broke; TimeoutError, when patience ended.
        EOFError: the peer hung up in the middle.
        BadAnswer: what came is no watch.
    """
    async with asyncio.timeout(patience):
        connection = await connect(access, Attempt(0))
    try:
        async with asyncio.timeout(patience):
            connection.send(request(access, "GET", url))
            await _begin(connection)
        yield None
        rest = b""
        while part := await _chunk(connection, patience):
            *lines, rest = (rest + part).split(b"\n")
            if len(rest) > _MOST:
                raise BadAnswer("an event does not end")
            for line in filter(None, lines):
                yield _event(line)
    finally:
        connection.drop()


async def _begin(connection: Connection) -> None:
    try:
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        version, status, *_ = head.split(" ", 2)
        if not version.startswith("http/1."):
            raise BadAnswer(f"it begins with {head[:40]!r}")
        if int(status) != 200:
            raise Refused(int(status))
        if "transfer-encoding: chunked" not in head:
            raise BadAnswer("it does not come in chunks")
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise BadAnswer(str(error)) from None


async def _chunk(connection: Connection, patience: float) -> bytes:
    """The next part; empty where the server has ended the stream."""
    reader = connection.reader
    try:
        async with asyncio.timeout(patience):
            size = int(await reader.readuntil(b"\r\n"), 16)
            if not 0 <= size <= _MOST:
                raise BadAnswer(f"a part of {size} bytes")
            return (await reader.readexactly(size + 2))[:-2]
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise BadAnswer(str(error)) from None


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise BadAnswer(str(error)) from None
    if not isinstance(event, dict):
        raise BadAnswer("an event is no object")
    return event
