"""The cluster's Lease: one run at a time, whatever host it is on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chaos.safety.errors import Refused
from chaos.safety.lease import Body, Conflict, RunLease


class FakeLeases:
    """The API: an object with a resourceVersion."""

    def __init__(self) -> None:
        self.body: Body | None = None
        self.version = 0

    def read(self) -> Body | None:
        return copy.deepcopy(self.body)

    def create(self, body: Body) -> Body:
        if self.body is not None:
            raise Conflict
        return self._write(body)

    def replace(self, body: Body) -> Body:
        assert self.body
        if body["metadata"]["resourceVersion"] != self.body["metadata"]["resourceVersion"]:
            raise Conflict
        return self._write(body)

    def _write(self, body: Body) -> Body:
        self.version += 1
        self.body = copy.deepcopy(body)
        self.body["metadata"]["resourceVersion"] = str(self.version)
        return self.body

    @property
    def holder(self) -> str:
        assert self.body
        return str(self.body["spec"]["holderIdentity"])


class Clock:
    """Our own; the times that others wrote play no part."""

    def __init__(self) -> None:
        self.at = 0.0
        self.tick: Callable[[], None] = lambda: None

    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.tick()


def lease(
    api: FakeLeases, holder: str, clock: Clock, *, armed: bool = False, now: int = 2026
) -> RunLease:
    return RunLease(
        api,
        holder=holder,
        armed=lambda: armed,
        duration=timedelta(seconds=30),
        clock=lambda: clock.at,
        wait=clock.wait,
        now=lambda: datetime(now, 1, 1, tzinfo=UTC),
    )


def test_it_is_taken_and_given_back() -> None:
    api, clock = FakeLeases(), Clock()
    with lease(api, "me", clock):
        assert api.holder == "me"
    assert api.holder == ""
    with lease(api, "other", clock):
        assert api.holder == "other"
    assert clock.at == 0
    assert api.body
    assert api.body["spec"]["leaseTransitions"] == 1


def test_another_that_lives_is_left_alone() -> None:
    api, clock = FakeLeases(), Clock()
    first = lease(api, "first", clock)
    first.acquire()

    def renew_after_29_seconds() -> None:
        if clock.at == 29:
            first.renew()

    clock.tick = renew_after_29_seconds
    with pytest.raises(Refused, match="under way: first"):
        lease(api, "second", clock).acquire()
    assert api.holder == "first"
    first.release()


@pytest.mark.parametrize("year", [1999, 2099])
def test_one_that_is_gone_is_taken_over_after_its_whole_time_on_our_clock(year: int) -> None:
    api, clock = FakeLeases(), Clock()
    gone = lease(api, "gone", clock, now=year)
    gone.acquire()
    second = lease(api, "second", clock)
    second.acquire()
    assert clock.at == 30
    assert api.holder == "second"
    gone.release()
    assert api.holder == "second", "what is not ours any more is not given back"
    second.release()


def test_one_that_left_something_armed_is_not_taken_over() -> None:
    api, clock = FakeLeases(), Clock()
    gone = lease(api, "gone", clock)
    gone.acquire()
    with pytest.raises(Refused, match="left something armed"):
        lease(api, "second", clock, armed=True).acquire()
    assert api.holder == "gone"
    gone.release()


def test_of_two_at_one_moment_one_is_refused() -> None:
    api, clock = FakeLeases(), Clock()
    gone = lease(api, "gone", clock)
    gone.acquire()
    rival = lease(api, "rival", clock)

    class Slow(RunLease):
        def _watch_out(self, seen: Body) -> None:
            super()._watch_out(seen)
            rival.acquire()

    slow = Slow(api, holder="slow", armed=lambda: False, clock=lambda: clock.at, wait=clock.wait)
    with pytest.raises(Refused, match="at this moment"):
        slow.acquire()
    assert api.holder == "rival"
    rival.release()
    gone.release()


def test_renewing_what_another_took_refuses() -> None:
    api, clock = FakeLeases(), Clock()
    mine = lease(api, "mine", clock)
    mine.acquire()
    assert api.body
    api.body["spec"]["holderIdentity"] = "thief"
    with pytest.raises(Refused, match="not ours"):
        mine.renew()
    mine.release()
