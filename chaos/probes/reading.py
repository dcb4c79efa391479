"""What the reading probes ask, and what a right answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.classify import of_status
from chaos.probes.http import Answer


@dataclass(frozen=True, slots=True)
class Question:
    """A GET of `url`, whose right answer is a 2xx that holds `expect`."""

    url: str
    expect: bytes

    @classmethod
    def of(cls, spec: ProbeSpec) -> Self:
        """By the options `url` (or /readyz) and `expect` (or nothing; of /readyz `ok`)."""
        url = spec.options.get("url", "/readyz")
        expect = spec.options.get("expect", "ok" if url == "/readyz" else "")
        return cls(url, expect.encode())

    def judge(self, answer: Answer, attempt: Attempt) -> Outcome:
        """The class of the answer; a status other than 2xx is noted."""
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(status=answer.status)
        elif self.expect not in answer.body:
            attempt.note(error=f"the answer does not hold {self.expect.decode()!r}")
            return Outcome.WRONG
        return outcome
