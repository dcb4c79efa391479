"""`heal` and a run on another host: not under its feet, and never kept from healing by the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chaos.safety.entry import Entry
from chaos.safety.errors import Refused
from chaos.safety.heal_lease import no_other_run, written_by
from chaos.safety.lease import Body, RunLease
from selftests.unit.test_safety_lease import Clock, FakeLeases, lease

BEGAN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class Down(Exception):
    """What an API's client raises when nobody answers."""


class Unsteady(FakeLeases):
    """Does not answer while `down` says so."""

    def __init__(self, down: Callable[[], bool]) -> None:
        super().__init__()
        self.down = down

    def read(self) -> Body | None:
        if self.down():
            raise Down("connection refused")
        return super().read()


def entry(*, host: str = "runner", pid: str = "7", created: datetime = BEGAN) -> Entry:
    return Entry(
        generation="one",
        cluster_uid="u",
        fault="kubelet-stop",
        variant="kill",
        created=created.isoformat(timespec="milliseconds"),
        runner={"host": host, "pid": pid},
        ttl=30.0,
    )


def healed(
    api: FakeLeases,
    clock: Clock,
    *,
    entries: tuple[Entry, ...] = (),
    during: Callable[[], None] = lambda: None,
) -> list[str]:
    """Heal; what was said, with `healed` where it was done."""
    said: list[str] = []

    def ours() -> RunLease:
        return RunLease(
            api,
            holder="healer/1",
            armed=lambda: False,
            gone=written_by(entries),
            say=said.append,
            clock=lambda: clock.at,
            wait=clock.wait,
        )

    with no_other_run(ours, say=said.append, clock=lambda: clock.at, wait=clock.wait):
        said.append("healed")
        during()
    return said


def test_a_run_that_lives_is_not_healed_under_its_feet() -> None:
    api, clock = FakeLeases(), Clock()
    other = lease(api, "other/9", clock)
    other.acquire()

    def renew_after_29_seconds() -> None:
        if clock.at == 29:
            other.renew()

    clock.tick = renew_after_29_seconds
    with pytest.raises(Refused, match="under way: other/9") as refused:
        healed(api, clock)
    assert refused.value.exit_code == 3
    assert api.holder == "other/9"
    other.release()


def test_one_that_is_gone_is_watched_for_its_whole_time_and_the_lease_is_free_then() -> None:
    api, clock = FakeLeases(), Clock()
    lease(api, "gone/9", clock).acquire()
    held = []
    said = healed(api, clock, during=lambda: held.append(api.holder))
    assert said == ["gone/9 holds the cluster's Lease: seen for 30 s whether it lives.", "healed"]
    assert clock.at == 30
    assert held == ["healer/1"], "no run begins while we heal"
    assert api.holder == "", "the next run need not wait"


def test_where_nobody_holds_it_nothing_is_waited_for() -> None:
    api, clock = FakeLeases(), Clock()
    assert healed(api, clock) == ["healed"]
    assert healed(api, clock) == ["healed"]
    assert clock.at == 0


def test_the_runner_that_wrote_the_journal_here_is_not_waited_for() -> None:
    api, clock = FakeLeases(), Clock()
    lease(api, "runner/7", clock, now=2026).acquire()
    assert healed(api, clock, entries=(entry(),)) == ["healed"]
    assert clock.at == 0


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (entry(host="elsewhere"), "another host wrote it"),
        (entry(pid="8"), "another process wrote it"),
        (entry(created=datetime(2025, 12, 31, tzinfo=UTC)), "the Lease was taken after it"),
    ],
)
def test_any_other_is(other: Entry, why: str) -> None:
    api, clock = FakeLeases(), Clock()
    lease(api, "runner/7", clock, now=2026).acquire()
    healed(api, clock, entries=(other,))
    assert clock.at == 30, why


@pytest.mark.parametrize("taken", [None, "yesterday", 12])
def test_a_lease_whose_times_cannot_be_read_is_nobodys_that_is_known(taken: object) -> None:
    spec = {"holderIdentity": "runner/7", "acquireTime": taken}
    assert not written_by((entry(),))({"spec": spec})


def test_an_api_that_does_not_answer_keeps_nobody_from_healing() -> None:
    clock = Clock()
    said = healed(Unsteady(lambda: True), clock)
    assert clock.at == 30
    assert said == [
        "The cluster's Lease cannot be had (connection refused); asking for 30 s.",
        "The cluster's Lease cannot be had (connection refused), "
        "so a run on another host goes unseen.",
        "healed",
    ]


def test_a_fault_of_the_run_under_way_does_not_hide_it() -> None:
    clock = Clock()
    api = Unsteady(lambda: clock.at < 10)
    other = lease(api, "other/9", clock)
    api.create(other._body(None))

    def renew_every_10_seconds() -> None:
        if clock.at % 10 == 0:
            other.renew()

    clock.tick = renew_every_10_seconds
    with pytest.raises(Refused, match="under way: other/9"):
        healed(api, clock)


def test_a_client_that_cannot_be_made_is_an_api_that_does_not_answer() -> None:
    clock, said = Clock(), list[str]()

    def broken() -> RunLease:
        raise Down("no kubeconfig")

    with no_other_run(broken, say=said.append, clock=lambda: clock.at, wait=clock.wait):
        said.append("healed")
    assert said[-1] == "healed"
    assert "no kubeconfig" in said[0]


def test_a_lease_that_cannot_be_given_back_is_told() -> None:
    clock = Clock()
    down = False
    api = Unsteady(lambda: down)

    def fall() -> None:
        nonlocal down
        down = True

    said = healed(api, clock, during=fall)
    assert said == [
        "healed",
        "The cluster's Lease was not given back, so the next run waits: connection refused",
    ]


def test_what_healing_raises_comes_through_and_the_lease_is_free() -> None:
    api, clock = FakeLeases(), Clock()

    def fail() -> None:
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        healed(api, clock, during=fail)
    assert api.holder == ""
