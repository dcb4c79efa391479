"""Asking with no certificate and no token: what answers that lets strangers in."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from chaos.cluster.collect.served import LIMIT
from chaos.cluster.facts import Anonymous
from chaos.cluster.parallel import together


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask for what; all of it over TLS, with nothing to show."""

    what: str
    node: str | None
    host: str
    port: int
    path: str


def ask(asked: Iterable[Asking]) -> tuple[Anonymous, ...]:
    """Ask all of them, once each."""
    tasks = {one: partial(_ask, one) for one in asked}
    return tuple(r for r in together(tasks).values() if isinstance(r, Anonymous))


def _ask(asked: Asking) -> Anonymous:
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    answer = partial(
        Anonymous,
        what=asked.what,
        node=asked.node,
        address=f"{host}:{asked.port}",
        path=asked.path,
    )
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    seconds = LIMIT.total_seconds()
    try:
        plain = socket.create_connection((asked.host, asked.port), timeout=seconds)
    except OSError as error:
        return answer(status=None, ended=error.strerror or str(error), reached=False)
    try:
        with plain, anything.wrap_socket(plain, server_hostname=asked.host) as tls:
            words = f"GET {asked.path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            tls.sendall(words.encode())
            line = tls.makefile("rb").readline(200).decode(errors="replace").split()
    except ssl.SSLError as error:
        return answer(status=None, ended=error.reason or str(error))
    except TimeoutError:
        return answer(status=None, ended=f"no answer within {seconds:g} s", reached=False)
    except OSError as error:
        return answer(status=None, ended=error.strerror or str(error))
    if len(line) > 1 and line[0].startswith("HTTP/") and line[1].isdigit():
        return answer(status=int(line[1]))
    return answer(status=None, ended="it ended the connection")
