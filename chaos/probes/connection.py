"""One TLS connection, in steps whose failures can be told apart."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess, is_address, tls_context

# A thread can hang for a resolver's whole patience (10 s and more), long after the attempt that
# wanted it timed out. Enough of them that the attempts after the name server's return find one.
_RESOLVERS = 256


@dataclass(slots=True)
class Connection:
    """A connection that stands. `peer` names the server's certificate.

    Behind a balancer that passes TLS through, `peer` tells which apiserver it is: the first 8 hex
    digits of the SHA-256 of its certificate (DER).
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    peer: str

    @property
    def lost(self) -> str:
        """Why it is of no use any more: the peer reset it or hung up; empty while it stands."""
        if error := self.reader.exception():
            return f"{type(error).__name__}: {error}"
        return "closed by the peer" if self.reader.at_eof() else ""

    def send(self, words: bytes) -> None:
        """Send this.

        Raises:
            ConnectionResetError: it is closed (uvloop calls it a defect to write to such a one).
        """
        if self.writer.is_closing():
            raise ConnectionResetError(self.lost or "closed")
        self.writer.write(words)

    def drop(self) -> None:
        """Close it at once, without a farewell."""
        self.writer.transport.abort()


async def connect(access: ApiAccess, attempt: Attempt, *, protocol: str = "http/1.1") -> Connection:
    """Resolve, connect, speak TLS; the attempt's phase is `dns`, `connect`, `tls` in turn.

    Args:
        access: whom to reach.
        attempt: what this is part of.
        protocol: what will be spoken, as ALPN names it.

    Raises:
        socket.gaierror: the name was not resolved.
        OSError: no connection, or (ssl.SSLError) no session.
    """
    context = tls_context(access, protocol)
    return await dial(access.host, access.port, attempt, context=context, name=access.expected_name)


async def dial(
    host: str,
    port: int,
    attempt: Attempt,
    *,
    context: ssl.SSLContext | None = None,
    name: str | None = None,
) -> Connection:
    """As `connect`, to anything.

    Args:
        host: a name or an address.
        port: its TCP port.
        attempt: what this is part of.
        context: of TLS; without it the connection is a plain one, whose `peer` is empty.
        name: what the certificate must name, by default the host.

    Raises:
        OSError: as in `connect`.
    """
    attempt.phase = "dns"
    address = host if is_address(host) else await _resolve(host, port)
    attempt.phase = "connect"
    # The loop makes the socket itself: uvloop would leave one that is ours open, its number in
    # other hands, when it is cancelled while it takes it over.
    reader, writer = await asyncio.open_connection(address, port)
    if context is None:
        return Connection(reader, writer, "")
    attempt.phase = "tls"
    plain = writer.transport
    try:
        await writer.start_tls(context, server_hostname=name or host)
    except BaseException:
        plain.abort()
        raise
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return Connection(reader, writer, hashlib.sha256(certificate).hexdigest()[:8])


async def _resolve(host: str, port: int) -> str:
    """The first address of a name: going on to the next one would be a retry."""
    look_up = functools.partial(
        socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    found = await asyncio.get_running_loop().run_in_executor(_resolvers(), look_up)
    return str(found[0][4][0])


@functools.cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")
