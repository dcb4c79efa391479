"""A history while it is recorded, as the runner holds it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.history.file import begin
from chaos.measure.errors import SamplerError
from chaos.measure.probe import ProbeSpec
from chaos.measure.sampling import Sampling
from chaos.probes.access import ApiAccess

# Hz: as many operations in 10 minutes as are judged in half a second, and 12 s before a fault are
# enough.
RATE = 5.0

HISTORY = "history.jsonl"
SAMPLES = "history-timeline.jsonl"

_HERE = "chaos.history.recorder"
_WORKLOADS = {
    "ring-writer": f"{_HERE}.workloads:RingWriter",
    "ring-reader": f"{_HERE}.workloads:RingReader",
    "swapper": f"{_HERE}.workloads:Swapper",
    "register-reader": f"{_HERE}.workloads:RegisterReader",
    "object-watcher": f"{_HERE}.watcher:ObjectWatcher",
}


class Recording:
    """The workloads of a history, in a process of their own.

    >>> with Recording(access, run / "experiments" / "etcd-stop"):
    ...     inject()
    >>> judges.judge(History.read(run / "experiments" / "etcd-stop" / HISTORY))

    Args:
        access: through which way, as whom; its namespace is where the objects are.
        folder: where HISTORY goes, and SAMPLES beside it, which tells how well the recorder kept
            its schedule.
        rate: Hz, of each workload.
    """

    def __init__(
        self,
        access: ApiAccess,
        folder: Path,
        *,
        rate: float = RATE,
    ) -> None:
        self.file = folder / HISTORY
        options = {
            "access": access.as_data(),
            "file": str(self.file),
            "run": secrets.token_hex(3),
        }
        probes = [
            ProbeSpec(kind, kind, "history", factory, rate, options=options)
            for kind, factory in _WORKLOADS.items()
        ]
        self._sampling = Sampling(probes, folder / SAMPLES)

    def start(self, *, within: timedelta = timedelta(seconds=15)) -> None:
        """Begin the history, and return when each workload has tried once.

        Raises:
            HistoryError: the history is there already, or cannot be written.
            TimelineError, SamplerError: as `Sampling.start`.
        """
        begin(self.file)
        self._sampling.start(within=within)

    @property
    def pid(self) -> int:
        """The recorder's process id. Raises SamplerError."""
        return self._sampling.pid

    def stop(self) -> None:
        """Stop writing, read every object once more, let the watch catch up. Twice is fine.

        Raises:
            SamplerError: the recorder had died or did not end; the history is as it left it.
        """
        self._sampling.stop()

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
