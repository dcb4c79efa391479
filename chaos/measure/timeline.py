"""A timeline on disk, read and appended to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chaos.measure.errors import TimelineError
from chaos.measure.lines import Header, ProbeInfo, header_line, parse_header, parse_line
from chaos.measure.sample import STOPPED, Event, Sample
from chaos.measure.span import Span


@dataclass(frozen=True, slots=True)
class Timeline:
    """All samples and events of one experiment.

    `samples` holds each probe's, in the order of their starts (on disk they stand in the order in
    which they ended). `torn` are the numbers of lines that were not whole and so are missing: the
    last one where a writer was killed. `span` is the time that should have been sampled: from the
    first intended start to STOPPED or, without that, to the last thing known.
    """

    header: Header
    samples: Mapping[str, tuple[Sample, ...]]
    events: tuple[Event, ...]
    torn: tuple[int, ...]
    span: Span

    def probe(self, name: str) -> ProbeInfo:
        """What the header tells of a probe.

        Raises:
            TimelineError: there is none of this name.
        """
        for probe in self.header.probes:
            if probe.name == name:
                return probe
        known = ", ".join(probe.name for probe in self.header.probes)
        raise TimelineError(f"There is no probe {name} in this timeline; there are {known}.")

    def first(self, kind: str) -> Event | None:
        """The first event of this kind."""
        return next((event for event in self.events if event.kind == kind), None)

    def wall(self, moment: float) -> datetime:
        """The wall clock (UTC) at a monotonic moment, by the header's pair of readings."""
        return self.header.wall + timedelta(seconds=moment - self.header.monotonic)

    @classmethod
    def read(cls, file: Path) -> Timeline:
        """Read a timeline, also one that is still being written or whose writer was killed.

        Raises:
            TimelineError: the file is not there, no timeline, or of another version.
        """
        try:
            content = file.read_bytes()
        except OSError as error:
            raise TimelineError(f"{file} cannot be read: {error.strerror}.") from None
        head, *lines = content.split(b"\n")
        try:
            header = parse_header(head)
        except TimelineError as error:
            raise TimelineError(f"{file} is no timeline that can be read: {error}.") from None
        samples: dict[str, list[Sample]] = {probe.name: [] for probe in header.probes}
        events: list[Event] = []
        torn: list[int] = []
        # After the last newline stands nothing, or the beginning of what was never finished.
        if lines and lines.pop():
            torn.append(len(lines) + 2)
        for number, line in enumerate(lines, start=2):
            if not line:
                continue  # nothing was lost: see Appender.append
            try:
                read = parse_line(line)
            except ValueError:
                torn.append(number)
                continue
            if isinstance(read, Event):
                events.append(read)
            elif read.probe in samples:
                samples[read.probe].append(read)
            else:
                torn.append(number)
        events.sort(key=lambda event: event.at)
        ordered = {
            name: tuple(sorted(found, key=lambda sample: (sample.start, sample.due)))
            for name, found in samples.items()
        }
        return cls(
            header, ordered, tuple(events), tuple(sorted(torn)), _span(header, ordered, events)
        )


def _span(header: Header, samples: Mapping[str, tuple[Sample, ...]], events: list[Event]) -> Span:
    every = [sample for each in samples.values() for sample in each]
    begin = min((sample.due for sample in every), default=header.monotonic)
    stopped = [event.at for event in events if event.kind == STOPPED]
    known = [sample.end for sample in every] + [event.at for event in events]
    end = stopped[0] if stopped else max(known, default=begin)
    return Span(begin, max(begin, end))


class Appender:
    """Appends whole lines to a timeline, each call in one write: several processes may append."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_APPEND)

    @classmethod
    def create(cls, file: Path, header: Header) -> Appender:
        """Begin a new timeline.

        Raises:
            TimelineError: there is one already, which is never written over, or no place for one.
        """
        try:
            with file.open("xb", buffering=0) as new:
                new.write(header_line(header))
        except FileExistsError:
            raise TimelineError(f"{file} is there already, and a timeline is kept.") from None
        except OSError as error:
            raise TimelineError(f"{file} cannot be written: {error.strerror}.") from None
        return cls(file)

    def append(self, lines: bytes) -> None:
        """Append; in the page cache when this returns, so the death of a process loses nothing.

        Raises:
            OSError: the disk is full, or worse.
        """
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            # A writer was killed amid a line: leave that one torn alone. Or another one is writing
            # at this moment, and what it writes is not all there yet: that makes an empty line.
            lines = b"\n" + lines
        left = memoryview(lines)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
