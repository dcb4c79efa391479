"""Renewals go on while the runner lives, and end where the dead man has come."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.safety.errors import NodeRefused
from chaos.safety.renewer import Renewer
from chaos.safety.signals import Interruptions

PERIOD = timedelta(milliseconds=10)


class FakeFence:
    def __init__(self, answer: Callable[[int], None]) -> None:
        self.node = SimpleNamespace(name="cp-1")
        self.times = 0
        self._answer = answer

    def renew(self) -> None:
        self.times += 1
        self._answer(self.times)


def run(fence: Any, *, until: Callable[[], bool]) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    renewer = Renewer([fence], period=PERIOD, say=lambda node, why: said.append((node, why)))
    renewer.start()
    end = time.monotonic() + 5
    while not until() and time.monotonic() < end:
        time.sleep(0.005)
    renewer.stop()
    return said


def test_it_renews_until_stopped() -> None:
    fence = FakeFence(lambda _times: None)
    assert run(fence, until=lambda: fence.times >= 3) == []
    times = fence.times
    time.sleep(0.05)
    assert fence.times == times


def test_a_node_that_is_away_is_asked_again() -> None:
    def away_once(times: int) -> None:
        if times == 1:
            raise TimeoutError("no answer")

    fence = FakeFence(away_once)
    assert run(fence, until=lambda: fence.times >= 3) == [("cp-1", "no answer")]


def test_a_node_that_refuses_is_given_up_and_told() -> None:
    def refuse(_times: int) -> None:
        raise NodeRefused("cp-1", "generation one is over")

    fence = FakeFence(refuse)
    said = run(fence, until=lambda: fence.times >= 2 or threading.active_count() == 1)
    time.sleep(0.05)
    assert fence.times == 1
    assert said == [("cp-1", "generation one is over")]


def test_a_renewer_that_never_began_can_be_stopped() -> None:
    fence: Any = FakeFence(lambda _times: None)
    Renewer([fence], period=PERIOD, say=lambda _node, _why: None).stop()
    assert fence.times == 0


def test_signals_wait_behind_the_shield_and_come_once() -> None:
    said: list[str] = []
    done: list[str] = []
    with Interruptions(said.append) as interruptions:
        with pytest.raises(KeyboardInterrupt), interruptions.shielded():  # noqa: PT012
            with interruptions.shielded():
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGHUP)
            done.append("all")
        time.sleep(0)
    assert done == ["all"]
    assert said == ["SIGTERM: healing first", "SIGHUP: healing first"]


def test_in_another_thread_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[Any] = []

    def look() -> None:
        with Interruptions():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
