"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How it stands."""

    OK = "ok"
    GAP = "gap"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in a sentence.

    Args:
        subject: a node, the API, this machine.
        health: a gap leaves something uncovered; what is broken was declared and does not work.
        uncovered: what cannot be looked at or done because of it.
        remedy: what to do about it.
    """

    subject: str
    health: Health
    said: str
    uncovered: str = ""
    remedy: str = ""
