"""The sampler's process, `python -m chaos.measure.sampler`: `Sampling` starts it, nothing else.

It reads one line from its standard input, what to sample and where to write it (through a pipe,
for it holds keys), says one line when every probe has had its first sample, and samples until it
is told `stop` or its parent dies. It knows its parent's death by two signs, the end of its input
and the parent's pidfd: a fork of the parent could keep the pipe open. (PR_SET_PDEATHSIG would not
do: it fires when the *thread* ends that started us.)

Its loop is uvloop: a connection, with TLS or without, costs less of a processor there than in the
loop that Python comes with (docs/measuring.md has how much).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from chaos.measure.errors import SamplerError
from chaos.measure.priority import ahead
from chaos.measure.probe import Probe, ProbeSpec, Teller, build
from chaos.measure.sample import ORPHANED, Event
from chaos.measure.schedule import Schedule, phase
from chaos.measure.writer import BatchWriter

_INPUT = 0


class _End:
    """Why to end: told to, or orphaned."""

    def __init__(self, parent: int) -> None:
        self.asked = asyncio.Event()
        self.orphaned = False
        self._parent = parent
        self._watched = [_INPUT]

    def watch(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(_INPUT, self._heard)
        with contextlib.suppress(OSError):  # an old kernel: the pipe alone has to tell
            self._watched.append(os.pidfd_open(self._parent))
            loop.add_reader(self._watched[-1], self._alone)
        if os.getppid() != self._parent:
            self._alone()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the runner to handle
        loop.add_signal_handler(signal.SIGTERM, self.asked.set)

    def _heard(self) -> None:
        if os.read(_INPUT, 4096):
            self._enough()
        else:
            self._alone()

    def _alone(self) -> None:
        self.orphaned = True
        self._enough()

    def _enough(self) -> None:
        # What has ended stays readable: listened to further, it would keep the loop spinning.
        for descriptor in self._watched:
            asyncio.get_running_loop().remove_reader(descriptor)
        self.asked.set()


async def _sample(
    specs: Sequence[ProbeSpec], writer: BatchWriter, end: _End, scheduling: str
) -> None:
    end.watch()
    probes = [build(spec) for spec in specs]
    for probe in probes:
        if isinstance(probe, Teller):
            probe.tell_to(writer.put)
    await asyncio.gather(*map(_prepare, specs, probes))
    schedules = [
        Schedule(spec, probe, writer.put) for spec, probe in zip(specs, probes, strict=True)
    ]
    gc.freeze()  # what is there now is there to stay: no need to walk it ever again
    t0 = time.monotonic() + 0.05
    ticking = [
        asyncio.create_task(schedule.run(t0 + schedule.spec.period * phase(number)))
        for number, schedule in enumerate(schedules)
    ]
    ready = asyncio.create_task(_say_ready(schedules, scheduling))
    asked = asyncio.create_task(end.asked.wait())
    ends: set[asyncio.Task[Any]] = {asked, *ticking}
    done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in [ready, *ticking]:
        task.cancel()
    for task in done - {asked}:
        task.result()  # a schedule ends by itself only when it could not hand its samples on
    if end.orphaned:
        writer.put(Event(time.monotonic(), ORPHANED))
        return
    await asyncio.gather(*(schedule.drain() for schedule in schedules))
    await asyncio.gather(*(probe.close() for probe in probes))


async def _prepare(spec: ProbeSpec, probe: Probe) -> None:
    with contextlib.suppress(OSError, EOFError, TimeoutError):
        async with asyncio.timeout(spec.timeout):
            await probe.prepare()


async def _say_ready(schedules: Sequence[Schedule], scheduling: str) -> None:
    await asyncio.gather(*(schedule.first.wait() for schedule in schedules))
    with contextlib.suppress(BrokenPipeError):
        ready = {"ready": time.monotonic(), "scheduling": scheduling}
        os.write(1, json.dumps(ready).encode() + b"\n")


def _order() -> dict[str, Any]:
    """The first line of our input. No other follows before we have said that we are ready."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(_INPUT, 65536)
        if not part:
            raise SystemExit(0)  # the parent died before it could say anything
        line += part
    order: dict[str, Any] = json.loads(line)
    return order


def main() -> int:
    """Sample as ordered; the exit code is 0 unless sampling itself failed."""
    order = _order()
    scheduling = ahead()
    specs = [ProbeSpec.from_data(data) for data in order["probes"]]
    writer = BatchWriter(Path(order["timeline"]))
    try:
        uvloop.run(_sample(specs, writer, _End(order["parent"]), scheduling))
        writer.close()
    except (SamplerError, OSError) as error:
        print(error, file=sys.stderr)  # the parent tells the last line of it
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Not sys.exit: it would wait for threads that wait for a name server.
    os._exit(code)
