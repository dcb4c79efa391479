"""HAProxy's configuration, as far as it tells who is checked and how.

Source: HAProxy 3.0 Configuration Manual, https://docs.haproxy.org/3.0/configuration.html.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from datetime import timedelta

from chaos.cluster.facts import (
    HaproxyBackend,
    HaproxyConfig,
    HaproxyFrontend,
    HaproxyServer,
)
from chaos.cluster.haproxy_retry import RETRIES
from chaos.cluster.haproxy_servers import numbers, options, server

# A time without a unit is in milliseconds (manual, 2.5).
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1e-3}
_SECTIONS = {
    *("global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "mailers"),
    *("userlist", "program", "http-errors", "ring", "cache", "fcgi-app", "log-forward"),
    *("crt-store", "traces", "acme", "log-profile"),
}


def haproxy_time(text: str) -> timedelta:
    """`1s`, `500ms`, `2000` (milliseconds).

    Raises:
        ValueError: it is none of these.
    """
    found = re.fullmatch(r"(\d+)(us|ms|[smhd]?)", text)
    if not found:
        raise ValueError(f'"{text}" is no time of HAProxy')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


@dataclass(slots=True)
class _Section:
    """A section while it is read; it begins with what `defaults` say."""

    kind: str
    name: str
    words: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    checks: list[str] = field(default_factory=list)
    timeouts: dict[str, timedelta] = field(default_factory=dict)
    server: dict[str, str] = field(default_factory=dict)
    servers: list[HaproxyServer] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    always: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def heir(self, kind: str, name: str) -> _Section:
        """A section that begins where this one, a `defaults`, ended."""
        return _Section(
            kind,
            name,
            dict(self.words),
            dict(self.options),
            list(self.checks),
            dict(self.timeouts),
            dict(self.server),
            uses=list(self.uses),
            always=list(self.always),
            rules=list(self.rules),
        )


def parse_haproxy(text: str) -> HaproxyConfig:
    """The frontends and backends of a configuration.

    Raises:
        ValueError: a line cannot be read.
    """
    defaults: dict[str, _Section] = {}
    latest = _Section("defaults", "")
    sections: list[_Section] = []
    sockets: list[str] = []
    here = _Section("global", "")
    for line in text.splitlines():
        words = _words(line)
        if not words:
            continue
        if words[0] in _SECTIONS:
            name, base = _heading(words)
            if words[0] == "defaults" and base is None:
                here = _Section("defaults", name)
            else:
                here = defaults.get(base or "", latest).heir(words[0], name)
            if words[0] == "defaults":
                latest = here
                defaults |= {name: here} if name else {}
            sections.append(here)
        elif here.kind in ("defaults", "frontend", "backend", "listen"):
            _read(here, words)
        elif words[:2] == ["stats", "socket"]:
            sockets.append(" ".join(words[2:]))
    return HaproxyConfig(
        frontends=tuple(_frontend(s) for s in sections if s.kind in ("frontend", "listen")),
        backends=tuple(_backend(s) for s in sections if s.kind in ("backend", "listen")),
        sockets=tuple(sockets),
    )


def _heading(words: list[str]) -> tuple[str, str | None]:
    """A section's name, and the `defaults` that it says it begins with."""
    match words[1:]:
        case ["from", base, *_]:
            return "", base
        case [name, "from", base, *_]:
            return name, base
        case [name, *_]:
            return name, None
    return "", None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a lone quote, in an expression that is none of ours
        return line.partition("#")[0].split()


def _read(section: _Section, words: list[str]) -> None:
    match words:
        case ["no", "option", name, *_]:
            section.options.pop(name, None)
            section.checks = [c for c in section.checks if not c.startswith(f"option {name}")]
        case ["option", name, *rest]:
            section.options[name] = " ".join(rest)
            if name == "httpchk":
                section.checks.append(" ".join(words))
        case ["http-check" | "tcp-check", *_]:
            section.checks.append(" ".join(words))
        case ["timeout", name, value, *_]:
            section.timeouts[name] = haproxy_time(value)
        case ["default-server", *rest]:
            section.server = options(rest, section.server)
        case ["server", name, where, *rest]:
            section.servers.append(server(name, where, rest, section.server))
        case ["server-template", prefix, count, where, *rest]:
            section.servers += [
                server(f"{prefix}{number}", where, rest, section.server, slot=True)
                for number in numbers(count)
            ]
        case ["bind", *rest]:
            section.binds.append(" ".join(rest))
        case ["default_backend" | "use_backend", name, *_]:
            section.uses.append(name)
            if words[2:3] not in (["if"], ["unless"]):
                section.always.append(name)
        case ["acl" | "http-request" | "tcp-request" | "stats", *_]:
            section.rules.append(" ".join(words))
        case [name, *rest]:
            section.words[name] = " ".join(rest)


def _frontend(section: _Section) -> HaproxyFrontend:
    own = [section.name] if section.kind == "listen" and section.servers else []
    return HaproxyFrontend(
        name=section.name,
        mode=section.words.get("mode", "tcp"),
        binds=tuple(section.binds),
        backends=tuple(dict.fromkeys([*own, *section.uses])),
        conditional=tuple(sorted({*section.uses} - {*own, *section.always})),
        timeouts=section.timeouts,
        rules=tuple(section.rules),
    )


def _backend(section: _Section) -> HaproxyBackend:
    return HaproxyBackend(
        name=section.name,
        mode=section.words.get("mode", "tcp"),
        balance=section.words.get("balance", "roundrobin"),
        options=section.options,
        http_checks=tuple(section.checks),
        timeouts=section.timeouts,
        servers=tuple(section.servers),
        retries=int(section.words.get("retries") or RETRIES),
        rules=tuple(section.rules),
    )
