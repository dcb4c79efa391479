"""The runner's side of the sampler: start it, mark events, stop it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.measure.child import Child
from chaos.measure.control import control_spec
from chaos.measure.errors import SamplerError
from chaos.measure.lines import event_line, header_for
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import READY, STOPPED, Event
from chaos.measure.timeline import Appender

# Beside the time-outs of what is in flight: for writing the last batch, and for a busy machine.
_TO_STOP = 5.0


class Sampling:
    """Probes running in a process of their own, writing one timeline.

    >>> with Sampling(probes, run / "timeline.jsonl") as sampling:
    ...     sampling.mark("inject", target="cp-2")

    The control probe is always among them. Events go into the file from here and not through the
    sampler, so they are on disk when `mark` returns, whatever state the sampler is in.
    """

    def __init__(self, probes: Sequence[ProbeSpec], timeline: Path) -> None:
        self.probes = (*probes, control_spec())
        self.timeline = timeline
        names = [probe.name for probe in self.probes]
        if len(set(names)) < len(names):
            raise ValueError(f"probes need names of their own: {', '.join(sorted(names))}")
        self._appender: Appender | None = None
        self._child: Child | None = None

    def start(self, *, within: timedelta = timedelta(seconds=15)) -> float:
        """Start, and return when every probe has had its first sample, whatever its outcome.

        Returns:
            the monotonic moment of being ready, which the event READY marks.

        Raises:
            TimelineError: the timeline is there already, or cannot be written.
            SamplerError: a probe cannot be made, or they were not ready in time.
        """
        self._appender = Appender.create(self.timeline, header_for(self.probes))
        self._child = Child()
        order = {
            "timeline": str(self.timeline),
            "probes": [probe.as_data() for probe in self.probes],
        }
        try:
            said = self._child.order(order, within=within.total_seconds())
        except BaseException:
            self._end()
            raise
        return self.mark(READY, at=said["ready"], scheduling=said["scheduling"]).at

    def mark(self, kind: str, *, at: float | None = None, **data: object) -> Event:
        """Write an event into the timeline; it is there when this returns.

        Args:
            kind: what happened, as in `inject`.
            at: when, in monotonic seconds; now, if not given.
            data: whatever JSON can hold; the caller sees to it that no secret is among it.

        Raises:
            SamplerError: sampling has not begun, or is over.
            OSError: the timeline cannot be written any more.
        """
        if self._appender is None:
            raise SamplerError(f"The event {kind} has no timeline: sampling is not on.")
        event = Event(round(time.monotonic() if at is None else at, 6), kind, data)
        self._appender.append(event_line(event))
        return event

    @property
    def pid(self) -> int:
        """The sampler's process id.

        Raises:
            SamplerError: it is not running.
        """
        if self._child is None:
            raise SamplerError("The sampler is not running.")
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the sampler's process is there; one that is stopped is."""
        return self._child is not None and self._child.alive

    def stop(self) -> None:
        """Stop sampling, let what is in flight end, and close the timeline. Twice is fine.

        Raises:
            SamplerError: the sampler had died or did not end; the timeline is as it left it.
        """
        if self._child is None:
            return
        try:
            if not self._child.alive:
                raise SamplerError(f"The sampler died early: {self._child.complaint()}")
            self.mark(STOPPED)
            longest = max(probe.timeout for probe in self.probes)
            self._child.stop(within=longest + _TO_STOP)
        finally:
            self._end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except SamplerError as late:
            if error is None:
                raise
            error.add_note(str(late))

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None
        if self._appender is not None:
            self._appender.close()
            self._appender = None
