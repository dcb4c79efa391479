"""Kept connections for an open loop."""

from __future__ import annotations

import contextlib

from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.access import ApiAccess
from chaos.probes.connection import Connection, connect
from chaos.probes.http import Answer, exchange


class Slots:
    """As many kept connections as attempts can be in flight; each tick takes the next.

    HTTP/1.1 carries one request at a time, so one connection could not keep the schedule while an
    answer hangs, and a pool that opens another whenever one is busy would slowly turn into the
    probe of new connections. Here a slot's turn comes again only after the time-out, so it is
    always free, and behind a balancer the slots stand on all servers: one that goes silent shows
    as a share.

    A connection that breaks in use is that attempt's failure. The slot's next turn opens another.
    One that the peer closed while it was idle is opened anew too, as any client would, and noted.
    """

    def __init__(self, spec: ProbeSpec, access: ApiAccess) -> None:
        self._access = access
        self._kept: list[Connection | None] = [None] * spec.in_flight

    async def open(self) -> None:
        """Open them all; those that cannot be are opened when their turn comes.

        All at once would look like an attack, and cost like one.
        """
        for slot in range(len(self._kept)):
            with contextlib.suppress(OSError):
                self._kept[slot] = await connect(self._access, Attempt(0))

    async def exchange(self, sent: bytes, attempt: Attempt) -> Answer:
        """Ask over the connection whose turn it is.

        Raises:
            OSError, EOFError, BadAnswer: as in `connect` and `http.exchange`.
        """
        slot = attempt.tick % len(self._kept)
        # Taken out while in use: whatever way this ends but well, it is not put back.
        connection, self._kept[slot] = self._kept[slot], None
        if connection and connection.lost:
            attempt.note(reopened=connection.lost)
            connection.drop()
            connection = None
        if connection is None:
            attempt.detail.setdefault("reopened", "it was broken")
            connection = await connect(self._access, attempt)
        try:
            answer = await exchange(connection, sent, attempt)
        except BaseException:
            connection.drop()
            raise
        # Ours alone to put back, unless this took so long that the slot's next turn came first.
        if answer.kept and self._kept[slot] is None:
            self._kept[slot] = connection
        else:
            connection.drop()
        return answer

    def close(self) -> None:
        """Close them all."""
        for connection in filter(None, self._kept):
            connection.drop()
        self._kept = [None] * len(self._kept)
