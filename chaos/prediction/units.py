"""Times as Go's programs write them."""

from __future__ import annotations

import re
from datetime import timedelta

_GO = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|[smh])")


def go_time(text: str) -> timedelta:
    """`15s`, `1m30s`, `2.5s`, as Go's time.ParseDuration has it; `0` is nothing.

    Raises:
        ValueError: it is none of these.
    """
    parts = _PART.findall(text)
    whole = "".join(number + unit for number, unit in parts)
    if (whole != text or not text) and text != "0":
        raise ValueError(f'"{text}" is no duration of Go')
    return timedelta(seconds=sum(float(n) * _GO[unit] for n, unit in parts))
