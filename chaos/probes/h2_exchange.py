"""A request over HTTP/2 and its answer, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Exchange:
    """One stream, as the reader of the connection fills it and the one who asked empties it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.status = 0
        self.received = 0
        self._parts: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def put(self, part: bytes | Exception | None) -> None:
        """Add a part; None is the end."""
        self._parts.put_nowait(part)

    async def parts(self) -> AsyncIterator[bytes]:
        """The parts of the body, after an empty one when the status is known; raises what broke."""
        while (part := await self._parts.get()) is not None:
            if isinstance(part, Exception):
                raise part
            yield part
