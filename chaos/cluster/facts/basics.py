"""What facts are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """In place of a fact: it could not be read, and why. Never taken for a good sign.

    Args:
        reason: one sentence, without a full stop.
    """

    reason: str


UNREAD = NotAvailable("nobody looked at it")
"""In facts that were recorded before this was collected."""
