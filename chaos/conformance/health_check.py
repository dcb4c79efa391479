"""Whether a balancer's health check tells that an apiserver serves.

Source: HAProxy 3.0 Configuration Manual, https://docs.haproxy.org/3.0/configuration.html, and
kubernetes.io, "Kubernetes API health endpoints".
"""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import parse_qsl

from chaos.cluster.facts import HaproxyBackend, HaproxyServer
from chaos.conformance.expectations import accepted

PATH = "/readyz"


def shallow(
    backend: HaproxyBackend, server: HaproxyServer, turned_away: frozenset[int] = frozenset()
) -> str:
    """Why a server's check does not tell whether the apiserver serves; empty if it does.

    Args:
        turned_away: the statuses with which apiservers turn strangers away from /readyz.
    """
    if "httpchk" not in backend.options:
        return _no_http(backend, server)
    if not _over_tls(backend, server):
        return "the check speaks plain HTTP to a TLS port, which never passes: add check-ssl"
    asked = _path(backend)
    path, _, query = asked.partition("?")
    if path != PATH:
        return f"the check asks {asked}, which does not tell whether it is ready: ask {PATH}"
    if any(name == "exclude" for name, _ in parse_qsl(query, keep_blank_values=True)):
        return f"the check asks {asked}, which leaves a part out of what ready means"
    return accepted(backend, turned_away)


def asked_at(backend: HaproxyBackend, server: HaproxyServer) -> tuple[str, int | None]:
    """The address and port that a server's check asks; the server's own unless it says so."""
    host, port = server.options.get("addr", server.host), server.options.get("port", "")
    for line in backend.http_checks:
        words = line.split()
        if words[1:2] == ["connect"]:
            said = dict(pairwise(words[2:]))
            host, port = said.get("addr", host), said.get("port", port)
    return host, int(port) if port.isdigit() else server.port


def _no_http(backend: HaproxyBackend, server: HaproxyServer) -> str:
    if "ssl-hello-chk" in backend.options:
        return "the check is a TLS hello, which an apiserver without etcd answers as well"
    sends = any(line.startswith("tcp-check send") for line in backend.http_checks)
    if "tcp-check" in backend.options and sends:
        if not _over_tls(backend, server):
            return "the check speaks plain text to a TLS port: it never gets a true answer"
        return f"the check sends bytes of its own: use option httpchk, and ask {PATH}"
    return "the check is a plain TCP connect, which an apiserver that hangs passes as well"


def _over_tls(backend: HaproxyBackend, server: HaproxyServer) -> bool:
    if "check-ssl" in server.options or "ssl" in server.options:
        return True
    lines = [line.split() for line in backend.http_checks]
    return any(words[1:2] == ["connect"] and "ssl" in words for words in lines)


def _path(backend: HaproxyBackend) -> str:
    """What the check asks for: the last `http-check send` that says it, else `option httpchk`."""
    path = "/"
    lines = [line.split() for line in backend.http_checks]
    for words in lines:
        if words[:2] == ["option", "httpchk"]:
            path = next((word for word in words[2:4] if word.startswith("/")), path)
    for words in lines:
        if words[:2] == ["http-check", "send"] and "uri" in words[:-1]:
            path = words[words.index("uri") + 1]
    return path
