"""Balancers: how they are configured, what they see, who holds the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.cluster.facts.basics import UNREAD, NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyServer:
    """A `server` line.

    Args:
        options: its own and those of `default-server`, as written; flags have an empty value.
        slot: whether it is of a `server-template`: it stands for nobody until the name of all of
            them has so many addresses.
    """

    name: str
    host: str
    port: int | None
    options: Mapping[str, str]
    slot: bool = False

    @property
    def checked(self) -> bool:
        return "check" in self.options

    @property
    def backup(self) -> bool:
        return "backup" in self.options


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyBackend:
    """A `backend` section, or the backend's half of a `listen` section.

    Args:
        options: the names of `option` lines that are on, those of `defaults` too.
        http_checks: `http-check` and `option httpchk` lines, as words joined by a space.
        timeouts: by name (`check`, `connect`, `server`, …), those of `defaults` too.
        retries: how often connecting is tried again; None where that was not read.
        rules: as a frontend's.
    """

    name: str
    mode: str
    balance: str
    options: Mapping[str, str]
    http_checks: tuple[str, ...]
    timeouts: Mapping[str, timedelta]
    servers: tuple[HaproxyServer, ...]
    retries: int | None = None
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyFrontend:
    """A `frontend` section, or the frontend's half of a `listen` section.

    Args:
        binds: `ADDRESS:PORT` with what follows, as written.
        backends: those that it can send to.
        conditional: those of them that only some connections are sent to.
        rules: its lines that begin with `acl`, `http-request`, `tcp-request` or `stats`.
    """

    name: str
    mode: str
    binds: tuple[str, ...]
    backends: tuple[str, ...]
    timeouts: Mapping[str, timedelta]
    rules: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyConfig:
    """A HAProxy configuration.

    Args:
        sockets: where it takes commands (`stats socket`), with what follows, as written.
    """

    frontends: tuple[HaproxyFrontend, ...]
    backends: tuple[HaproxyBackend, ...]
    sockets: tuple[str, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        """The ports of its own pages, of statistics or metrics, that are not for it alone."""
        ports = []
        for frontend in self.frontends:
            own = any(r.startswith("stats") or "prometheus-exporter" in r for r in frontend.rules)
            for bind in frontend.binds if frontend.mode == "http" and own else ():
                host, _, port = bind.split()[0].rpartition(":")
                if port.isdigit() and not host.startswith(("127.", "localhost", "[::1]", "::1")):
                    ports.append(int(port))
        return tuple(ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class HaproxyState:
    """How HAProxy sees a server now.

    Args:
        status: `UP`, `DOWN`, `MAINT`, `no check`, or `UP 1/2` while it changes.
        check: how the last check ended (`L7OK`, `L4TOUT`, …); empty where there are none.
        since: how long it has had this status.
        sessions: how many it was given since HAProxy started; None where that was not told.
    """

    backend: str
    server: str
    status: str
    check: str
    since: timedelta | None
    sessions: int | None = None

    @property
    def up(self) -> bool:
        return self.status.startswith("UP")

    @property
    def nobody(self) -> bool:
        """Whether its name has no address (left) for it."""
        return self.status == "MAINT (resolution)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpScript:
    """A script by which keepalived judges its own machine, or a process that it watches.

    Args:
        command: of a process `process NAME`; it is watched all the time, so its interval is 0.
        weight: 0 where its failure gives the address up.
    """

    name: str
    command: str
    interval: timedelta
    timeout: timedelta | None
    fall: int
    rise: int
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VrrpInstance:
    """A virtual address that keepalived moves.

    Args:
        advert: how often its holder says that it is there.
        addresses: those that move with it; a macro that is not known stays as written.
        scripts: the names of those that it heeds, its sync group's too.
        weights: of scripts that weigh something else here than by themselves.
    """

    name: str
    interface: str
    priority: int
    advert: timedelta
    preempts: bool
    addresses: tuple[str, ...]
    scripts: tuple[str, ...]
    weights: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepalivedConfig:
    """A keepalived configuration.

    Args:
        scripts: its scripts, and the processes that it watches.
        includes: other files that it takes in, which were not read.
    """

    instances: tuple[VrrpInstance, ...]
    scripts: tuple[VrrpScript, ...]
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """A machine that stands in front of the apiservers.

    Args:
        holds_address: whether the endpoint's address is on one of its interfaces.
        config, states: of HAProxy.
        keepalived: None where the inventory names no configuration.
        complaint: what HAProxy says first against its files; empty where it takes them.
    """

    node: str
    holds_address: bool | NotAvailable
    config: HaproxyConfig | NotAvailable
    states: tuple[HaproxyState, ...] | NotAvailable
    keepalived: KeepalivedConfig | NotAvailable | None = None
    complaint: str | NotAvailable = UNREAD
