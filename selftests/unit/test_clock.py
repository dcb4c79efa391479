"""Clocks of different machines: how far apart, and what can be told of order."""

from __future__ import annotations

import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.cluster import clock
from chaos.cluster.backend import argv_of
from chaos.cluster.clock import Moment, Offset, Order, Round, clocks, measure, offset_of, order
from chaos.cluster.reach import Reach
from chaos.cluster.unreachable import NodeTimedOut

LOCAL = Reach("local", "")


def test_the_shortest_trip_says_most() -> None:
    rounds = [Round(10.0, 15.5, 10.5), Round(20.0, 25.011, 20.02), Round(30.0, 35.2, 30.3)]
    found = offset_of(rounds)
    assert found.offset == pytest.approx(5.001)
    assert found.within == pytest.approx(0.01)
    assert found.rounds == 3


@pytest.mark.parametrize("seed", range(20))
def test_the_truth_lies_within_however_unequal_the_ways_are(seed: int) -> None:
    chance = random.Random(seed)
    truth = chance.uniform(-100, 100)
    rounds, now = [], 1000.0
    for _ in range(8):
        there, back = chance.expovariate(100), chance.expovariate(100)
        rounds.append(Round(now, now + there + truth, now + there + back))
        now += 1
    found = offset_of(rounds)
    assert abs(found.offset - truth) <= found.within


def test_no_round_and_a_clock_that_was_set_are_no_offset() -> None:
    with pytest.raises(ValueError, match="no round"):
        offset_of([])
    with pytest.raises(ValueError, match="was set"):
        offset_of([Round(10.0, 10.0, 9.0)])


def test_a_node_s_moment_becomes_the_runner_s() -> None:
    assert Offset(2.0, 0.5, 8).to_runner(102.0) == Moment(100.0, 0.5)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Moment(1.0), Moment(2.0), Order.BEFORE),
        (Moment(2.0), Moment(1.0), Order.AFTER),
        (Moment(1.0), Moment(1.0), Order.UNKNOWN),
        (Moment(1.0, 0.4), Moment(2.0, 0.4), Order.BEFORE),
        (Moment(1.0, 0.5), Moment(2.0, 0.5), Order.UNKNOWN),
        (Moment(2.0, 0.6), Moment(1.0, 0.5), Order.UNKNOWN),
        (Moment(2.0, 0.1), Moment(1.0, 0.5), Order.AFTER),
    ],
)
def test_order_is_told_only_where_the_clocks_allow(
    one: Moment, other: Moment, expected: Order
) -> None:
    assert order(one, other) is expected


def test_this_machine_s_own_clock_is_not_off() -> None:
    found = measure("here", LOCAL, rounds=4)
    assert abs(found.offset) <= found.within
    assert found.within < 0.5
    assert found.rounds == 4


def test_all_nodes_at_once_and_one_that_cannot_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = argv_of
    file = tmp_path / "ssh.py"
    file.write_text("raise SystemExit(255)")
    monkeypatch.setattr(
        clock,
        "argv_of",
        lambda reach, *rest: (
            good(reach, *rest) if reach.host == "here" else [sys.executable, "-I", str(file)]
        ),
    )
    found = clocks({"cp-1": Reach("local", "here"), "cp-2": Reach("local", "gone")}, rounds=2)
    assert isinstance(found["cp-1"], Offset)
    assert isinstance(found["cp-2"], NodeTimedOut)


def test_another_clock_is_seen() -> None:
    found = measure("here", LOCAL, rounds=3, now=lambda: time.time() - 7.0)
    assert abs(found.offset - 7.0) <= found.within


def starts(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """In place of ssh."""
    file = folder / "ssh.py"
    file.write_text(program)
    monkeypatch.setattr(clock, "argv_of", lambda *_: [sys.executable, "-S", "-I", str(file)])


@pytest.mark.parametrize(
    "program",
    [
        "import time; time.sleep(30)",
        "raise SystemExit(255)",
        "print('Permission denied', flush=True); input()",
        "print('1', end='', flush=True); input(); input()",
    ],
    ids=["silent", "ends", "says something else", "half a line"],
)
def test_a_node_that_does_not_tell_is_an_error_in_time(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts(monkeypatch, tmp_path, program)
    begun = time.monotonic()
    with pytest.raises(NodeTimedOut, match="its clock was not told"):
        measure("cp-1", LOCAL, limit=timedelta(seconds=0.5))
    assert time.monotonic() - begun < 2.5


def test_a_node_that_falls_silent_half_way_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts(monkeypatch, tmp_path, "import time; input(); print(1, flush=True); time.sleep(30)")
    with pytest.raises(NodeTimedOut, match="cp-1"):
        measure("cp-1", LOCAL, limit=timedelta(seconds=0.5))
