"""On which retry HAProxy hands a connection that failed on to another server.

Source: HAProxy 3.0 Configuration Manual, 4.2 (option redispatch, retries), and src/backend.c.
"""

from __future__ import annotations

# How often connecting is tried again, where `retries` does not say.
RETRIES = 3


def handed_on(option: str | None, retries: int, *, turns: bool) -> int | None:
    """The number of the retry that goes to another server; None where none does.

    Args:
        option: the argument of `option redispatch`, empty without; None where it is not on.
        turns: whether the algorithm takes turns, and another server is up.
    """
    if option is None or retries <= 0:
        return None
    if turns:
        return 1
    every = int(option) if option.lstrip("-").isdigit() else -1
    at = every if every > 0 else retries + 1 + every
    return at if every and 0 < at <= retries else None
