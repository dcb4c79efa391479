"""Budgets from a command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from chaos.cluster.durations import parse_duration
from chaos.errors import UsageError
from chaos.measure.budget import Budget


def budgets_of(words: Iterable[str]) -> dict[str, dict[str, float]]:
    """Limits in seconds by probe and by name, from words as `api-read-new.longest_outage=0.1s`.

    Raises:
        UsageError: a word is none such.
    """
    known = [field.name for field in fields(Budget)]
    found: dict[str, dict[str, float]] = {}
    for word in words:
        where, equals, length = word.partition("=")
        probe, dot, name = where.rpartition(".")
        if not (equals and dot and probe and name in known):
            raise UsageError(
                f"`{word}` is no budget.",
                f"One is PROBE.NAME=LENGTH, with NAME of {', '.join(known)}.",
            )
        try:
            limit = parse_duration(length)
        except ValueError as wrong:
            raise UsageError(f"`{word}`: {wrong}.") from None
        found.setdefault(probe, {})[name] = limit.total_seconds()
    return found
