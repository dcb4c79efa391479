"""HAProxy's settings for one of its servers, each with where it was said.

Source: HAProxy 3.0 configuration manual, 4.2 and 5.2; its defaults stand for what is not set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.cluster.facts import HaproxyBackend, HaproxyServer
from chaos.cluster.haproxy import haproxy_time
from chaos.cluster.haproxy_retry import RETRIES
from chaos.cluster.settings import HaproxyFile
from chaos.prediction.lines import Line, global_setting, option, setting

MANUAL = "the default of HAProxy 3.0, configuration manual"
INTER, FALL = timedelta(seconds=2), 3

_ASKS = {
    *("httpchk", "ssl-hello-chk", "tcp-check", "ldap-check", "mysql-check", "pgsql-check"),
    *("redis-check", "smtpchk", "spop-check", "external-check"),
}
# Algorithms that take turns whatever the servers are doing.
_TURNS = ("roundrobin", "static-rr")


@dataclass(frozen=True, slots=True)
class Road:
    """One server of one backend of one balancer: the way on which a request may meet the fault."""

    node: str
    file: HaproxyFile
    backend: HaproxyBackend
    server: HaproxyServer

    @property
    def servers(self) -> int:
        """How many take requests in turn."""
        used = [s for s in self.backend.servers if not s.backup and "disabled" not in s.options]
        return max(1, len(used))

    @property
    def takes_turns(self) -> bool:
        """Whether each server is certain to get its part of the requests."""
        return self.servers == 1 or self.backend.balance.split(" ")[0] in _TURNS

    @property
    def cuts_sessions(self) -> bool:
        """Whether sessions to a server end when it is marked down."""
        return self.server.options.get("on-marked-down") == "shutdown-sessions"

    def time(self, word: str) -> tuple[timedelta | None, str]:
        """A time of the server, and where it was said."""
        value = self.server.options.get(word)
        if value is None:
            return None, ""
        return haproxy_time(value), self.said(option(*self.at, self.server.name, word), word)

    def timeout(self, name: str) -> tuple[timedelta | None, str]:
        """A time-out of the backend, and where it was said."""
        value = self.backend.timeouts.get(name)
        return value, self.said(setting(*self.at, "timeout", name), f"timeout {name}")

    @property
    def inter(self) -> tuple[timedelta, str]:
        """How long after a check the next begins."""
        value, source = self.time("inter")
        return (value, source) if value else (INTER, f"{MANUAL}, 5.2 inter")

    @property
    def fastinter(self) -> tuple[timedelta, str]:
        """The same, between up and down."""
        value, source = self.time("fastinter")
        return (value, source) if value else self.inter

    @property
    def fall(self) -> tuple[int, str]:
        """How many failed checks take it out."""
        value = self.server.options.get("fall")
        if value is None:
            return FALL, f"{MANUAL}, 5.2 fall"
        return int(value), self.said(option(*self.at, self.server.name, "fall"), "fall")

    @property
    def spread(self) -> float:
        """The share of an interval by which checks are moved about, of itself 0."""
        line = global_setting(self.file.text, "spread-checks")
        return int(line.words[1]) / 100 if line and len(line.words) > 1 else 0.0

    @property
    def speaks_tls(self) -> bool:
        """Whether the check itself makes a TLS session."""
        options, checks = self.server.options, self.backend.http_checks
        connecting = any("connect" in c.split() and "ssl" in c.split() for c in checks)
        return "check-ssl" in options or "ssl" in options or connecting

    @property
    def asks(self) -> str:
        """The `option` by which a check asks for something; empty where it only connects."""
        known = [name for name in self.backend.options if name in _ASKS]
        return known[-1] if known else ""

    @property
    def retries(self) -> tuple[int, str]:
        """How often connecting is tried again."""
        line = setting(*self.at, "retries")
        if line is None or len(line.words) < 2:
            return RETRIES, f"{MANUAL}, 4.2 retries"
        return int(line.words[1]), self.said(line, "retries")

    @property
    def at(self) -> tuple[str, str]:
        """The configuration's text and the backend's name."""
        return self.file.text, self.backend.name

    def said(self, line: Line | None, words: str) -> str:
        """File, line and words, as a term's source."""
        number = f":{line.number}" if line else ""
        return f"{self.node}:{self.file.path}{number} {words}"
