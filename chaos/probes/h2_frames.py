"""As much of HTTP/2's framing as a probe needs (RFC 9113, RFC 7541).

There is no library for it among the dependencies, and little is needed: requests without a body of
more than one frame, and of the answers' headers the status alone. We allow the server no dynamic
table, so that every block of headers stands for itself, and `:status` comes first in it.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from chaos.probes.http import BadAnswer

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
_PADDED = 0x8
_PRIORITY = 0x20

# Error codes: a farewell without an error; we do not want the answer any more.
NO_ERROR, CANCEL = 0, 8

# What each side may send in one frame, as long as nobody allows more.
MAX_FRAME = 16_384
MAX_WINDOW = 2**31 - 1
INITIAL_WINDOW = 65_535

_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE = 1, 2, 4

# The static table, as far as it is needed: methods, and the status codes at 8 and on.
_METHODS = {"GET": 2, "POST": 3}
_STATUSES = dict(enumerate((200, 204, 206, 304, 400, 404, 500), start=8))
_DIGITS = {0b00000: "0", 0b00001: "1", 0b00010: "2"}  # of five bits; those of six begin at "3"


class GoneAway(Exception):
    """The server closes the connection and did not handle the request.

    `asked_to_move`: it did so without an error on a connection that had served before, as an
    apiserver does to a share of its requests (`--goaway-chance`) and when it ends. This request
    crossed the word on its way, and nobody refused it: a client takes it to another connection.
    """

    def __init__(self, told: str = "GOAWAY", *, asked_to_move: bool = False) -> None:
        super().__init__(told)
        self.asked_to_move = asked_to_move


class Kind(IntEnum):
    """What a frame is."""

    DATA = 0
    HEADERS = 1
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame; `kind` is a number, for there are some that we pass over."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def content(self) -> bytes:
        """The payload of DATA or HEADERS without padding and priority.

        Raises:
            BadAnswer: there is more padding than payload.
        """
        content = self.payload
        if self.flags & _PADDED:
            if not content or content[0] >= len(content):
                raise BadAnswer("a frame is all padding")
            content = content[1 : len(content) - content[0]]
        if self.kind == Kind.HEADERS and self.flags & _PRIORITY:
            content = content[5:]
        return content


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """The next frame.

    Raises:
        OSError, EOFError: the connection broke.
        BadAnswer: a frame larger than we allowed.
    """
    head = await reader.readexactly(9)
    length = int.from_bytes(head[:3], "big")
    if length > MAX_FRAME:
        raise BadAnswer(f"a frame of {length} bytes")
    stream = int.from_bytes(head[5:], "big") & MAX_WINDOW
    return Frame(head[3], head[4], stream, await reader.readexactly(length) if length else b"")


def frame(kind: Kind, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    """A frame, as it goes over the wire."""
    return (
        len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
    )


def greeting() -> bytes:
    """What a client says first: no dynamic table, no push, as much as the server wants to send."""
    wanted = ((_HEADER_TABLE_SIZE, 0), (_ENABLE_PUSH, 0), (_INITIAL_WINDOW_SIZE, MAX_WINDOW))
    settings = b"".join(struct.pack(">HI", *pair) for pair in wanted)
    return PREFACE + frame(Kind.SETTINGS, settings) + allow(0, MAX_WINDOW - INITIAL_WINDOW)


def allow(stream: int, size: int) -> bytes:
    """A WINDOW_UPDATE: so many bytes more, on a stream or (0) on the whole connection."""
    return frame(Kind.WINDOW_UPDATE, size.to_bytes(4, "big"), stream=stream)


def reset(stream: int) -> bytes:
    """An RST_STREAM: the answer is not waited for any more."""
    return frame(Kind.RST_STREAM, CANCEL.to_bytes(4, "big"), stream=stream)


def request_block(
    method: str, authority: str, url: str, fields: Iterable[tuple[str, str]]
) -> bytes:
    """The headers of a request, each written out: nothing is compressed, nothing is indexed.

    Args:
        method: GET, PATCH, …
        authority: host and port.
        url: path and query.
        fields: the other headers, their names in lower case.
    """
    indexed = _METHODS.get(method)
    said = bytes((0x80 | indexed,)) if indexed else b"\x02" + _text(method)
    said += b"\x87\x01" + _text(authority) + b"\x04" + _text(url)  # 7 is the scheme https
    for name, value in fields:
        # Never to be indexed: who passes it on shall not keep a token in a table.
        said += b"\x10" + _text(name) + _text(value)
    return said


def status_of(block: bytes) -> int:
    """The status in a block of headers, of which it must be the first.

    Raises:
        BadAnswer: it is not, or the block is none.
    """
    try:
        at = 0
        while block[at] & 0xE0 == 0x20:  # a change of the dynamic table's size: to 0, as asked
            _, at = _number(block, at, 5)
        if block[at] & 0x80:
            index, _ = _number(block, at, 7)
            return _STATUSES[index]
        index, at = _number(block, at, 6 if block[at] & 0x40 else 4)
        if index not in _STATUSES:
            raise BadAnswer("an answer does not begin with its status")
        length, start = _number(block, at, 7)
        value = block[start : start + length]
        return int(_digits(value) if block[at] & 0x80 else value)
    except (IndexError, KeyError, ValueError):
        raise BadAnswer(f"no headers: {block[:16].hex()}") from None


def _text(value: str) -> bytes:
    raw = value.encode()
    if len(raw) < 127:
        return bytes((len(raw),)) + raw
    rest, length = len(raw) - 127, bytearray((127,))
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    return bytes((*length, rest)) + raw


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """An integer with a prefix of so many bits, and where it ends."""
    most = (1 << bits) - 1
    value, at, shift = block[at] & most, at + 1, 0
    if value < most:
        return value, at
    while True:
        byte = block[at]
        value, at, shift = value + ((byte & 0x7F) << shift), at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _digits(coded: bytes) -> str:
    """Digits in the Huffman code: three of five bits, seven of six, padded with ones."""
    bits = "".join(f"{byte:08b}" for byte in coded)
    found = ""
    while len(bits) >= 5 and bits.strip("1"):
        five = int(bits[:5], 2)
        if five in _DIGITS:
            found, bits = found + _DIGITS[five], bits[5:]
        else:
            found, bits = found + str(int(bits[:6], 2) - 0b011001 + 3), bits[6:]
    return found
