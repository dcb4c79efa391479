"""Samples on their way to disk, off the sampler's event loop."""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

from chaos.measure.lines import event_line, sample_line
from chaos.measure.sample import Event, Sample
from chaos.measure.timeline import Appender

# Seconds between two writes: what a killed sampler loses at most, beside what was in flight.
BATCH = 0.25


class BatchWriter:
    """Appends samples and events in batches, from a thread.

    From a thread, for a write can wait for the disk, and the loop that the probes' times are taken
    in must not.
    """

    def __init__(self, file: Path) -> None:
        self._appender = Appender(file)
        self._waiting: deque[Sample | Event] = deque()
        self._closing = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="timeline", daemon=True)
        self._thread.start()

    def put(self, line: Sample | Event) -> None:
        """Have it written within BATCH.

        Raises:
            OSError: an earlier batch could not be written.
        """
        if self._failure:
            raise self._failure
        self._waiting.append(line)

    def close(self) -> None:
        """Write what waits, and end.

        Raises:
            OSError: not all could be written.
        """
        self._closing.set()
        self._thread.join()
        self._appender.close()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        closing = False
        while not closing and not self._failure:
            closing = self._closing.wait(BATCH)
            self._flush()

    def _flush(self) -> None:
        lines = []
        while self._waiting:
            line = self._waiting.popleft()
            lines.append(sample_line(line) if isinstance(line, Sample) else event_line(line))
        if lines:
            try:
                self._appender.append(b"".join(lines))
            except OSError as error:
                self._failure = error
