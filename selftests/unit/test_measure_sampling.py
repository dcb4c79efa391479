"""The sampler's process: ready, marked, stopped, stalled, orphaned."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.measure.errors import SamplerError, TimelineError
from chaos.measure.outcome import Outcome
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import ORPHANED, READY, STOPPED
from chaos.measure.sampling import Sampling
from chaos.measure.span import Span
from chaos.measure.stall import CONTROL
from chaos.measure.summary import summarize
from chaos.measure.timeline import Timeline
from chaos.probes import kinds
from selftests.stub.stub import Stub

ALL = ("api-read-new", "api-read-reused", "api-write")
SCHEDULING = {"realtime": os.SCHED_RR, "nice": os.SCHED_OTHER, "ordinary": os.SCHED_OTHER}


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as running:
        yield running


def specs(stub: Stub, *names: str) -> list[ProbeSpec]:
    known = kinds()
    return [known[name].spec(stub.access()) for name in names or ("api-read-new", "api-write")]


def eventually(holds: Callable[[], object], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    """Ended, though perhaps nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_ready_means_that_every_probe_has_had_a_sample(stub: Stub, tmp_path: Path) -> None:
    with Sampling(specs(stub), tmp_path / "t") as sampling:
        ready = time.monotonic()
        time.sleep(0.5)
        inject = sampling.mark("inject", target="cp-2")
        on_disk = Timeline.read(tmp_path / "t")
        assert inject in on_disk.events  # at once
        granted = on_disk.events[0].data["scheduling"]
        assert os.sched_getscheduler(sampling.pid) == SCHEDULING[str(granted)]
        assert sampling.alive
    timeline = Timeline.read(tmp_path / "t")
    assert [event.kind for event in timeline.events] == [READY, "inject", STOPPED]
    for samples in timeline.samples.values():
        assert samples[0].end <= timeline.events[0].at <= ready
        assert {sample.outcome for sample in samples} == {Outcome.OK}
    assert set(timeline.samples) == {"api-read-new", "api-write", CONTROL}
    assert timeline.torn == ()


def test_what_is_in_flight_at_the_end_is_waited_for(stub: Stub, tmp_path: Path) -> None:
    with Sampling(specs(stub), tmp_path / "t"):
        stub.plan("hang", at=time.monotonic() + 0.2, length=0.7)
        time.sleep(0.5)
    stub.truths()
    timeline = Timeline.read(tmp_path / "t")
    ticks = [
        round((s.due - timeline.samples["api-write"][0].due) * 20)
        for s in timeline.samples["api-write"]
    ]
    assert ticks == list(range(len(ticks)))
    assert timeline.samples["api-write"][-1].end > timeline.span.end


def test_a_service_that_is_down_does_not_keep_it_from_being_ready(tmp_path: Path) -> None:
    with Stub() as down:
        down.now("silent")
        probe = kinds()["api-read-new"].spec(down.access(), timeout=0.3)
        with Sampling([probe], tmp_path / "t"):
            pass
    samples = Timeline.read(tmp_path / "t").samples["api-read-new"]
    assert {sample.outcome for sample in samples} == {Outcome.TIMEOUT}


def test_a_probe_that_cannot_be_made_is_told_in_a_sentence(stub: Stub, tmp_path: Path) -> None:
    (good,) = specs(stub, "api-write")
    broken = ProbeSpec("odd", "odd", "endpoint", "chaos.probes.none:None", 1.0)
    sampling = Sampling([good, broken], tmp_path / "t")
    with pytest.raises(
        SamplerError, match="did not start: The probe odd cannot be made: ModuleNotF"
    ):
        sampling.start()
    assert not sampling.alive
    with pytest.raises(SamplerError, match="sampling is not on"):
        sampling.mark("inject")


def test_not_ready_in_time_is_told_and_leaves_no_process(stub: Stub, tmp_path: Path) -> None:
    sampling = Sampling(specs(stub), tmp_path / "t")
    with pytest.raises(SamplerError, match=r"not ready within 0\.001 s"):
        sampling.start(within=timedelta(milliseconds=1))
    assert not sampling.alive


def test_two_probes_of_one_name_and_a_kept_timeline_are_refused(stub: Stub, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names of their own"):
        Sampling(specs(stub, "api-write", "api-write"), tmp_path / "t")
    (tmp_path / "t").touch()
    with pytest.raises(TimelineError, match="there already"):
        Sampling(specs(stub), tmp_path / "t").start()


def test_stopped_for_two_seconds_it_has_stalled_and_nothing_was_down(
    stub: Stub, tmp_path: Path
) -> None:
    with Sampling(specs(stub, *ALL), tmp_path / "t") as sampling:
        time.sleep(0.7)
        os.kill(sampling.pid, signal.SIGSTOP)
        stopped = time.monotonic()
        time.sleep(2)
        stop = Span(stopped, time.monotonic())  # it stood still for at least this
        os.kill(sampling.pid, signal.SIGCONT)
        time.sleep(0.7)
    timeline = Timeline.read(tmp_path / "t")
    for name in timeline.samples:
        summary = summarize(timeline, name)
        assert summary.every_outage == ()
        # The stall is seen, whole, and not much more than it.
        (stall,) = (s for s in summary.stalled if s.length > 1)
        assert stall.begin <= stop.begin
        assert stop.end <= stall.end
        assert stall.length < stop.length + 0.5
        assert summary.unseen_share > 0.4
    missed = [s for s in timeline.samples["api-write"] if s.outcome is Outcome.NOT_SENT]
    assert 35 <= len(missed) <= 41


def test_a_sampler_that_dies_is_told_and_the_rest_is_unseen(stub: Stub, tmp_path: Path) -> None:
    sampling = Sampling(specs(stub), tmp_path / "t")
    sampling.start()
    time.sleep(1.0)
    killed = time.monotonic()
    os.kill(sampling.pid, signal.SIGKILL)
    assert eventually(lambda: not sampling.alive)
    time.sleep(0.5)
    sampling.mark("heal")  # the events go on
    with pytest.raises(SamplerError, match=r"died early: it said nothing \(exit code -9\)"):
        sampling.stop()
    timeline = Timeline.read(tmp_path / "t")
    last = max(sample.end for samples in timeline.samples.values() for sample in samples)
    assert killed - 0.5 < last  # at most one batch is lost
    summary = summarize(timeline, "api-write")
    assert summary.every_outage == ()
    assert summary.stalled[-1].end == timeline.span.end
    assert summary.stalled[-1].length > 0.4


def test_an_error_of_the_runner_is_not_hidden_by_one_of_the_sampler(
    stub: Stub, tmp_path: Path
) -> None:
    def run() -> None:
        with Sampling(specs(stub), tmp_path / "t") as sampling:
            os.kill(sampling.pid, signal.SIGKILL)
            assert eventually(lambda: not sampling.alive)
            raise KeyError("odd")

    with pytest.raises(KeyError) as raised:
        run()
    assert raised.value.__notes__ == ["The sampler died early: it said nothing (exit code -9)"]


PARENT = """
    import json, os, sys, time
    from pathlib import Path
    from chaos.measure.sampling import Sampling
    from chaos.probes import kinds
    from chaos.probes.access import ApiAccess

    access = ApiAccess.from_data(json.loads(sys.stdin.readline()))
    sampling = Sampling([kinds()["api-write"].spec(access)], Path(sys.argv[1]))
    sampling.start()
    if os.fork() == 0:  # a fork keeps our end of the sampler's pipe open
        time.sleep(20)
        os._exit(0)
    print(sampling.pid, flush=True)
    time.sleep(20)
"""


def test_the_sampler_dies_with_its_parent_and_the_timeline_can_be_read(
    stub: Stub, tmp_path: Path
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), tmp_path / "t"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert parent.stdin
    assert parent.stdout
    try:
        parent.stdin.write(json.dumps(stub.access().as_data()).encode() + b"\n")
        parent.stdin.flush()
        sampler = int(parent.stdout.readline())
        time.sleep(0.6)
        killed = time.monotonic()
        parent.kill()
        assert eventually(lambda: gone(sampler), 3)
        took = time.monotonic() - killed
    finally:
        os.killpg(parent.pid, signal.SIGKILL)  # the fork
        parent.wait()
        parent.stdin.close()
        parent.stdout.close()
    assert took < 1
    timeline = Timeline.read(tmp_path / "t")
    assert timeline.torn == ()
    assert [event.kind for event in timeline.events] == [READY, ORPHANED]
    samples = timeline.samples["api-write"]
    assert killed - 0.2 < samples[-1].end
    assert all(b.due > a.due for a, b in itertools.pairwise(samples))


def test_ctrl_c_is_for_the_runner(stub: Stub, tmp_path: Path) -> None:
    with Sampling(specs(stub), tmp_path / "t") as sampling:
        os.kill(sampling.pid, signal.SIGINT)
        time.sleep(0.2)
        assert sampling.alive
        assert os.getsid(sampling.pid) != os.getsid(0)
    assert Timeline.read(tmp_path / "t").first(STOPPED)
