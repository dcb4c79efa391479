"""Times as programs' flags have them, and as people read them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")


def go_time(text: str) -> timedelta | None:
    """A duration as Go writes it; None where it is none.

    >>> go_time("1m0.5s"), go_time("0"), go_time("soon")
    (datetime.timedelta(seconds=60, microseconds=500000), datetime.timedelta(0), None)
    """
    if text == "0":
        return timedelta()
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))


def told(time: timedelta) -> str:
    """A time in seconds, or what is read more easily.

    >>> told(timedelta(seconds=1.5)), told(timedelta(minutes=6)), told(timedelta(days=92))
    ('1.5 s', '6 min', '92 days')
    """
    seconds = time.total_seconds()
    if seconds >= 2 * 86400:
        return f"{time.days} days"
    if seconds >= 300 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"
