"""Several things at once."""

from __future__ import annotations

import threading
import time

import pytest

from chaos.cluster.parallel import Later, together
from chaos.errors import HoldfastError


def test_all_run_at_the_same_time_and_keep_their_order() -> None:
    meeting = threading.Barrier(3, timeout=5)
    results = together(dict.fromkeys("abc", meeting.wait))
    assert list(results) == ["a", "b", "c"]
    assert sorted(map(str, results.values())) == ["0", "1", "2"]


def test_not_more_at_once_than_wanted() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def task() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    together(dict.fromkeys(range(12), task), at_once=3)
    assert most == 3


def test_what_goes_wrong_stands_in_its_place() -> None:
    wrong = HoldfastError("no")

    def fails() -> int:
        raise wrong

    assert together({"good": lambda: 1, "bad": fails}) == {"good": 1, "bad": wrong}


def test_a_defect_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        together({"defect": lambda: 1 // 0})


def test_nothing_to_do() -> None:
    assert together({}) == {}


def test_later() -> None:
    assert Later(lambda: 42).result() == 42
    with pytest.raises(ZeroDivisionError):
        Later(lambda: 1 // 0).result()


def test_the_interpreter_waits_for_none_of_them() -> None:
    release = threading.Event()
    later = Later(release.wait)
    try:
        assert all(t.daemon for t in threading.enumerate() if t.name == "holdfast")
    finally:
        release.set()
    assert later.result()
