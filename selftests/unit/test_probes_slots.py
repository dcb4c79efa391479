"""Which connection an attempt is sent over, and which are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import slots as slots_module
from chaos.probes.access import ApiAccess
from chaos.probes.http import Answer
from chaos.probes.slots import Slots

ACCESS = ApiAccess("192.0.2.1", 6443, "no PEM")
# One a second for a second: two slots.
SPEC = ProbeSpec("p", "p", "endpoint", "nowhere:at_all", 1.0)


class FakeConnection:
    """A connection of which is known what becomes of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.lost = ""
        self.dropped = 0

    def drop(self) -> None:
        self.dropped += 1


class Network:
    """In place of the network: makes connections, and answers as it is told."""

    def __init__(self) -> None:
        self.made: list[FakeConnection] = []
        self.refuses = False
        self.answer: Callable[[FakeConnection], Awaitable[Answer]] = self.kept
        self.used: list[int] = []

    async def connect(self, access: ApiAccess, attempt: Attempt) -> FakeConnection:
        if self.refuses:
            raise ConnectionRefusedError
        self.made.append(FakeConnection(len(self.made)))
        return self.made[-1]

    async def exchange(self, connection: FakeConnection, sent: bytes, attempt: Attempt) -> Answer:
        self.used.append(connection.number)
        return await self.answer(connection)

    async def kept(self, _: FakeConnection) -> Answer:
        return Answer(200, b"ok", kept=True)

    async def not_kept(self, _: FakeConnection) -> Answer:
        return Answer(200, b"ok", kept=False)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(slots_module, "connect", network.connect)
    monkeypatch.setattr(slots_module, "exchange", network.exchange)
    return network


def run(scene: Callable[[Slots], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await scene(Slots(SPEC, ACCESS))

    return uvloop.run(whole())


async def ask(slots: Slots, tick: int) -> Attempt:
    attempt = Attempt(tick)
    await slots.exchange(b"", attempt)
    return attempt


def test_as_many_are_opened_as_can_be_under_way_and_each_has_its_turn(network: Network) -> None:
    async def scene(slots: Slots) -> list[Any]:
        await slots.open()
        assert len(network.made) == SPEC.in_flight == 2
        return [(await ask(slots, tick)).detail for tick in range(4)]

    assert run(scene) == [{}] * 4
    assert network.used == [0, 1, 0, 1]


def test_those_that_cannot_be_opened_are_opened_when_their_turn_comes(network: Network) -> None:
    async def scene(slots: Slots) -> None:
        network.refuses = True
        await slots.open()
        network.refuses = False
        assert (await ask(slots, 0)).detail == {"reopened": "it was broken"}
        assert (await ask(slots, 2)).detail == {}

    run(scene)


def test_one_that_the_server_wants_to_close_is_closed_and_not_used_again(network: Network) -> None:
    async def scene(slots: Slots) -> None:
        await slots.open()
        network.answer = network.not_kept
        await ask(slots, 0)
        assert [one.dropped for one in network.made] == [1, 0]
        network.answer = network.kept
        assert (await ask(slots, 2)).detail == {"reopened": "it was broken"}
        assert network.used == [0, 2]

    run(scene)


def test_one_that_was_lost_while_idle_is_let_go_of_and_noted(network: Network) -> None:
    async def scene(slots: Slots) -> None:
        await slots.open()
        network.made[0].lost = "closed by the peer"
        assert (await ask(slots, 0)).detail == {"reopened": "closed by the peer"}
        assert [one.dropped for one in network.made] == [1, 0, 0]

    run(scene)


@pytest.mark.parametrize("broken", [ConnectionResetError(), EOFError(), asyncio.CancelledError()])
def test_one_that_breaks_in_use_is_let_go_of(network: Network, broken: BaseException) -> None:
    async def breaks(_: FakeConnection) -> Answer:
        raise broken

    async def scene(slots: Slots) -> None:
        await slots.open()
        network.answer = breaks
        with pytest.raises(type(broken)):
            await ask(slots, 0)
        assert [one.dropped for one in network.made] == [1, 0]

    run(scene)


def test_one_whose_answer_comes_after_its_next_turn_takes_no_place_from_the_next(
    network: Network,
) -> None:
    late = asyncio.Event()

    async def answer(connection: FakeConnection) -> Answer:
        if connection.number == 0:
            await late.wait()
        return Answer(200, b"ok", kept=True)

    async def scene(slots: Slots) -> None:
        await slots.open()
        network.answer = answer
        first = asyncio.create_task(ask(slots, 0))
        await asyncio.sleep(0)
        assert (await ask(slots, 2)).detail == {"reopened": "it was broken"}
        late.set()
        await first
        assert [one.dropped for one in network.made] == [1, 0, 0]  # it, and not its successor
        await ask(slots, 4)
        assert network.used == [0, 2, 2]

    run(scene)


def test_closing_lets_go_of_all_and_keeps_none(network: Network) -> None:
    async def scene(slots: Slots) -> None:
        await slots.open()
        slots.close()
        assert [one.dropped for one in network.made] == [1, 1]
        assert (await ask(slots, 0)).detail == {"reopened": "it was broken"}
        slots.close()
        assert [one.dropped for one in network.made] == [1, 1, 1]

    run(scene)
