"""Probes, as far as they matter to how long one suffers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chaos.measure.probe import ProbeSpec

# Checks of its own that an apiserver answers from the result of the last one, within half of their
# time-out (apiserver, pkg/storage/storagebackend/factory/etcd3.go, newETCD3Check).
HEALTH = ("/readyz", "/healthz", "/livez")
# Asked without a look into etcd.
STORELESS = ("/version", "/api", "/apis", "/openapi")
# client-go's HTTP/2: a ping after 30 s without a frame, 15 s for its answer (apimachinery,
# pkg/util/net/http.go, HTTP2_READ_IDLE_TIMEOUT_SECONDS and HTTP2_PING_TIMEOUT_SECONDS).
READ_IDLE, PING_TIMEOUT = 30.0, 15.0


class Way(Enum):
    """How a probe goes about its connections."""

    NEW = "a new connection for each request"
    KEPT = "kept connections, each used in its turn"
    ONE = "one HTTP/2 connection for all"


class Asks(Enum):
    """What of an apiserver a probe needs."""

    HEALTH = "its own checks, whose last answer it repeats"
    STORE = "etcd"
    NOTHING = "nothing but itself"


_WAYS = {
    "api-read-new": Way.NEW,
    "api-read-reused": Way.KEPT,
    "api-read-http2": Way.ONE,
    "api-write": Way.KEPT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A probe.

    `period`, `timeout`, `read_idle` and `ping_timeout` are seconds; `slots` counts the connections
    that it keeps.
    """

    name: str
    way: Way
    asks: Asks
    period: float
    timeout: float
    slots: int
    read_idle: float = READ_IDLE
    ping_timeout: float = PING_TIMEOUT

    @classmethod
    def of(cls, spec: ProbeSpec) -> Client | None:
        """None where nothing is known of such probes."""
        way = _WAYS.get(spec.kind)
        if way is None:
            return None
        return cls(
            name=spec.name,
            way=way,
            asks=_asks(spec),
            period=spec.period,
            timeout=spec.timeout,
            slots=spec.in_flight,
            read_idle=float(spec.options.get("read_idle", READ_IDLE)),
            ping_timeout=float(spec.options.get("ping_timeout", PING_TIMEOUT)),
        )

    @property
    def turn(self) -> float:
        """Seconds until each kept connection has been used once."""
        return self.slots * self.period


def _asks(spec: ProbeSpec) -> Asks:
    if spec.kind == "api-write":
        return Asks.STORE
    path = str(spec.options.get("url", "/readyz")).partition("?")[0]
    if path.startswith(HEALTH):
        return Asks.HEALTH
    first = "/" + path.strip("/").partition("/")[0]
    return Asks.NOTHING if path in STORELESS or first == "/openapi" else Asks.STORE
