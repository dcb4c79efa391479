"""Breaking what the API and etcd promise, one way at a time: each is recorded and judged anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from chaos.history.judges import judge, lost, older, twice, watched
from chaos.history.judges.judgement import Judgement
from chaos.leaders import terms
from chaos.leaders.summary import leaders
from chaos.measure.lines import Header, ProbeInfo
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample
from chaos.measure.span import Span
from chaos.measure.timeline import Timeline
from chaos.measure.verdict import Verdict
from selftests.evidence import Row
from selftests.unit.history_server import Defects, serving
from selftests.unit.history_support import a_history
from selftests.unit.test_history_recorder import recorded

NOTHING, LEADERS = "nothing", "two leaders of etcd in one term"

# What is planted by the server, as its defects; `at` is which write, read or event it is.
PLANTED: Mapping[str, tuple[str, Callable[[int], Defects]]] = {
    NOTHING: ("", lambda at: Defects(hide={f"ring {at}"}, cut={at}, forget=True)),
    "a lost write": (lost.PROMISE, lambda at: Defects(lose={f"holdfast-history-{at:02d}"})),
    "a write applied twice": (twice.PROMISE, lambda at: Defects(again={f"register {at}"})),
    "a refused write that is there": (twice.PROMISE, lambda at: Defects(refuse={f"ring {at}"})),
    "a stale read": (older.PROMISE, lambda at: Defects(stale={f"register {at}"})),
    "a gap in a watch": (watched.PROMISE, lambda at: Defects(skip={at})),
    "an event told twice": (watched.PROMISE, lambda at: Defects(repeat={at})),
}

# Which write, read or event: with enough of them before and after.
FIRST, LAST, WRITES = 12, 35, 50


def planted(case: str, number: int, folder: Path) -> Row:
    """Record what a server does that breaks its word once, and judge it."""
    promise, defects = PLANTED[case]
    at = random.Random(f"{case} {number}").randint(FIRST, LAST)
    with serving() as server:
        server.store.defects = defects(at)
        history = recorded(server, folder, writes=WRITES)
    return _row(case, number, promise, judge(history, floor=10))


def two_leaders(number: int) -> Row:
    """Members that are asked once a second, of which two call themselves the leader of a term."""
    found = leaders(_asked(random.Random(number)), fault=10.0)
    return _row(LEADERS, number, terms.PROMISE, found.judgements)


def _row(case: str, number: int, promise: str, judged: Sequence[Judgement]) -> Row:
    return {
        "case": case,
        "number": number,
        "promise": promise,
        "broken": [one.promise for one in judged if one.verdict is Verdict.FAIL],
        "evidence": [text for one in judged if one.promise == promise for text in one.evidence][:1],
        "verdicts": {one.promise: one.verdict.value for one in judged},
    }


def _asked(rng: random.Random) -> Timeline:
    ids = {"a": "a1", "b": "b2", "c": "c3"}
    struck = rng.uniform(12.0, 30.0)
    samples: dict[str, list[Sample]] = {}
    for name, member in ids.items():
        for tick in range(40):
            at = tick + rng.uniform(0, 0.1)
            # In a term that began with the fault a leads; b, for one second, thinks that it does.
            leader = "b2" if name == "b" and struck <= at < struck + 1 else "a1"
            detail = {
                "member": member,
                "raft_term": 4 if at < 10 else 5,
                "raft_leader": leader,
                "raft_state": "StateLeader" if leader == member else "StateFollower",
            }
            probe = f"etcd-member@{name}"
            one = Sample(probe, float(tick), at, at + 0.01, Outcome.OK, detail)
            samples.setdefault(probe, []).append(one)
    probes = tuple(ProbeInfo(f"etcd-member@{n}", "etcd-member", n, 1.0, 2.0) for n in ids)
    header = Header("here", "boot", datetime(2026, 1, 1, tzinfo=UTC), 0.0, probes)
    told = {name: tuple(every) for name, every in samples.items()}
    return Timeline(header, told, (), (), Span(0.0, 40.0))


def judged_in(operations: int) -> tuple[int, float]:
    """How many operations a history had, and the seconds of processor that judging it took."""
    history = a_history(operations, unknown=0.02)
    begun = time.process_time()
    assert {one.verdict for one in judge(history, fault=100.0)} == {Verdict.PASS}
    return len(history.operations), time.process_time() - begun
