"""A Service of the cluster, through a node's port."""

from __future__ import annotations

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.classify import classified
from chaos.probes.connection import dial
from chaos.probes.http import exchange, get


@probe("service-node-port", rate=5.0)
class ServiceNodePort:
    """A Service asked through one node, over a new connection: kube-proxy there and a Pod behind.

    Any HTTP answer but a 5xx is ok, for what the Service is asked is not known; where it speaks no
    HTTP, a connection is.

    Options: `host` and `port`, the node's; `http`, whether it speaks that (else TCP alone).
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._host: str = spec.options["host"]
        self._port: int = spec.options["port"]
        self._http: bool = spec.options["http"]

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One connection, one request."""
        return await classified(attempt, self._ask(attempt))

    async def _ask(self, attempt: Attempt) -> Outcome:
        connection = await dial(self._host, self._port, attempt)
        try:
            if not self._http:
                return Outcome.OK
            sent = get(f"{self._host}:{self._port}", "/", close=True)
            answer = await exchange(connection, sent, attempt)
            if answer.status >= 500:
                attempt.note(status=answer.status)
                return Outcome.SERVER_ERROR
            return Outcome.OK
        finally:
            connection.drop()

    async def close(self) -> None:
        """Nothing: there is nothing kept."""
