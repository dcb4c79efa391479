"""What redundancy recovery waits for: the moment, and how much is asked on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from chaos import steady
from chaos.errors import HoldfastError

CLUSTER = cast(Any, None)


class Looks:
    """Looks that tell, one after another, what they were given, and then that all is well."""

    def __init__(self, **told: list[list[str] | HoldfastError]) -> None:
        self.asked: list[str] = []
        self.moments: list[float] = []
        self._told: dict[str, Iterator[list[str] | HoldfastError]] = {
            what: iter(answers) for what, answers in told.items()
        }

    def at(self, _: object) -> dict[str, steady.Look]:
        """Where to look."""
        return {what: self._look(what) for what in self._told}

    def _look(self, what: str) -> steady.Look:
        def look() -> list[str]:
            self.asked.append(what)
            self.moments.append(time.monotonic())
            answer = next(self._told[what], [])
            if isinstance(answer, HoldfastError):
                raise answer
            return answer

        return look


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "EVERY", timedelta(seconds=0.01))


def wait(looks: Looks, *, seconds: float = 20) -> tuple[float | None, list[str]]:
    """Wait for it."""
    return steady.wait_whole(CLUSTER, within=timedelta(seconds=seconds), at=looks.at)


def test_what_is_whole_is_looked_at_once() -> None:
    looks = Looks(nodes=[], etcd=[])
    before = time.monotonic()
    back, wrong = wait(looks)
    assert back is not None
    assert before <= back <= min(looks.moments)
    assert (wrong, sorted(looks.asked)) == ([], ["etcd", "nodes"])


def test_only_what_was_wrong_is_asked_again_and_then_all() -> None:
    silent = HoldfastError("nobody answers")
    looks = Looks(nodes=[], etcd=[["no leader"], silent, ["no leader"]])
    back, wrong = wait(looks)
    assert looks.asked[2:5] == ["etcd"] * 3
    assert sorted(looks.asked[5:]) == ["etcd", "nodes"]
    assert wrong == []
    assert back is not None
    assert looks.moments[4] < back <= looks.moments[5]


def test_what_breaks_while_another_mends_is_waited_for_too() -> None:
    looks = Looks(nodes=[[], ["cp-2 is not Ready"]], etcd=[["no leader"]])
    back, wrong = wait(looks)
    assert (looks.asked.count("nodes"), looks.asked.count("etcd"), wrong) == (4, 4, [])
    assert back is not None
    assert looks.moments[-3] < back


def test_what_stays_wrong_is_told_when_the_time_is_over() -> None:
    looks = Looks(nodes=[], etcd=[HoldfastError("nobody answers")] * 1000)
    assert wait(looks, seconds=0.1) == (None, ["etcd: nobody answers"])
    assert looks.asked.count("nodes") == 1
