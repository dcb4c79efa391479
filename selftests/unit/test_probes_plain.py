"""Probes that ask no API: a node's port, a name, and what users want to know themselves."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from pydantic import ValidationError

from chaos.cluster.inventory_probes import UserProbes
from chaos.measure.errors import SamplerError
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, Probe, build
from chaos.probes import kinds
from chaos.probes.connection import dial
from chaos.probes.dns import BadDns, addresses, question
from chaos.probes.http import exchange
from selftests.unit.probes_support import Asked, Server, seen, serving

NAME = "api.example.test"


async def plainly(answer: bytes) -> tuple[asyncio.Server, int, list[bytes]]:
    """A server without TLS that answers each request so; nothing hangs up."""
    asked: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
        except EOFError:
            asked.append(b"")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1], asked


def run(scene: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await scene()

    return uvloop.run(whole())


def http(status: int, body: str = "") -> bytes:
    return f"HTTP/1.1 {status} Some\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def nobody() -> int:
    """A port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def once(probe: Probe, **how: float) -> tuple[Outcome, dict[str, Any]]:
    await probe.prepare()
    outcome, attempt = await seen(probe, **how)  # type: ignore[arg-type]
    await probe.close()
    return outcome, attempt.detail


def test_what_is_sent_over_a_closed_connection_is_an_error_of_it() -> None:
    async def scene() -> None:
        server, port, _ = await plainly(b"")
        async with server:
            connection = await dial("127.0.0.1", port, Attempt(0))
            connection.drop()
            with pytest.raises(ConnectionResetError):
                await exchange(connection, b"GET / HTTP/1.1\r\n\r\n", Attempt(1))

    run(scene)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (http(200, "hello"), Outcome.OK),
        (http(404), Outcome.OK),
        (http(503), Outcome.SERVER_ERROR),
        (b"SSH-2.0\r\n\r\n", Outcome.WRONG),
        (b"", Outcome.RESET),
    ],
)
def test_a_service_at_a_nodes_port(answer: bytes, outcome: Outcome) -> None:
    async def scene() -> None:
        server, port, asked = await plainly(answer)
        how: dict[str, Any] = {"host": "127.0.0.1", "port": port, "http": True}
        said, _ = await once(build(kinds()["service-node-port"].spec(path="w-1", **how)))
        assert said is outcome
        assert asked[0].startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")
        server.close()

    run(scene)


def test_a_service_that_speaks_no_http_is_ok_when_it_takes_the_connection() -> None:
    async def scene() -> None:
        server, port, _ = await plainly(b"")
        how: dict[str, Any] = {"host": "127.0.0.1", "port": port, "http": False}
        assert await once(build(kinds()["service-node-port"].spec(**how))) == (Outcome.OK, {})
        how["port"] = nobody()
        said, detail = await once(build(kinds()["service-node-port"].spec(**how)))
        assert (said, detail["phase"]) == (Outcome.CONNECT, "connect")
        server.close()

    run(scene)


def answer_to(asked: bytes, *, code: int = 0, found: tuple[str, ...] = ("198.18.0.1",)) -> bytes:
    """An answer, with an alias before the addresses."""
    head = asked[:2] + struct.pack(">5H", 0x8180 | code, 1, len(found) + bool(found), 0, 0)
    alias = bytes.fromhex("c00c000500010000001e0002c00c") if found else b""
    records = b"".join(
        bytes.fromhex("c00c000100010000001e0004") + socket.inet_aton(one) for one in found
    )
    return head + asked[12:] + alias + records


def test_a_question_is_what_dns_wants() -> None:
    asked = question("api.example.test.", 0x1234)
    assert asked.hex() == ("12340100000100000000000003617069076578616d706c6504746573740000010001")


def test_the_addresses_in_an_answer() -> None:
    asked = question(NAME, 7)
    two = answer_to(asked, found=("198.18.0.1", "198.18.0.2"))
    assert addresses(two, 7) == ("198.18.0.1", "198.18.0.2")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answer_to(question(NAME, 8)), "no answer to our question"),
        (question(NAME, 7), "no answer to our question"),
        (answer_to(question(NAME, 7), code=3, found=()), "NXDOMAIN"),
        (answer_to(question(NAME, 7), code=11, found=()), "code 11"),
        (answer_to(question(NAME, 7), found=()), "no address"),
        (answer_to(question(NAME, 7))[:-8], "no answer"),
        (b"\0\7", "no answer"),
    ],
)
def test_what_is_no_address_says_why(answer: bytes, why: str) -> None:
    with pytest.raises(BadDns, match=why):
        addresses(answer, 7)


class Resolver(asyncio.DatagramProtocol):
    """A DNS server that answers as it is told."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.answer, self.asked = answer, 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked += 1
        said = self.answer(data)
        if said is not None:
            self.transport.sendto(said, addr)


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (answer_to, Outcome.OK, {}),
        (
            lambda asked: answer_to(asked, found=("198.18.0.9",)),
            Outcome.WRONG,
            {"error": "it stands for 198.18.0.9"},
        ),
        (
            lambda asked: answer_to(asked, code=2, found=()),
            Outcome.DNS,
            {"error": "SERVFAIL"},
        ),
        (lambda _: None, Outcome.TIMEOUT, {}),
    ],
)
def test_the_name_of_the_api(answer: Any, outcome: Outcome, detail: dict[str, Any]) -> None:
    async def scene() -> None:
        resolver = Resolver(answer)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: resolver, local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        how: dict[str, Any] = {
            "name": NAME,
            "resolver": "127.0.0.1",
            "port": port,
            "address": "198.18.0.1",
        }
        probe = build(kinds()["api-name"].spec(path="127.0.0.1", **how))
        said, attempt = await seen(probe, 70_000, within=0.2)
        # The phase makes the sampler's time-out a `dns` too.
        assert (said, attempt.detail, attempt.phase) == (outcome, detail, "dns")
        assert resolver.asked == 1
        transport.close()

    run(scene)


def test_a_resolver_that_is_not_there_is_dns() -> None:
    async def scene() -> None:
        how: dict[str, Any] = {"name": NAME, "resolver": "127.0.0.1", "port": nobody()}
        said, detail = await once(build(kinds()["api-name"].spec(path="127.0.0.1", **how)))
        assert said is Outcome.DNS
        assert "refused" in detail["error"]

    run(scene)


@pytest.mark.parametrize(
    ("answer", "options", "outcome"),
    [
        (http(200, "all is well"), {}, Outcome.OK),
        (http(200, "all is well"), {"expect": "well"}, Outcome.OK),
        (http(200, "all is well"), {"expect": "bad"}, Outcome.WRONG),
        (http(302), {}, Outcome.WRONG),
        (http(302), {"status": 302}, Outcome.OK),
        (http(503), {"status": 503}, Outcome.OK),
        (http(200), {"status": 302}, Outcome.WRONG),
        (http(500), {"status": 302}, Outcome.SERVER_ERROR),
        (http(429), {}, Outcome.THROTTLED),
    ],
)
def test_a_users_url(answer: bytes, options: dict[str, Any], outcome: Outcome) -> None:
    async def scene() -> None:
        server, port, asked = await plainly(answer)
        url = f"http://127.0.0.1:{port}/shop?open=1"
        probe = build(kinds()["user-http"].spec(path="shop", url=url, **options))
        assert (await once(probe))[0] is outcome
        first, host, *_ = asked[0].split(b"\r\n")
        assert (first, host) == (b"GET /shop?open=1 HTTP/1.1", b"Host: 127.0.0.1:%d" % port)
        server.close()

    run(scene)


def test_a_users_url_over_tls_is_asked_with_the_authority_given() -> None:
    async def answer(asked: Asked) -> None:
        asked.answer(200, b"fine")

    async def scene() -> None:
        server: Server
        async with serving(answer) as server:
            url = f"https://127.0.0.1:{server.port}"
            kind = kinds()["user-http"]
            probe = build(kind.spec(path="shop", url=url, ca=server.access().ca))
            assert (await once(probe))[0] is Outcome.OK
            assert (await once(build(kind.spec(path="shop", url=url))))[0] is Outcome.TLS

    run(scene)


def test_a_users_port() -> None:
    async def scene() -> None:
        server, port, _ = await plainly(b"")
        kind = kinds()["user-tcp"]
        assert await once(build(kind.spec(path="db", host="127.0.0.1", port=port))) == (
            Outcome.OK,
            {},
        )
        said, _ = await once(build(kind.spec(path="db", host="127.0.0.1", port=nobody())))
        assert said is Outcome.CONNECT
        server.close()

    run(scene)


def vector(*values: str) -> str:
    found = ",".join(f'{{"metric": {{}}, "value": [1, "{value}"]}}' for value in values)
    return f'{{"status": "success", "data": {{"resultType": "vector", "result": [{found}]}}}}'


SCALAR = '{"data": {"resultType": "scalar", "result": [1, "0.5"]}}'
MATRIX = '{"data": {"resultType": "matrix", "result": []}}'


@pytest.mark.parametrize(
    ("body", "budget", "outcome", "value"),
    [
        (vector("0.2", "0.9"), {"at_most": 1.0}, Outcome.OK, 0.9),
        (vector("0.2", "1.5", "1.1"), {"at_most": 1.0}, Outcome.WRONG, 1.5),
        (vector("3", "2"), {"at_least": 3}, Outcome.WRONG, 2),
        (vector("3"), {"at_least": 3, "at_most": 3}, Outcome.OK, 3),
        (vector("5", "0"), {"at_least": 1, "at_most": 9}, Outcome.WRONG, 0),
        (vector("0", "NaN"), {"at_most": 1}, Outcome.WRONG, "nan"),
        (vector("+Inf"), {"at_most": 1}, Outcome.WRONG, "inf"),
        (SCALAR, {"at_most": 1}, Outcome.OK, 0.5),
        (vector(), {"at_most": 1}, Outcome.WRONG, None),  # no data is no pass
        (MATRIX, {"at_most": 1}, Outcome.WRONG, None),
        ("<html>", {"at_most": 1}, Outcome.WRONG, None),
    ],
)
def test_a_users_query(body: str, budget: dict[str, Any], outcome: Outcome, value: Any) -> None:
    async def scene() -> None:
        server, port, asked = await plainly(http(200, body))
        how: dict[str, Any] = {"url": f"http://127.0.0.1:{port}/", "query": 'sum(up{job="a&b"})'}
        said, detail = await once(build(kinds()["user-promql"].spec(path="up", **how, **budget)))
        assert (said, detail.get("value")) == (outcome, value)
        assert asked[0].startswith(
            b"GET /api/v1/query?query=sum%28up%7Bjob%3D%22a%26b%22%7D%29 HTTP/1.1\r\n"
        )
        server.close()

    run(scene)


def test_a_query_that_is_refused_has_the_class_of_its_status() -> None:
    async def scene() -> None:
        server, port, _ = await plainly(http(422, "{}"))
        how: dict[str, Any] = {"url": f"http://127.0.0.1:{port}", "query": "(", "at_most": 1}
        said, detail = await once(build(kinds()["user-promql"].spec(path="up", **how)))
        assert (said, detail["status"]) == (Outcome.WRONG, 422)
        server.close()

    run(scene)


@pytest.mark.parametrize("url", ["ftp://x", "shop.test", "https://"])
def test_what_is_no_url_is_told_when_the_probe_is_made(url: str) -> None:
    with pytest.raises(SamplerError, match="is no http:// or https:// URL"):
        build(kinds()["user-http"].spec(path="shop", url=url))


def test_users_write_their_probes_into_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("PEM")
    query = {"name": "errors", "url": "http://p.test", "query": "e", "at_most": 0.01, "rate": 0.2}
    own = UserProbes.model_validate(
        {
            "http": [{"name": "shop", "url": "https://shop.test/", "ca": "ca.pem"}],
            "tcp": [{"name": "db", "host": "db.test", "port": 5432, "timeout": "0.5s"}],
            "promql": [query],
        }
    )
    assert [(one.kind, one.rate, one.timeout) for one in own.all] == [
        ("user-http", None, None),
        ("user-tcp", None, timedelta(seconds=0.5)),
        ("user-promql", 0.2, None),
    ]
    assert {one.kind for one in own.all} <= set(kinds())
    assert [one.options(tmp_path) for one in own.all] == [
        {"url": "https://shop.test/", "ca": "PEM"},
        {"host": "db.test", "port": 5432},
        {"url": "http://p.test", "query": "e", "at_most": 0.01},
    ]


@pytest.mark.parametrize(
    ("kind", "part", "told"),
    [
        ("http", {"url": "shop.test"}, "is no http:// or https:// URL"),
        ("http", {"url": "https://"}, "is no http:// or https:// URL"),
        ("http", {"url": "http://x", "name": "A b"}, "pattern"),
        ("http", {"url": "http://x", "rate": 50}, "less than or equal to 20"),
        ("http", {"url": "http://x", "method": "POST"}, "not permitted"),
        ("promql", {"url": "http://x", "query": "e"}, "at_least or at_most"),
        ("icmp", {}, "not permitted"),
    ],
)
def test_what_is_wrong_with_a_users_probe_is_told(
    kind: str, part: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        UserProbes.model_validate({kind: [{"name": "a", **part}]})
