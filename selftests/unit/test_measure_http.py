"""As much HTTP/1.1 as the probes read, whole and broken."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
import uvloop

from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess
from chaos.probes.connection import Connection
from chaos.probes.http import Answer, BadAnswer, exchange, request

ACCESS = ApiAccess("192.0.2.1", 6443, "no PEM", server_name="api.test", token="s3cret")


class Sink:
    """A writer that keeps what it is given."""

    def __init__(self) -> None:
        self.sent = b""

    def write(self, data: bytes) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return False


def read(answer: bytes, *, ends: bool = True) -> Answer:
    async def scene() -> Answer:
        reader = asyncio.StreamReader()
        reader.feed_data(answer)
        if ends:
            reader.feed_eof()
        connection = Connection(reader, cast("asyncio.StreamWriter", Sink()), "peer")
        return await exchange(connection, b"", Attempt(0))

    return uvloop.run(scene())


@pytest.mark.parametrize(
    ("answer", "read_as"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Answer(200, b"ok", True)),
        (b"HTTP/1.1 503\r\ncontent-length:0\r\n\r\n", Answer(503, b"", True)),
        (
            b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok",
            Answer(200, b"ok", False),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\na\r\n0123456789\r\n"
            b"0\r\n\r\n",
            Answer(200, b"ok0123456789", True),
        ),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok", Answer(200, b"ok", False)),
    ],
)
def test_an_answer_is_read_whole(answer: bytes, read_as: Answer) -> None:
    bounded = b"Length" in answer or b"length" in answer or b"chunked" in answer
    assert read(answer, ends=not bounded) == read_as  # what is bounded is not waited on


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nodd\r\n",
        b"x" * 100_000,
    ],
)
def test_what_is_no_answer_is_told_from_one_that_was_cut(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        read(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    ],
)
def test_a_peer_that_hangs_up_in_the_middle_is_told(answer: bytes) -> None:
    with pytest.raises(EOFError):
        read(answer)


def test_a_request_names_the_host_and_brings_token_and_body() -> None:
    sent = request(ACCESS, "PATCH", "/x?y=1", body=b"{}", content_type="a/b", close=True)
    head, _, body = sent.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert first == "PATCH /x?y=1 HTTP/1.1"
    assert body == b"{}"
    assert {
        "Host: api.test:6443",
        "Authorization: Bearer s3cret",
        "Content-Type: a/b",
        "Content-Length: 2",
        "Connection: close",
    } <= set(fields)
