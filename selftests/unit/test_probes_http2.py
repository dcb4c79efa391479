"""HTTP/2 as the probes speak it, against a server whose headers are those of Go's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, build
from chaos.probes import h2 as h2_module
from chaos.probes import h2_frames as h2
from chaos.probes import kinds
from chaos.probes.h2 import H2Connection
from chaos.probes.h2_frames import Frame, GoneAway
from chaos.probes.http import BadAnswer
from selftests.unit.probes_support import (
    BLOCKS,
    DATA,
    GOAWAY,
    HEADERS,
    PING,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Asked,
    Server,
    ok,
    seen,
    serving,
)

QUICK = {"read_idle": 0.1, "ping_timeout": 0.1}


def run(
    scene: Callable[[Server], Awaitable[Any]], handler: Callable[[Asked], Any] = ok, **how: Any
) -> Any:
    async def whole() -> Any:
        async with serving(handler, **how) as server, asyncio.timeout(10):
            return await scene(server)

    return uvloop.run(whole())


async def opened(server: Server, **how: float) -> H2Connection:
    return await H2Connection.open(server.access(), Attempt(0), **how)


@pytest.mark.parametrize("status", BLOCKS)
def test_the_status_is_read_from_what_go_sends(status: int) -> None:
    assert h2.status_of(BLOCKS[status]) == status
    assert h2.status_of(b"\x20" + BLOCKS[status]) == status
    assert h2.status_of(b"\x3f\xe1\x1f" + BLOCKS[status]) == status  # a table of 4096


@pytest.mark.parametrize(
    ("block", "status"),
    [
        ("48826402", 302),  # RFC 7541, C.6.1: Huffman, and to be indexed
        ("4883640eff", 307),  # C.6.2
        ("4803333037", 307),  # C.5.2: written out
        ("0803353033", 503),
        ("18836c0cff", 503),  # never to be indexed; 011011 00000 011001 and ones
        ("08821001", 200),
        ("088369a7ff", 449),
    ],
)
def test_a_status_that_is_written_out(block: str, status: int) -> None:
    assert h2.status_of(bytes.fromhex(block)) == status


@pytest.mark.parametrize("block", ["", "82", "c0", "0f1296c361", "48", "480378", "0003666f6f01"])
def test_what_does_not_begin_with_a_status_is_no_answer(block: str) -> None:
    with pytest.raises(BadAnswer):
        h2.status_of(bytes.fromhex(block))


def test_padding_and_priority_are_no_content() -> None:
    padded = Frame(h2.Kind.DATA, 0x8, 1, b"\x03hello\0\0\0")
    assert padded.content == b"hello"
    both = Frame(h2.Kind.HEADERS, 0x28, 1, b"\x01" + b"\0" * 5 + b"\x88\0")
    assert both.content == b"\x88"
    with pytest.raises(BadAnswer):
        _ = Frame(h2.Kind.DATA, 0x8, 1, b"\x05abc").content


def test_a_request_arrives_as_it_was_meant() -> None:
    async def scene(server: Server) -> None:
        token, url = "t0ken" * 60, "/x?y=" + "z" * 200
        connection = await H2Connection.open(server.access(token=token), Attempt(0))
        for method, body in [("GET", b""), ("POST", b"new"), ("PATCH", b"changed")]:
            attempt = Attempt(0)
            answer = await connection.ask(method, url, attempt, body=body, content_type="a/b")
            assert (answer.status, answer.body) == (200, b"ok")
            assert (attempt.phase, attempt.detail) == ("answer", {"peer": connection.peer})
            asked = server.asked[-1]
            assert (asked.method, asked.url, asked.body) == (method, url, body)
            assert asked.fields["authorization"] == f"Bearer {token}"
            assert asked.fields[":authority"] == f"127.0.0.1:{server.port}"
            assert asked.fields.get("content-type") == ("a/b" if body else None)
        assert [asked.stream for asked in server.asked] == [1, 3, 5]
        kind, _, _, settings = server.connections[0].frames[0]
        assert kind == SETTINGS
        pairs = [settings[at : at + 6].hex() for at in range(0, len(settings), 6)]
        assert {"000100000000", "000200000000"} <= set(pairs)  # no dynamic table, no push
        connection.drop()

    run(scene)


def test_answers_come_in_any_order_and_a_hundred_frames() -> None:
    async def slow_first(asked: Asked) -> None:
        if asked.url == "/slow":
            asyncio.get_running_loop().call_later(0.05, asked.answer, 200, b"slow")
        else:
            asked.answer(200, b"x" * 1_000_000 if asked.url == "/big" else b"quick")

    async def scene(server: Server) -> None:
        connection = await opened(server)
        urls = ["/slow", "/quick", "/big", "/big"]
        said = await asyncio.gather(*(connection.ask("GET", url, Attempt(0)) for url in urls))
        assert [len(one.body) for one in said] == [4, 5, 1_000_000, 1_000_000]
        # What was received was allowed again, or such a server would stop sending one day.
        await connection.ask("GET", "/quick", Attempt(0))
        allowed = [f for f in server.connections[0].frames if f[0] == WINDOW_UPDATE]
        assert sum(int.from_bytes(f[3], "big") for f in allowed[1:] if f[2] == 0) >= 1 << 20
        connection.drop()

    run(scene, slow_first)


def test_an_answer_that_does_not_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server)
        with pytest.raises(BadAnswer, match="does not end"):
            await connection.ask("GET", "/", Attempt(0))
        connection.drop()

    monkeypatch.setattr(h2_module, "MOST", 1)
    run(scene)


def test_one_that_is_not_waited_for_is_taken_back_and_spoils_nothing() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connection.ask("GET", "/never", Attempt(0))
        assert (await connection.ask("GET", "/", Attempt(0))).body == b"ok"
        frames = server.connections[0].frames
        assert (RST_STREAM, 0, 1, (8).to_bytes(4, "big")) in frames
        server.asked[0].answer(200, b"too late")
        assert (await connection.ask("GET", "/", Attempt(0))).body == b"ok"
        connection.drop()

    run(scene, lambda asked: None if asked.url == "/never" else ok(asked))


def test_a_silent_peer_is_noticed_by_its_pings_alone() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server, **QUICK)
        begun = time.monotonic()
        with pytest.raises(ConnectionResetError, match="no answer to a ping"):
            await connection.ask("GET", "/", Attempt(0))
        assert 0.18 < time.monotonic() - begun < 0.5
        assert connection.lost == "no answer to a ping"
        assert [f[0] for f in server.connections[0].frames].count(PING) == 1

    run(scene, lambda _: None, answers_pings=False)


def test_a_peer_that_answers_pings_is_kept_however_quiet_it_is() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server, **QUICK)
        await asyncio.sleep(0.5)
        assert not connection.lost
        assert 2 <= [f[0] for f in server.connections[0].frames].count(PING) <= 5
        connection.drop()

    run(scene)


def test_a_ping_of_the_peer_is_answered() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server)
        await connection.ask("GET", "/", Attempt(0))
        server.connections[0].frame(PING, b"01234567")
        for _ in range(2):  # it was read before the first answer, so answered before the second
            await connection.ask("GET", "/", Attempt(0))
        assert (PING, 1, 0, b"01234567") in server.connections[0].frames
        connection.drop()

    run(scene)


def test_goaway_ends_what_was_not_handled_and_lets_the_rest_end() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server)
        first = asyncio.create_task(connection.ask("GET", "/1", Attempt(0)))
        second = asyncio.create_task(connection.ask("GET", "/3", Attempt(0)))
        async with asyncio.timeout(1):
            await both.wait()
        server.connections[0].frame(GOAWAY, (1).to_bytes(4, "big") + bytes(4))
        with pytest.raises(GoneAway):
            await second
        assert connection.lost == "GOAWAY"
        server.asked[0].answer(200, b"still")
        assert (await first).body == b"still"
        async with asyncio.timeout(1):
            await server.connections[0].ended.wait()  # closed, now that nothing is left

    both = asyncio.Event()
    run(scene, lambda asked: both.set() if asked.stream == 3 else None)


def probe_of(server: Server, **options: Any) -> Any:
    return build(kinds()["api-read-http2"].spec(server.access(), **options))


def test_the_probe_keeps_one_connection_for_all() -> None:
    async def scene(server: Server) -> None:
        probe = probe_of(server)
        await probe.prepare()
        said = await asyncio.gather(*(seen(probe, tick) for tick in range(20)))
        assert {outcome for outcome, _ in said} == {Outcome.OK}
        assert not any("reopened" in attempt.detail for _, attempt in said)
        assert len(server.connections) == 1
        await probe.close()

    run(scene)


def test_each_way_of_failing_over_http2_has_its_class() -> None:
    def misbehave(asked: Asked) -> None:
        connection = asked.connection
        match asked.url:
            case "/away":
                connection.frame(GOAWAY, bytes(8))
            case "/reset":
                connection.frame(RST_STREAM, (2).to_bytes(4, "big"), stream=asked.stream)
            case "/hangup":
                connection.drop()
            case "/garbage":
                connection.writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            case "/bodily":
                connection.frame(DATA, b"ok", flags=1, stream=asked.stream)
            case "/headless":
                connection.frame(HEADERS, b"\x82", flags=5, stream=asked.stream)
            case "/hint":
                connection.frame(HEADERS, b"\x08\x03103", flags=4, stream=asked.stream)
                ok(asked)
            case "/wrong":
                asked.answer(200, b"something else")
            case "/never":
                pass
            case url:
                asked.answer(int(url[1:]), b"")

    async def scene(server: Server) -> None:
        async def one(url: str) -> tuple[Outcome, Any]:
            probe = probe_of(server, url=url, expect="ok")
            outcome, attempt = await seen(probe, within=0.2)
            await probe.close()
            return outcome, attempt.detail.get("status") or attempt.phase

        assert await one("/away") == (Outcome.GOAWAY, "answer")
        assert await one("/reset") == (Outcome.RESET, "answer")
        frames = server.connections[-1].frames
        assert RST_STREAM not in [kind for kind, *_ in frames]  # it is over already
        assert await one("/hangup") == (Outcome.RESET, "answer")
        assert await one("/garbage") == (Outcome.WRONG, "answer")
        assert await one("/headless") == (Outcome.WRONG, "answer")
        assert await one("/bodily") == (Outcome.WRONG, "answer")
        assert await one("/wrong") == (Outcome.WRONG, "answer")
        assert await one("/never") == (Outcome.TIMEOUT, "answer")
        assert await one("/429") == (Outcome.THROTTLED, 429)
        assert await one("/503") == (Outcome.SERVER_ERROR, 503)
        assert await one("/403") == (Outcome.UNAUTHORIZED, 403)
        assert await one("/hint") == (Outcome.OK, "answer")

    run(scene, misbehave)


def test_a_server_without_http2_is_told() -> None:
    async def scene(server: Server) -> None:
        probe = probe_of(server)
        await probe.prepare()  # no news: what fails here fails again
        outcome, attempt = await seen(probe)
        assert outcome is Outcome.WRONG
        assert attempt.detail["error"] == "the server speaks no HTTP/2"

    run(scene, protocols=("http/1.1",))


def farewell(asked: Asked, last: int, code: int = 0) -> None:
    """What a server says when it handles what came up to the last, and no more."""
    asked.connection.frame(GOAWAY, last.to_bytes(4, "big") + code.to_bytes(4, "big"))


def away(scene: Callable[[Any, Server], Awaitable[None]], second: Callable[[Asked], None]) -> None:
    """A server that says farewell in this way at the second request."""

    def once(asked: Asked) -> None:
        (second if len(asked.connection.server.asked) == 2 else ok)(asked)

    async def with_probe(server: Server) -> None:
        probe = probe_of(server)
        await scene(probe, server)
        await probe.close()

    run(with_probe, once)


def test_one_that_is_asked_to_move_fails_nothing() -> None:
    def answered(asked: Asked) -> None:
        ok(asked)
        farewell(asked, asked.stream)

    async def scene(probe: Any, server: Server) -> None:
        said = [await seen(probe, tick) for tick in range(2)]
        async with asyncio.timeout(1):
            await server.connections[0].ended.wait()
        said += [await seen(probe, tick) for tick in range(2, 4)]
        assert [outcome for outcome, _ in said] == [Outcome.OK] * 4
        reopened = [attempt.detail.get("reopened") for _, attempt in said]
        assert reopened == ["there was none", None, "GOAWAY", None]
        assert len(server.connections) == 2

    away(scene, answered)


def test_what_crosses_the_word_to_move_is_no_failure_and_is_not_asked_twice() -> None:
    async def scene(probe: Any, server: Server) -> None:
        said = [await seen(probe, tick) for tick in range(4)]
        assert [outcome for outcome, _ in said] == [
            *(Outcome.OK, Outcome.NOT_SENT, Outcome.OK, Outcome.OK)
        ]
        assert said[1][1].detail["why"] == "GOAWAY: asked to move, and the next attempt does"
        reopened = [attempt.detail.get("reopened") for _, attempt in said]
        assert reopened == ["there was none", None, "GOAWAY", None]
        assert len(server.asked) == 4

    away(scene, lambda asked: farewell(asked, 1))


def test_a_farewell_with_an_error_is_a_failure() -> None:
    async def scene(probe: Any, server: Server) -> None:
        said = [await seen(probe, tick) for tick in range(3)]
        assert [outcome for outcome, _ in said] == [Outcome.OK, Outcome.GOAWAY, Outcome.OK]
        assert said[1][1].detail["error"] == "GOAWAY, code 11"
        assert said[2][1].detail["reopened"] == "GOAWAY, code 11"

    away(scene, lambda asked: farewell(asked, 1, code=11))


def test_what_was_taken_on_and_not_answered_is_a_failure() -> None:
    def lost(asked: Asked) -> None:
        farewell(asked, asked.stream)
        asked.connection.writer.close()

    async def scene(probe: Any, server: Server) -> None:
        said = [await seen(probe, tick) for tick in range(3)]
        assert [outcome for outcome, _ in said] == [Outcome.OK, Outcome.RESET, Outcome.OK]

    away(scene, lost)


def test_a_server_that_takes_on_nothing_fails_however_often_it_is_asked() -> None:
    async def scene(server: Server) -> None:
        probe = probe_of(server)
        said = [await seen(probe, tick) for tick in range(3)]
        assert [outcome for outcome, _ in said] == [Outcome.GOAWAY] * 3
        await probe.close()

    run(scene, lambda asked: farewell(asked, 0))


def test_the_last_that_is_taken_back_ends_a_connection_that_was_told_to_go() -> None:
    async def scene(server: Server) -> None:
        connection = await opened(server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await connection.ask("GET", "/", Attempt(0))
        async with asyncio.timeout(1):
            await server.connections[0].ended.wait()

    run(scene, lambda asked: farewell(asked, asked.stream))


def test_those_who_find_no_connection_each_open_one_and_share_the_first() -> None:
    async def scene(server: Server) -> None:
        probe = probe_of(server)
        said = await asyncio.gather(*(seen(probe, tick) for tick in range(5)))
        assert {outcome for outcome, _ in said} == {Outcome.OK}
        assert len({id(asked.connection) for asked in server.asked}) == 1
        await probe.close()

    run(scene)
