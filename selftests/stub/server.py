"""The stub's process: `python -m selftests.stub.server`; it ends with its standard input."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import resource
import socket
import ssl
import struct
import sys
import tempfile
import time
from typing import Any

from chaos.measure.priority import ahead

BACKENDS = 3
UID = "00000000-0000-4000-8000-000000000000"
TCP_CLOSE_WAIT = 8
# Who asks during a hang of half a minute, over a new connection each time, must all find a place.
BACKLOG = 4096
# Of those who waited through a hang the first are served at once, and not all of them at the last.
HANDSHAKES = 2
# Seconds after a hang until it is told when whoever waited was served.
SERVED = 1.0
RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Server:
    """Everything happens in one loop, so that `hang` can stop it all by sleeping."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        # Holds the port while nobody listens: a connection to it is refused, and nobody takes it.
        self._holder = self._bound(0)
        self.port: int = self._holder.getsockname()[1]
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._held: list[socket.socket] = []
        self._accepted = 0
        self._handshakes = asyncio.Semaphore(HANDSHAKES)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._woke = 0.0
        self.served: dict[str, float] = {}
        """When whoever asks in one way was first answered after the last hang."""
        self.mode = ""
        self.options: dict[str, float] = {}
        self.listen()

    def _bound(self, port: int) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", port))
        sock.setblocking(False)
        return sock

    def listen(self) -> None:
        self._listener = self._bound(self.port)
        self._listener.listen(BACKLOG)
        self._loop.add_reader(self._listener, self._accept_all)

    def _accept_all(self) -> None:
        # All that wait, not one a turn: after a hang there are hundreds.
        assert self._listener
        with contextlib.suppress(BlockingIOError):
            while True:
                self._accept(self._listener.accept()[0])

    def _accept(self, sock: socket.socket) -> None:
        backend = self._accepted % BACKENDS
        self._accepted += 1
        # A client that gave up during a hang: without a handshake for each of them, the service is
        # back when the truth says so and not a rush later.
        if sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE_WAIT:
            sock.close()
        elif self.mode == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            sock.close()
        elif self.silent(backend):
            self._held.append(sock)
        else:
            sock.setblocking(False)
            task = self._loop.create_task(self._serve(sock, backend))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket, backend: int) -> None:
        protocol = functools.partial(Connection, self, self._connections, backend)
        with contextlib.suppress(OSError):
            async with self._handshakes:
                # As Go does on every connection, and asyncio not on one that it is handed: there an
                # answer waits until the tickets before it are acknowledged, 40 ms.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await self._loop.connect_accepted_socket(protocol, sock, ssl=self._context)

    def silent(self, backend: int) -> bool:
        return self.mode == "silent" or (self.mode == "third" and backend == 0)

    def begin(self, mode: str, options: dict[str, float]) -> float:
        """Start misbehaving; returns the moment."""
        moment = time.monotonic()
        self.mode, self.options = mode, options
        if mode == "hang":
            time.sleep(options["length"])
            self._woke = time.monotonic()
            self.served = {}
            return moment
        if mode == "refuse":
            assert self._listener
            self._loop.remove_reader(self._listener)
            self._listener.close()
        if mode in ("refuse", "reset"):
            for connection in list(self._connections):
                connection.reset()
        return moment

    def end(self) -> float:
        """Behave again; returns the moment."""
        hung = self.mode == "hang"
        if self.mode == "refuse":
            self.listen()
        self.mode = ""
        for sock in self._held:
            sock.close()
        self._held.clear()
        # Those who waited through a hang were served on waking, before it was our turn here.
        return self._woke if hung else time.monotonic()


class Connection(asyncio.Protocol):
    """One client; HTTP/1.1 with as little as the probes need."""

    def __init__(self, server: Server, register: set[Connection], backend: int) -> None:
        self._server = server
        self._register = register
        self._backend = backend
        self._heard = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._register.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._register.discard(self)

    def reset(self) -> None:
        assert self._transport
        if sock := self._transport.get_extra_info("socket"):  # else its peer has left already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, rest = self._heard.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines)
            length = int(fields.get("content-length", 0))
            if len(rest) < length:
                return
            body, self._heard = rest[:length], rest[length:]
            if not self._server.silent(self._backend):
                close = fields.get("connection") == "close"
                method, url, _ = first.split(" ")
                answer = self._answer(method, url, body)
                later = self._server.options["delay"] if self._server.mode == "slow" else 0
                asyncio.get_running_loop().call_later(later, self._write, answer, close)

    def _answer(self, method: str, url: str, body: bytes) -> bytes:
        mode = self._server.mode
        status = int(self._server.options.get("status", 503)) if mode == "status" else 200
        if mode == "wrong":
            body = b'{"metadata": {"resourceVersion": "1"}, "data": {"value": "another"}}'
        elif method == "PATCH":
            written = json.loads(body)
            version = str(time.monotonic_ns())
            body = json.dumps(
                {"metadata": {"resourceVersion": version}, "data": written["data"]}
            ).encode()
        elif url == "/metrics":
            body = b"process_cpu_seconds_total %f\n" % time.process_time()
        elif url == "/api/v1/namespaces/kube-system":
            body = json.dumps({"metadata": {"uid": UID}}).encode()
        else:
            body = b"ok"
        return b"HTTP/1.1 %d Some\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)

    def _write(self, answer: bytes, close: bool) -> None:
        assert self._transport
        self._transport.write(answer)
        way = "api-read-new" if close else "api-read-reused"
        self._server.served.setdefault(way, time.monotonic())
        if close:
            self._transport.close()


def context_of(order: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=order["ca"])
    context.verify_mode = ssl.CERT_REQUIRED  # a client certificate, as an apiserver's admin has
    with tempfile.NamedTemporaryFile("w") as pair:
        pair.write(order["certificate"] + order["key"])
        pair.flush()
        context.load_cert_chain(pair.name)
    return context


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def broken(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A defect of ours: without an end, whoever waits for a truth would do so for ever."""
    loop.default_exception_handler(context)
    if "handle" in context:
        os._exit(1)


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(broken)
    server = Server(context_of(json.loads(sys.stdin.readline())))
    say(port=server.port)
    over = asyncio.Event()

    def begin(mode: str, options: dict[str, float]) -> None:
        moment = server.begin(mode, options)
        if options.get("tell"):
            say(mode=mode, begin=moment)
        loop.call_at(moment + options["length"], end, mode, moment)

    def end(mode: str, begun: float) -> None:
        ended = server.end()
        if mode == "hang":
            loop.call_later(SERVED, tell, begun, ended)
        else:
            say(mode=mode, begin=begun, end=ended)

    def tell(begun: float, ended: float) -> None:
        say(mode="hang", begin=begun, end=ended, served=server.served)

    def heard() -> None:
        # One line a plan. Unbuffered reads: what is left in a buffer would not wake us.
        part = os.read(0, 65536).decode()
        if not part:
            over.set()
        for line in part.splitlines():
            order = json.loads(line)
            loop.call_at(order.pop("at"), begin, order.pop("mode"), order)

    loop.add_reader(0, heard)
    await over.wait()


if __name__ == "__main__":
    ahead()  # its truths must be true on a busy machine too
    # `silent` keeps all connections of half a minute.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main())
