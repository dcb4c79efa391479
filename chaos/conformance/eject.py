"""How long a balancer goes on sending to an apiserver that is gone, by its settings.

Source: HAProxy 3.0 Configuration Manual, https://docs.haproxy.org/3.0/configuration.html: `inter`,
`fastinter`, `fall` (5.2), `timeout check`, `timeout connect` (4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts import HaproxyBackend, HaproxyServer
from chaos.cluster.haproxy import haproxy_time
from chaos.conformance.times import told as _s

INTER, FALL = timedelta(seconds=2), 3


@dataclass(frozen=True, slots=True)
class Eject:
    """How long it takes at most until a server is given up.

    Args:
        dead: where it refuses, or says that it is not ready.
        silent: where nothing comes back.
        terms: the settings that this follows from.
    """

    dead: timedelta
    silent: timedelta
    terms: str


def eject(backend: HaproxyBackend, server: HaproxyServer) -> Eject:
    """The time to give up a server, at most.

    The last good check may just have begun: then comes a whole interval, and the failures, between
    which the faster interval holds.

    Raises:
        ValueError: a setting cannot be read.
    """
    inter = _time(server, "inter", INTER)
    fast = _time(server, "fastinter", inter)
    fall = int(server.options.get("fall", FALL))
    connect = min(backend.timeouts.get("connect", inter), inter)
    # Without `timeout check` the interval bounds all of the check.
    check = max(connect, backend.timeouts["check"]) if "check" in backend.timeouts else inter
    dead = inter + (fall - 1) * fast
    terms = f"inter {_s(inter)}, fastinter {_s(fast)}, fall {fall}, a check {_s(check)} at most"
    return Eject(dead, dead + fall * check, terms)


def _time(server: HaproxyServer, name: str, default: timedelta) -> timedelta:
    text = server.options.get(name)
    return haproxy_time(text) if text else default
