"""Durations as people write them: `30s`, `0.5s`, `1m30s`, `24h`, `30d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_PART = r"\d+(?:\.\d+)?(?:ms|[dhms])"
PATTERN = f"^(?:{_PART})+$"
LONGEST = timedelta(days=36500)


def parse_duration(text: str) -> timedelta:
    """From `1m30s` to 90 seconds.

    Raises:
        ValueError: it is no duration; the unit is never left out.
    """
    text = text.strip()
    if not re.match(PATTERN, text):
        raise ValueError(f'"{text}" is no duration: write it as 30s, 0.5s, 1m30s, 24h or 30d')
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|[dhms])", text)
    seconds = sum(float(n) * UNITS[unit].total_seconds() for n, unit in parts)
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text}" is longer than {LONGEST.days}d')
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The shortest way to write it that `parse_duration` reads back to the millisecond."""
    left = round(duration / UNITS["ms"])
    sign, left = ("-", -left) if left < 0 else ("", left)
    text = ""
    for unit in ("d", "h", "m"):
        count, left = divmod(left, UNITS[unit] // UNITS["ms"])
        text += f"{count}{unit}" if count else ""
    if left or not text:
        text += f"{left / 1000:g}s"
    return sign + text


def _parsed(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError(f"{value!r} is no duration: write it with its unit, as 30s or 24h")


Duration = Annotated[
    timedelta,
    BeforeValidator(_parsed),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["30s", "0.5s", "24h"]}),
]
