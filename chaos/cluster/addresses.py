"""Addresses and names of machines, as they are written and as they are compared."""

from __future__ import annotations

import ipaddress


def has_address(shown: str, address: str) -> bool:
    """Whether `ip -o addr show` shows this address.

    >>> has_address("2: eth0    inet 198.18.14.100/24 scope global eth0", "198.18.14.100")
    True
    """
    return address in (word.partition("/")[0] for word in shown.split())


def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def plain(text: str) -> str:
    """A host as all others write it: names in small letters, addresses in their shortest form.

    >>> plain("API.Test."), plain("FD00:0::10")
    ('api.test', 'fd00::10')
    """
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text.lower().rstrip(".")
