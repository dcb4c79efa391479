"""Which addresses a machine has."""

from __future__ import annotations


def has_address(shown: str, address: str) -> bool:
    """Whether `ip -o addr show` shows this address.

    >>> has_address("2: eth0    inet 198.18.14.100/24 scope global eth0", "198.18.14.100")
    True
    """
    return address in (word.partition("/")[0] for word in shown.split())
