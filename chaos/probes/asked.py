"""What all probes have in common that ask through a shell on a machine."""

from __future__ import annotations

from abc import ABC, abstractmethod

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.remote import Remote, Said


class Asked(ABC):
    """Asks and has its kind judge the answer. Options of the spec: as in `Remote`."""

    def __init__(self, spec: ProbeSpec) -> None:
        self._remote = Remote(spec)

    @abstractmethod
    def judge(self, said: Said, attempt: Attempt) -> Outcome:
        """The class of an answer; what it tells is noted."""

    async def prepare(self) -> None:
        """Start the shell."""
        await self._remote.prepare()

    async def observe(self, attempt: Attempt) -> Outcome:
        """One question."""
        return await self._remote.judged(attempt, lambda said: self.judge(said, attempt))

    async def close(self) -> None:
        """End the shell."""
        await self._remote.close()
