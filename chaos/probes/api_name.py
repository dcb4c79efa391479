"""The name of the API, at the servers that know it."""

from __future__ import annotations

import asyncio

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import classified
from chaos.probes.dns import PORT, BadDns, addresses, question


class _Exchange(asyncio.DatagramProtocol):
    """One question, one answer."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr  # connected: only that server's come here
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


@probe("api-name", rate=5.0)
class ApiName:
    """The endpoint's name, asked of one DNS server from here over UDP, once and with no cache.

    What does not resolve is `dns`, whatever the reason; another address than the endpoint's is
    `wrong`.

    Options: `name`; `resolver`, an address; `port`, by default 53; `address`, what the name must
    stand for, if that is known.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._name: str = spec.options["name"]
        self._server = (spec.options["resolver"], spec.options.get("port", PORT))
        self._address: str | None = spec.options.get("address")
        question(self._name, 0)  # now, when a bad name can still be told

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One question."""
        attempt.phase = "dns"
        outcome = await classified(attempt, self._ask(attempt))
        return Outcome.DNS if outcome in (Outcome.RESET, Outcome.CONNECT) else outcome

    async def _ask(self, attempt: Attempt) -> Outcome:
        number = attempt.tick % 65_536
        transport, exchange = await asyncio.get_running_loop().create_datagram_endpoint(
            _Exchange, remote_addr=self._server
        )
        try:
            transport.sendto(question(self._name, number))
            found = addresses(await exchange.answer, number)
        except BadDns as wrong:
            attempt.note(error=str(wrong))
            return Outcome.DNS
        finally:
            transport.abort()
        if self._address and self._address not in found:
            attempt.note(error=f"it stands for {', '.join(found)}"[:160])
            return Outcome.WRONG
        return Outcome.OK

    async def close(self) -> None:
        """Nothing: there is nothing kept."""
