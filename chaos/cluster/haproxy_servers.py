"""HAProxy's servers, as `server` and `server-template` lines have them.

Source: HAProxy 3.0 Configuration Manual, 5.2, https://docs.haproxy.org/3.0/configuration.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from chaos.cluster.facts import HaproxyServer

# Words of a `server` line that take no value (src/server.c too); every other takes one.
_FLAGS = {
    *("allow-0rtt", "backup", "check", "check-reuse-pool", "check-send-proxy", "check-ssl"),
    *("agent-check", "check-via-socks4", "disabled", "enabled", "non-stick", "renegotiate"),
    *("force-sslv3", "force-tlsv10", "force-tlsv11", "force-tlsv12", "force-tlsv13"),
    *("send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "ssl"),
    *("ssl-reuse", "stick", "strict-maxconn", "tfo", "tls-tickets"),
}
# More of a template's servers nobody means.
MOST_SLOTS = 1000


def server(
    name: str, where: str, words: Iterable[str], inherited: Mapping[str, str], *, slot: bool = False
) -> HaproxyServer:
    """The server of a line; `inherited` is what `default-server` says."""
    host, port = address(where)
    options_ = options(words, inherited)
    return HaproxyServer(name=name, host=host, port=port, options=options_, slot=slot)


def numbers(text: str) -> range:
    """`3` or `1-3` of a `server-template`.

    Raises:
        ValueError: it is neither, or more than anybody means.
    """
    first, _, last = text.rpartition("-")
    if not last.isdigit() or not (first or "1").isdigit() or int(last) > MOST_SLOTS:
        raise ValueError(f'"{text}" is no number of servers')
    return range(int(first or 1), int(last) + 1)


def options(words: Iterable[str], inherited: Mapping[str, str]) -> dict[str, str]:
    """What words of a line add to those that it inherits."""
    found = dict(inherited)
    rest = iter(words)
    for word in rest:
        if word == "enabled":
            found.pop("disabled", None)
        elif word.startswith("no-") or word in _FLAGS:
            found.pop(word.removeprefix("no-"), None)
            found |= {} if word.startswith("no-") else {word: ""}
        else:
            found[word] = next(rest, "")
    return found


def address(text: str) -> tuple[str, int | None]:
    """Host and port of `HOST:PORT`."""
    text = re.sub(r"^(ipv4|ipv6|tcp4?|tcp6)@", "", text)
    host, _, port = text.rpartition(":")
    if not port.isdigit() or (":" in host and not host.startswith("[")):
        return text.strip("[]"), None
    return host.strip("[]"), int(port)
