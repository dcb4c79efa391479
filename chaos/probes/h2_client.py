"""A client's HTTP/2 connection, opened anew when it is lost."""

from __future__ import annotations

from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess
from chaos.probes.h2 import PING_TIMEOUT, READ_IDLE, H2Connection


class H2Client:
    """The connection of a client: opened when it is needed, and anew when it is lost.

    Whoever finds none opens one; the first that stands serves all.
    """

    def __init__(
        self, access: ApiAccess, *, read_idle: float = READ_IDLE, ping_timeout: float = PING_TIMEOUT
    ) -> None:
        self._access = access
        self._pings = {"read_idle": read_idle, "ping_timeout": ping_timeout}
        self._current: H2Connection | None = None

    async def connection(self, attempt: Attempt) -> H2Connection:
        """The connection; where another had to be opened, the attempt notes why (`reopened`).

        Raises:
            OSError, BadAnswer: as in `H2Connection.open`.
        """
        if self._current and not self._current.lost:
            return self._current
        attempt.note(reopened=self._current.lost if self._current else "there was none")
        opened = await H2Connection.open(self._access, attempt, **self._pings)
        if self._current and not self._current.lost:
            opened.drop()
        else:
            self._current = opened
        return self._current

    def close(self) -> None:
        """Close it."""
        if self._current:
            self._current.drop()
