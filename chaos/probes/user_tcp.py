"""A TCP port of the user's own."""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import classified
from chaos.probes.connection import dial


@probe("user-tcp", rate=5.0)
class UserTcp:
    """A connection to a port of the user's, closed as soon as it stands.

    Options: `host` and `port`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._host: str = spec.options["host"]
        self._port: int = spec.options["port"]

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One connection."""
        return await classified(attempt, self._connect(attempt))

    async def _connect(self, attempt: Attempt) -> Outcome:
        (await dial(self._host, self._port, attempt)).drop()
        return Outcome.OK

    async def close(self) -> None:
        """Nothing: there is nothing kept."""
