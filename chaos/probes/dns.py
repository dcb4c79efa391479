"""As much DNS as a probe needs: one question for an IPv4 address, and its answer (RFC 1035)."""

from __future__ import annotations

import functools
import ipaddress
import struct

PORT = 53

_A, _IN = 1, 1
_RECURSE = 0x0100
_CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


class BadDns(Exception):
    """What came is no address: the server's code, or what else is wrong with it."""


def question(name: str, number: int) -> bytes:
    """The question for a name's IPv4 addresses.

    Args:
        name: with all its labels; no search list is used.
        number: 0 to 65535, which the answer must bear.
    """
    return struct.pack(">6H", number, _RECURSE, 1, 0, 0, 0) + _asked(name)


@functools.lru_cache(maxsize=64)
def _asked(name: str) -> bytes:
    labels = b"".join(
        bytes((len(label),)) + label.encode("idna") for label in name.strip(".").split(".")
    )
    return labels + struct.pack(">BHH", 0, _A, _IN)


def addresses(answer: bytes, number: int) -> tuple[str, ...]:
    """The IPv4 addresses in an answer, at least one.

    Raises:
        BadDns: it holds none.
    """
    try:
        bears, flags, questions, answers = struct.unpack_from(">4H", answer)
        if bears != number or not flags & 0x8000:
            raise BadDns("no answer to our question")
        if code := flags & 0xF:
            raise BadDns(_CODES.get(code, f"code {code}"))
        at = 12
        for _ in range(questions):
            at = _after_name(answer, at) + 4
        found = []
        for _ in range(answers):
            at = _after_name(answer, at)
            kind, _, _, length = struct.unpack_from(">HHIH", answer, at)
            at += 10
            if kind == _A:
                found.append(str(ipaddress.IPv4Address(answer[at : at + length])))
            at += length
    except (struct.error, IndexError, ValueError) as error:
        raise BadDns(f"no answer: {error}") from None
    if not found:
        raise BadDns("no address")
    return tuple(found)


def _after_name(answer: bytes, at: int) -> int:
    while (length := answer[at]) and length < 0xC0:
        at += length + 1
    return at + (2 if length else 1)  # a pointer ends a name, as an empty label does
