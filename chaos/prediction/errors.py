"""Why there is no prediction."""

from __future__ import annotations


class Unpredictable(Exception):
    """Something that decides the length is not known; the message says what."""
