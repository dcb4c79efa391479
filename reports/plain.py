"""Text that is only text: nothing in it acts on a terminal or breaks a file."""

from __future__ import annotations

import re

# Control characters (a command's colours, a NUL of etcd's), halves of characters that a decoder
# left, and what turns the direction of writing. XML allows none of the first two at all.
_ODD = re.compile(
    "[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)


def plain(text: str) -> str:
    """The text, with a picture (␛) for each control character, and � for other odd ones."""
    return _ODD.sub(_picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"
