"""The recorder against a server that keeps its word, and against one that breaks it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from chaos.history.file import History, begin
from chaos.history.judges import judge
from chaos.history.operation import ENDED, REGISTER, Change, Mark, Op, Result, Turn
from chaos.history.porcupine.register import register
from chaos.history.recorder import Recording, objects
from chaos.history.recorder.client import effect
from chaos.history.recorder.recording import HISTORY, SAMPLES
from chaos.history.recorder.watcher import ObjectWatcher
from chaos.measure.errors import MeasureError
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict
from selftests.unit.history_server import Defects, Server, serving

RATE = 40.0


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def recorded(server: Server, folder: Path, *, writes: int) -> History:
    """Record until there were so many of each sort, however long that takes."""
    with Recording(server.access(), folder, rate=RATE) as recording:
        assert recording.file == folder / HISTORY
        end = time.monotonic() + 60
        store = server.store
        while time.monotonic() < end:
            done = [store.writes["ring"], store.writes["register"], store.reads["register"]]
            if min(done) >= writes:
                break
            time.sleep(0.02)
    return History.read(folder / HISTORY)


def marks(history: History) -> list[Mark]:
    return [one for one in history.watches["objects"] if isinstance(one, Mark)]


def test_a_server_that_keeps_its_word_passes(server: Server, tmp_path: Path) -> None:
    server.store.defects = Defects(cut={60}, forget=True)
    history = recorded(server, tmp_path, writes=40)
    judgements = judge(history, floor=10)
    assert {one.verdict for one in judgements} == {Verdict.PASS}, judgements
    assert "had to list again after 410 1 times" in judgements[-1].reason
    assert sum(one.turn is Turn.LISTED for one in marks(history)) == 2
    assert history.torn == ()
    counted = Counter((o.process.rpartition("-")[0] or o.process, o.op) for o in history.operations)
    asked = [("ring", Op.WRITE), ("ring", Op.READ), ("register", Op.READ), ("swapper", Op.SWAP)]
    assert min(counted[one] for one in asked) > 10
    assert counted["last-reader", Op.READ] == objects.RING + 1
    assert set(Timeline.read(tmp_path / SAMPLES).samples) > {"swapper", "object-watcher"}
    assert register(history, REGISTER).initial == ""


def test_one_that_breaks_it_is_caught_each_time(server: Server, tmp_path: Path) -> None:
    server.store.defects = Defects(
        lose={"holdfast-history-07", "register 20"},
        hide={"ring 25", "register 25"},
        mistake={"ring 27"},
        refuse={"ring 30"},
        again={"register 35"},
        stale={"register 50"},
        skip={30},
        repeat={35},
        cut={80},
    )
    history = recorded(server, tmp_path, writes=60)
    by = {one.promise: one for one in judge(history, floor=10)}
    told = {promise: "\n".join(one.evidence) for promise, one in by.items()}
    assert "the object is not there" in told["no acknowledged write is lost"]
    assert "is there again at version" in told["no write is applied twice"]
    assert "was refused (409)" in told["no write is applied twice"]
    stale = told["no read is older than one that ended before it began"]
    assert "holdfast-register: " in stale
    watched = told["a watch has no gap, nothing twice, and its order"]
    assert "never came, which was lost or left out" in watched
    assert "a second time" in watched
    # What was lost is no more there to keep the next swap off.
    assert "over version" in told["no swap goes over what it was not made for"]
    unknown = [o.detail for o in history.operations if o.result is Result.UNKNOWN]
    assert [facts["status"] for facts in unknown if "status" in facts] == [503, 503]
    assert "it answers with another value, somebody's" in {one.get("error") for one in unknown}


def test_a_history_is_begun_once(server: Server, tmp_path: Path) -> None:
    begin(tmp_path / HISTORY)
    with pytest.raises(MeasureError, match="there already"):
        Recording(server.access(), tmp_path).start()


def test_a_recorder_that_is_killed_leaves_all_that_it_sent(server: Server, tmp_path: Path) -> None:
    recording = Recording(server.access(), tmp_path, rate=RATE)
    recording.start()
    time.sleep(0.3)
    os.kill(recording.pid, signal.SIGKILL)
    with pytest.raises(MeasureError, match="died"):
        recording.stop()
    history = History.read(tmp_path / HISTORY)
    sent = {o.value for o in history.operations if o.writes}
    held = {one["data"]["value"] for one in server.store.objects.values()}
    assert held <= sent
    assert len(held) > 5


@pytest.mark.parametrize(
    ("op", "phase", "status", "result"),
    [
        (Op.WRITE, "answer", 0, Result.UNKNOWN),
        (Op.WRITE, "answer", 503, Result.UNKNOWN),
        (Op.SWAP, "answer", 504, Result.UNKNOWN),
        (Op.SWAP, "answer", 409, Result.FAILED),
        (Op.WRITE, "answer", 429, Result.FAILED),
        (Op.WRITE, "connect", 0, Result.FAILED),
        (Op.WRITE, "tls", 0, Result.FAILED),
        (Op.WRITE, "begin", 0, Result.FAILED),
        (Op.READ, "answer", 0, Result.FAILED),
        (Op.READ, "answer", 503, Result.FAILED),
    ],
)
def test_what_was_not_acknowledged(op: Op, phase: str, status: int, result: Result) -> None:
    assert effect(op, Attempt(0, phase, {"status": status} if status else {})) is result


def test_a_watch_that_is_refused_is_told_and_tried_again(server: Server, tmp_path: Path) -> None:
    server.store.defects = Defects(cut={1}, deaf=True)
    begin(tmp_path / HISTORY)
    options = {"access": server.access().as_data(), "file": str(tmp_path / HISTORY)}
    spec = ProbeSpec("w", "w", "history", "x:Y", 1.0, options=options)
    seen = uvloop.run(_watched(spec, server))
    assert seen == [Outcome.OK, Outcome.SERVER_ERROR]
    told = History.read(tmp_path / HISTORY).watches["objects"]
    turns = [one.turn for one in marks(History.read(tmp_path / HISTORY))]
    assert turns[:4] == [Turn.LISTED, Turn.OPENED, Turn.CLOSED, Turn.REFUSED]
    assert told[-1].why == ENDED  # type: ignore[union-attr]
    assert [one.key for one in told if isinstance(one, Change)] == ["k"]


async def _watched(spec: ProbeSpec, server: Server) -> list[Outcome]:
    watcher = ObjectWatcher(spec)
    await watcher.prepare()
    seen = []
    await asyncio.sleep(0.3)
    seen.append(await watcher.observe(Attempt(0)))
    server.keep("k", "v")
    await asyncio.sleep(0.5)
    seen.append(await watcher.observe(Attempt(1)))
    await watcher.close()
    return seen
