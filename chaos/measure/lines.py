"""The lines of a timeline: a header, then samples and events, one JSON value a line.

    {"format": "holdfast-timeline", "version": 1, "host": …, "wall": …, "monotonic": …, …}
    ["api-read-new", 1034.5, 1034.500412, 1034.506001, "ok", {"peer": "5ac1…"}]
    {"event": "inject", "at": 1035.1, "data": {…}}

An array is a sample, an object is an event: samples are nearly all of the file and stay short.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos.measure.errors import TimelineError
from chaos.measure.outcome import Outcome
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import Event, Sample

FORMAT = "holdfast-timeline"
VERSION = 1

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ProbeInfo:
    """What the header tells of a probe: `rate` in Hz, `timeout` in seconds."""

    name: str
    kind: str
    path: str
    rate: float
    timeout: float

    @property
    def period(self) -> float:
        """Seconds from one intended start to the next."""
        return 1.0 / self.rate


@dataclass(frozen=True, slots=True)
class Header:
    """The first line. `wall` (UTC) and `monotonic` (seconds) are one instant, within 1 ms.

    `boot` names the boot whose monotonic clock this is: moments of another boot do not compare.
    """

    host: str
    boot: str
    wall: datetime
    monotonic: float
    probes: tuple[ProbeInfo, ...]


def header_for(probes: Sequence[ProbeSpec]) -> Header:
    """A header for a timeline that begins now, on this machine."""
    for _ in range(10):  # a scheduler that takes the processor away in between spoils a reading
        before = time.monotonic()
        wall = datetime.now(UTC)
        after = time.monotonic()
        if after - before < 0.001:
            break
    return Header(
        host=os.uname().nodename,
        boot=Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        wall=wall,
        monotonic=round((before + after) / 2, 6),
        probes=tuple(ProbeInfo(p.name, p.kind, p.path, p.rate, p.timeout) for p in probes),
    )


def header_line(header: Header) -> bytes:
    """The header, with its newline."""
    return _line(
        {
            "format": FORMAT,
            "version": VERSION,
            "host": header.host,
            "boot": header.boot,
            "wall": header.wall.isoformat(timespec="microseconds"),
            "monotonic": header.monotonic,
            "probes": [asdict(probe) for probe in header.probes],
        }
    )


def sample_line(sample: Sample) -> bytes:
    """A sample, with its newline; times to the microsecond."""
    times = [round(moment, 6) for moment in (sample.due, sample.start, sample.end)]
    tail = [sample.detail] if sample.detail else []
    return _line([sample.probe, *times, sample.outcome, *tail])


def event_line(event: Event) -> bytes:
    """An event, with its newline."""
    return _line({"event": event.kind, "at": round(event.at, 6), "data": dict(event.data)})


def parse_header(line: bytes) -> Header:
    """The header of a first line.

    Raises:
        TimelineError: it is none, or of another version.
    """
    try:
        data = json.loads(line)
        if data["format"] != FORMAT:
            raise TimelineError(f"its format is {data['format']!r}, not {FORMAT!r}")
        if data["version"] != VERSION:
            raise TimelineError(
                f"its version is {data['version']!r}; this Holdfast reads version {VERSION}"
            )
        return Header(
            host=data["host"],
            boot=data["boot"],
            wall=datetime.fromisoformat(data["wall"]),
            monotonic=data["monotonic"],
            probes=tuple(ProbeInfo(**probe) for probe in data["probes"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TimelineError(f"its first line is no header: {error!r}") from None


def parse_line(line: bytes) -> Sample | Event:
    """A line after the first.

    Raises:
        ValueError: it is neither a sample nor an event, whole.
    """
    data = json.loads(line)
    try:
        if isinstance(data, dict):
            return Event(at=data["at"], kind=data["event"], data=data["data"])
        probe, due, start, end, outcome, *tail = data
        if not due - end <= start - end <= 0:
            raise ValueError("it ends before it begins")
        return Sample(probe, due, start, end, Outcome(outcome), tail[0] if tail else {})
    except (KeyError, TypeError) as error:
        raise ValueError(f"neither a sample nor an event: {error!r}") from None


def _line(value: Any) -> bytes:
    return _ENCODER.encode(value).encode() + b"\n"
