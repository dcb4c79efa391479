"""Making the sampler stand still, or leaving it no processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.measure.probe import ProbeSpec
from chaos.measure.sampling import Sampling
from chaos.measure.span import Span
from chaos.measure.stall import CONTROL
from chaos.measure.summary import Summary, summarize
from chaos.measure.timeline import Timeline
from chaos.probes import kinds
from selftests.evidence import Row
from selftests.measuring.looking import NEW, REUSED
from selftests.stub.stub import Stub

STOPPED = "sampler stopped for 2 s"
CROWDED = "beside two busy loops a processor"
STARVED = "the same, with the least of priorities"

LOOP = "while True: pass"


@contextmanager
def busy(processor: int, loops: int = 2) -> Iterator[None]:
    """Processes that never wait for anything, on one processor."""
    running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(loops)]
    try:
        for process in running:
            os.sched_setaffinity(process.pid, {processor})
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def without_priority(pid: int, processor: int) -> None:
    """As a runner that may put itself ahead of nobody, and behind all others."""
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    # Where sessions share the processor by halves, a policy counts within its session alone.
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists():
        group.write_text("19")
    os.sched_setaffinity(pid, {processor})


def summaries(file: Path) -> list[Summary]:
    timeline = Timeline.read(file)
    return [summarize(timeline, name) for name in timeline.samples if name != CONTROL]


def reads(stub: Stub) -> list[ProbeSpec]:
    return [kinds()[kind].spec(stub.access()) for kind in (NEW, REUSED)]


def stops(folder: Path, count: int) -> Row:
    """A sampler that is stopped for 2 s again and again."""
    told: list[Span] = []
    with Stub() as stub, Sampling(reads(stub), folder / "t") as sampling:
        for _ in range(count):
            time.sleep(1.5)
            os.kill(sampling.pid, signal.SIGSTOP)
            begun = time.monotonic()
            time.sleep(2.0)
            told.append(Span(begun, time.monotonic()))
            os.kill(sampling.pid, signal.SIGCONT)
        time.sleep(1.5)
    found = summaries(folder / "t")
    invalid = [
        all(any(s.begin <= stop.begin and stop.end <= s.end for s in one.stalled) for one in found)
        for stop in told
    ]
    return {
        "case": STOPPED,
        "stops": count,
        "seen as stalls": sum(invalid),
        "outages": sum(len(one.every_outage) for one in found),
    }


def loops(folder: Path, seconds: float, *, priority: bool) -> Row:
    """A sampler beside two busy loops a processor: as it is started, or behind all others."""
    processors = sorted(os.sched_getaffinity(0))
    with Stub() as stub, Sampling(reads(stub), folder / "t") as sampling:
        if not priority:
            without_priority(sampling.pid, processors[0])
        scheduling = os.sched_getscheduler(sampling.pid)
        with busy(processors[0]), busy(processors[-1]):
            time.sleep(seconds)
    found = summaries(folder / "t")
    return {
        "case": CROWDED if priority else STARVED,
        "seconds": seconds,
        "in real time": scheduling == os.SCHED_RR,
        "stood still (%)": round(100 * min(one.stalled_share for one in found), 1),
        "outages": sum(len(one.every_outage) for one in found),
    }
