"""An apiserver of sorts: keeps ConfigMaps, tells of them, and can be made to break its word."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chaos.probes.access import ApiAccess
from lab.pki import authority, issue

NAME = "history.holdfast.test"


@dataclass(slots=True)
class Defects:
    """What it does wrong.

    To the writes and reads named as in `ring 7` or `register 20`: the seventh write of any object
    of the ring; and to the events of these numbers.
    """

    lose: set[str] = field(default_factory=set)
    """Acknowledged, and not kept; of one object named by itself, all of them."""
    hide: set[str] = field(default_factory=set)
    """Kept, and not answered: 503."""
    refuse: set[str] = field(default_factory=set)
    """Kept, and answered with a 409."""
    mistake: set[str] = field(default_factory=set)
    """Kept, and answered with another value."""
    again: set[str] = field(default_factory=set)
    """Applied once more, later."""
    stale: set[str] = field(default_factory=set)
    """The read gets the object's first state."""
    skip: set[int] = field(default_factory=set)
    repeat: set[int] = field(default_factory=set)
    """This event is left out, or told twice."""
    cut: set[int] = field(default_factory=set)
    """After this event the stream breaks off."""
    forget: bool = False
    """Whoever resumes a watch is told 410."""
    deaf: bool = False
    """Whoever resumes a watch is told 503."""


class Store:
    """ConfigMaps by name, each write a version, every change kept for the watches."""

    def __init__(self) -> None:
        self.version = 100
        self.objects: dict[str, dict[str, Any]] = {}
        self.first: dict[str, dict[str, Any]] = {}
        self.log: list[dict[str, Any]] = []
        self.defects = Defects()
        self.writes: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        self.watches = self.told = 0
        self.news = asyncio.Event()

    def read(self, name: str) -> tuple[int, Any]:
        stale = _count(self.reads, name) in self.defects.stale
        held = self.first if stale else self.objects
        return (200, held[name]) if name in held else (404, {"reason": "NotFound"})

    def write(self, name: str, body: dict[str, Any], method: str) -> tuple[int, Any]:
        there = self.objects.get(name)
        expected = body["metadata"].get("resourceVersion")
        if method == "POST" and there:
            return 409, {"reason": "AlreadyExists"}
        if method == "PUT" and (not there or there["metadata"]["resourceVersion"] != expected):
            return 409, {"reason": "Conflict"}
        number = _count(self.writes, name)
        if {number, name} & self.defects.lose:
            self.version += 1
            return 200, self._object(name, body)
        made = self.keep(name, body)
        if number in self.defects.again:
            asyncio.get_running_loop().call_later(0.3, self.keep, name, body)
        if number in self.defects.hide:
            return 503, {}
        if number in self.defects.mistake:
            return 200, {**made, "data": {"value": "somebody's"}}
        return (409, {}) if number in self.defects.refuse else (200, made)

    def keep(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        made = self._object(name, body)
        kind = "MODIFIED" if name in self.objects else "ADDED"
        self.objects[name] = made
        self.first.setdefault(name, made)
        self.log.append({"type": kind, "object": made})
        self.news.set()
        return made

    def _object(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        meta = {"name": name, "resourceVersion": str(self.version)}
        return {"metadata": meta, "data": body["data"]}


def _count(counter: Counter[str], name: str) -> str:
    """Count it, and say what number it is of its sort."""
    sort = name.split("-")[1] if name.startswith("holdfast-register") else "ring"
    counter[sort] += 1
    return f"{sort} {counter[sort]}"


class Server:
    """The store behind HTTP over TLS, in a thread of its own."""

    def __init__(self) -> None:
        self._ca = authority("history-ca")
        self._served = issue(self._ca, "history", names=[NAME], addresses=["127.0.0.1"])
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.port = 0

    def access(self) -> ApiAccess:
        return ApiAccess(host="127.0.0.1", port=self.port, ca=self._ca.certificate)

    def keep(self, name: str, value: str) -> None:
        """Somebody writes."""
        body = {"metadata": {"name": name}, "data": {"value": value}}
        self._loop.call_soon_threadsafe(self.store.keep, name, body)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    async def _run(self) -> None:
        self.store = Store()
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w") as pair:
            pair.write(self._served.certificate + self._served.key)
            pair.flush()
            context.load_cert_chain(pair.name)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, target, _ = head[0].split(" ")
                fields = dict(one.lower().split(": ", 1) for one in head[1:] if one)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                query = parse_qs(urlsplit(target).query)
                if "watch" in query:
                    await self._watch(writer, int(query["resourceVersion"][0]))
                    break
                path = urlsplit(target).path
                status, answer = self._answer(method, path, body)
                _write(writer, status, answer)
        writer.transport.abort()

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        store = self.store
        name = path.partition("/configmaps/")[2]
        if method == "GET" and not name:
            items = list(store.objects.values())
            return 200, {"metadata": {"resourceVersion": str(store.version)}, "items": items}
        if method == "GET":
            return store.read(name)
        asked = json.loads(body)
        return store.write(name or asked["metadata"]["name"], asked, method)

    async def _watch(self, writer: asyncio.StreamWriter, since: int) -> None:
        store, defects = self.store, self.store.defects
        store.watches += 1
        if store.watches > 1 and (defects.deaf or defects.forget):
            status = 503 if defects.deaf else 410
            defects.forget = False
            _write(writer, status, {})
            return
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        place = 0
        while True:
            for event in store.log[place:]:
                place += 1
                if int(event["object"]["metadata"]["resourceVersion"]) <= since:
                    continue
                store.told += 1
                line = json.dumps(event).encode() + b"\n"
                times = 0 if store.told in defects.skip else 1 + (store.told in defects.repeat)
                for _ in range(times):
                    writer.write(b"%x\r\n%b\r\n" % (len(line), line))
                if store.told in defects.cut:
                    await writer.drain()
                    return
            store.news.clear()
            await store.news.wait()


def _write(writer: asyncio.StreamWriter, status: int, answer: Any) -> None:
    content = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status} Some\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
