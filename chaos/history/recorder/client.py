"""A client whose every operation is written down before it is sent, and after it has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chaos.history.operation import Op, Result
from chaos.history.recorder import objects
from chaos.history.recorder.book import Book
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified, of_status
from chaos.probes.http import BadAnswer
from chaos.probes.slots import Slots

Known = Callable[[int, str | None], None]


class Client:
    """Asks over kept connections, and keeps the book. It never tries again.

    Args:
        spec: of the workload; its options have `access` and the history's `file`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self.access = ApiAccess.from_data(spec.options["access"])
        self.book = Book.of(spec.options["file"])
        self._name = spec.kind
        self._slots = Slots(spec, self.access)
        tls_context(self.access)  # now, when bad PEM can still be told

    async def open(self) -> None:
        """Open the connections."""
        await self._slots.open()

    def close(self) -> None:
        """Close them."""
        self._slots.close()

    async def read(
        self, attempt: Attempt, key: str, *, known: Known | None = None, process: str = ""
    ) -> Outcome:
        """A quorum read; `known` is told the version and the value, where there was an answer."""
        sent = objects.read(self.access, key)
        number = self.book.invoke(process or self._name, Op.READ, key)
        return await self._do(attempt, number, Op.READ, key, sent, known=known)

    async def write(self, attempt: Attempt, key: str, value: str) -> Outcome:
        """A write, whatever the object is now."""
        sent = objects.write(self.access, key, value)
        number = self.book.invoke(self._name, Op.WRITE, key, value=value)
        return await self._do(attempt, number, Op.WRITE, key, sent, value=value)

    async def swap(
        self, attempt: Attempt, key: str, value: str, *, expected: int, known: Known
    ) -> Outcome:
        """A write, if the object is still at the expected version."""
        sent = objects.swap(self.access, key, value, expected=expected)
        number = self.book.invoke(self._name, Op.SWAP, key, value=value, expected=expected)
        return await self._do(attempt, number, Op.SWAP, key, sent, value=value, known=known)

    async def _do(
        self,
        attempt: Attempt,
        number: int,
        op: Op,
        key: str,
        sent: bytes,
        *,
        value: str | None = None,
        known: Known | None = None,
    ) -> Outcome:
        found: list[tuple[int, str | None]] = []
        outcome = Outcome.TIMEOUT
        try:
            outcome = await classified(attempt, self._ask(attempt, op, sent, value, found))
        finally:  # also when the time-out ends it, as a cancellation
            facts: dict[str, Any] = {"class": str(outcome), **_told(attempt)}
            if found:
                version, held = found[0]
                if op is Op.READ:
                    facts["value"] = held
                self.book.returned(number, Result.OK, version=version, **facts)
                self.book.acknowledged(key, version)
            else:
                self.book.returned(number, effect(op, attempt), **facts)
        if found and known:
            known(*found[0])
        return outcome

    async def _ask(
        self,
        attempt: Attempt,
        op: Op,
        sent: bytes,
        value: str | None,
        found: list[tuple[int, str | None]],
    ) -> Outcome:
        answer = await self._slots.exchange(sent, attempt)
        outcome = of_status(answer.status)
        absent = op is Op.READ and answer.status == 404
        if outcome is not Outcome.OK and not absent:
            attempt.note(status=answer.status)
            return outcome
        state = objects.state(answer)
        if value not in (None, state[1]):
            raise BadAnswer(f"it answers with another value, {state[1]}")
        found.append(state)
        return Outcome.OK


def effect(op: Op, attempt: Attempt) -> Result:
    """What an operation that was not acknowledged did.

    Nothing, if it only read, was never sent, or was refused with a 4xx. Else nobody knows: a 5xx
    may come of an apiserver that did not hear from etcd in time whether it was written.
    """
    status = attempt.detail.get("status", 0)
    refused = isinstance(status, int) and 400 <= status < 500
    unsent = attempt.phase != "answer"
    return Result.FAILED if op is Op.READ or refused or unsent else Result.UNKNOWN


def _told(attempt: Attempt) -> dict[str, Any]:
    """Of what the attempt noted, that which says why it was not acknowledged."""
    facts = {name: fact for name, fact in attempt.detail.items() if name in ("status", "error")}
    return facts if attempt.phase == "answer" else {**facts, "phase": attempt.phase}
