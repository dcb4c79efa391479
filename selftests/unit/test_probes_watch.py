"""Watches: kept open, resumed where they ended, and what is told by them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvloop

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, build
from chaos.measure.sample import Event
from chaos.probes import kinds
from chaos.probes.h2_client import H2Client
from chaos.probes.watching import Watch
from selftests.unit.probes_support import RST_STREAM, Asked, Server, seen, serving

KINDS = ["watch-stream", "node-conditions", "leader-leases"]


class Api:
    """As much of an apiserver as watches need: what is written is told to all that watch."""

    def __init__(self) -> None:
        self.version = 100
        self.watches: list[Asked] = []
        self.there: list[dict[str, Any]] = []
        self.begin = 200
        """The status that a watch begins with; 0 for nothing."""
        self.write = 200
        """The status of a write; 0 for nothing, though it happens."""
        self.tells = True
        """Whether writes are told."""

    def handle(self, asked: Asked) -> None:
        if asked.method == "PATCH":
            self._patch(asked)
        elif self.begin == 200:
            self.watches.append(asked)
            asked.answer(200, end=False)
            if "resourceVersion" not in query(asked):
                for about in self.there:
                    asked.tell("ADDED", about)
        elif self.begin:
            asked.answer(self.begin, b"{}")

    def _patch(self, asked: Asked) -> None:
        if self.write in (0, 200):
            self.version += 1
            about = json.loads(asked.body)
            about["metadata"]["resourceVersion"] = str(self.version)
            if self.tells:
                self.tell("MODIFIED", about)
        if self.write:
            asked.answer(self.write, b"{}")

    def tell(self, kind: str, about: dict[str, Any]) -> None:
        for watch in self.watches:
            watch.tell(kind, about)


def query(asked: Asked) -> dict[str, str]:
    return {k: v[0] for k, v in parse_qs(urlsplit(asked.url).query).items()}


def thing(name: str, version: int, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}, **more}


def run(scene: Callable[[Server, Api], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        api = Api()
        async with serving(api.handle) as server, asyncio.timeout(10):
            return await scene(server, api)

    return uvloop.run(whole())


async def told(events: list[Any], count: int) -> list[Any]:
    """Until so many were told."""
    async with asyncio.timeout(2):
        while len(events) < count:  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0.005)
    return events


class Kept:
    """A watch, with all that it told."""

    def __init__(self, server: Server) -> None:
        self.events: list[tuple[str, str]] = []
        self.ended: list[Exception] = []
        self.watch = Watch(
            H2Client(server.access()),
            "/things?labelSelector=a",
            lambda kind, about: self.events.append((kind, about["metadata"]["name"])),
            self.ended.append,
        )

    async def ensure(self) -> tuple[Outcome, Any]:
        attempt = Attempt(0)
        return await self.watch.ensure(attempt), attempt.detail.get("reopened")


def test_a_watch_begins_with_what_is_there_and_tells_what_changes() -> None:
    async def scene(server: Server, api: Api) -> None:
        api.there = [thing("one", 7), thing("two", 8)]
        kept = Kept(server)
        assert await kept.ensure() == (Outcome.OK, "there was none")
        assert await kept.ensure() == (Outcome.OK, None)
        api.tell("BOOKMARK", thing("", 11))
        api.tell("DELETED", thing("one", 12))
        assert await told(kept.events, 3) == [
            *(("ADDED", "one"), ("ADDED", "two"), ("DELETED", "one"))
        ]
        assert kept.watch.version == "12"
        wanted = {"labelSelector": "a", "watch": "1", "allowWatchBookmarks": "true"}
        assert [query(asked) for asked in server.asked] == [wanted]
        await kept.watch.close()

    run(scene)


def test_those_who_find_no_watch_open_one_and_not_each_their_own() -> None:
    async def scene(server: Server, api: Api) -> None:
        kept = Kept(server)
        said = await asyncio.gather(*(kept.ensure() for _ in range(5)))
        assert [outcome for outcome, _ in said] == [Outcome.OK] * 5
        assert len(server.asked) == 1
        await kept.watch.close()

    run(scene)


def test_a_watch_that_nobody_waits_for_any_more_is_taken_back() -> None:
    async def scene(server: Server, api: Api) -> None:
        api.begin = 0
        kept = Kept(server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await kept.ensure()
        api.begin = 200
        assert (await kept.ensure())[0] is Outcome.OK
        frames = [(kind, stream) for kind, _, stream, _ in server.connections[0].frames]
        assert (RST_STREAM, server.asked[0].stream) in frames
        await kept.watch.close()

    run(scene)


def test_an_event_may_come_in_pieces_and_several_in_one() -> None:
    async def scene(server: Server, api: Api) -> None:
        kept = Kept(server)
        await kept.ensure()
        lines = b"".join(
            json.dumps({"type": "ADDED", "object": thing(f"n{n}", n)}).encode() + b"\n"
            for n in range(3)
        )
        for piece in (lines[:10], lines[10:75], lines[75:]):
            api.watches[0].more(piece)
        assert [name for _, name in await told(kept.events, 3)] == ["n0", "n1", "n2"]
        await kept.watch.close()

    run(scene)


def test_a_watch_that_ended_goes_on_where_it_was() -> None:
    async def scene(server: Server, api: Api) -> None:
        kept = Kept(server)
        await kept.ensure()
        api.tell("BOOKMARK", thing("", 41))
        api.watches.pop().more(b"", end=True)
        await told(kept.ended, 1)
        assert not kept.watch.stands()
        assert await kept.ensure() == (Outcome.OK, "the watch had ended")
        assert query(server.asked[-1])["resourceVersion"] == "41"
        assert kept.watch.gaps == 0
        await kept.watch.close()

    run(scene)


@pytest.mark.parametrize("late", [False, True])
def test_what_the_server_has_forgotten_is_a_gap_and_begins_anew(late: bool) -> None:
    async def scene(server: Server, api: Api) -> None:
        kept = Kept(server)
        await kept.ensure()
        api.tell("BOOKMARK", thing("", 41))
        if late:  # told within the watch that was open
            api.tell("ERROR", {"code": 410, "reason": "Expired"})
            api.watches.pop()
            await told(kept.ended, 1)
        else:
            api.watches.pop().more(b"", end=True)
            await told(kept.ended, 1)
            api.begin = 410
            assert (await kept.ensure())[0] is Outcome.WRONG
            api.begin = 200
        assert await kept.ensure() == (Outcome.OK, "the watch had ended")
        assert "resourceVersion" not in query(server.asked[-1])
        assert kept.watch.gaps == 1
        await kept.watch.close()

    run(scene)


@pytest.mark.parametrize("line", [b"{}\n", b"no JSON\n", b'{"type":"ADDED","object":{}}\n'])
def test_what_is_no_event_ends_the_watch(line: bytes) -> None:
    async def scene(server: Server, api: Api) -> None:
        kept = Kept(server)
        await kept.ensure()
        api.watches[0].more(line)
        await told(kept.ended, 1)
        assert "no event" in str(kept.ended[0])
        assert (kept.events, kept.watch.stands()) == ([], False)

    run(scene)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(403, Outcome.UNAUTHORIZED), (503, Outcome.SERVER_ERROR), (409, Outcome.WRONG)],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_watch_that_cannot_be_opened_is_a_failure_of_its_class(
    kind: str, status: int, outcome: Outcome
) -> None:
    async def scene(server: Server, api: Api) -> None:
        probe = build(kinds()[kind].spec(server.access()))
        api.begin = status
        await probe.prepare()
        said, attempt = await seen(probe)
        assert (said, attempt.detail["status"]) == (outcome, status)
        api.begin = 0
        assert (await seen(probe, within=0.1))[0] is Outcome.TIMEOUT
        api.begin = 200
        assert (await seen(probe))[0] is Outcome.OK
        await probe.close()

    run(scene)


def test_a_change_that_is_seen_is_ok() -> None:
    async def scene(server: Server, api: Api) -> None:
        probe = build(kinds()["watch-stream"].spec(server.access(namespace="ours")))
        await probe.prepare()
        said = await asyncio.gather(*(seen(probe, tick) for tick in range(5)))
        assert [outcome for outcome, _ in said] == [Outcome.OK] * 5
        assert all(0 <= float(attempt.detail["behind"]) < 500 for _, attempt in said)
        watch = next(asked for asked in server.asked if "watch=1" in asked.url)
        assert urlsplit(watch.url).path == "/api/v1/namespaces/ours/configmaps"
        labels = dict(one.split("=") for one in query(watch)["labelSelector"].split(","))
        written = [json.loads(a.body) for a in server.asked if a.method == "PATCH"]
        assert all(one["metadata"]["labels"] == labels for one in written)
        assert len({one["metadata"]["name"] for one in written}) == 5
        await probe.close()

    run(scene)


def test_a_change_that_was_written_and_not_seen_is_a_failure() -> None:
    async def scene(server: Server, api: Api) -> None:
        probe = build(kinds()["watch-stream"].spec(server.access()))
        await probe.prepare()
        api.tells = False
        outcome, attempt = await seen(probe, within=0.2)
        assert (outcome, attempt.phase) == (Outcome.TIMEOUT, "event")
        api.tells = True
        assert (await seen(probe, 1))[0] is Outcome.OK
        await probe.close()

    run(scene)


def test_what_could_not_be_written_says_nothing_of_the_watch() -> None:
    async def scene(server: Server, api: Api) -> None:
        probe = build(kinds()["watch-stream"].spec(server.access(), timeout=0.2))
        await probe.prepare()
        api.write, api.tells = 503, False
        outcome, attempt = await seen(probe)
        assert outcome is Outcome.NOT_SENT
        assert attempt.detail["why"] == "nothing was written to watch for: status 503"
        api.write = 0
        outcome, attempt = await seen(probe, 1, within=0.2)
        assert outcome is Outcome.NOT_SENT
        assert attempt.detail["why"] == "nothing was written to watch for: it hung (answer)"
        api.tells = True  # not acknowledged, and seen all the same
        assert (await seen(probe, 2))[0] is Outcome.OK
        await probe.close()

    run(scene)


def test_a_watch_that_breaks_while_a_change_is_waited_for_is_a_reset() -> None:
    async def scene(server: Server, api: Api) -> None:
        probe = build(kinds()["watch-stream"].spec(server.access()))
        await probe.prepare()
        api.tells = False
        waiting = asyncio.create_task(seen(probe))
        await told(server.asked, 2)
        api.watches.pop().connection.drop()
        outcome, attempt = await waiting
        assert (outcome, attempt.phase) == (Outcome.RESET, "event")
        api.tells = True
        outcome, attempt = await seen(probe, 1)
        assert outcome is Outcome.OK
        why = str(attempt.detail["reopened"])
        assert why == "closed by the peer" or "reset" in why
        await probe.close()

    run(scene)


def telling(server: Server, kind: str) -> tuple[Any, list[Event]]:
    events: list[Event] = []
    probe: Any = build(kinds()[kind].spec(server.access()))
    probe.tell_to(events.append)
    return probe, events


def node(version: int, ready: str, **other: str) -> dict[str, Any]:
    conditions = [
        {"type": kind, "status": status, "reason": "Because", "lastTransitionTime": "T"}
        for kind, status in {"Ready": ready, **other}.items()
    ]
    return thing("worker-1", version, status={"conditions": conditions})


def test_each_change_of_a_condition_is_told_once() -> None:
    async def scene(server: Server, api: Api) -> None:
        api.there = [node(1, "True", DiskPressure="False")]
        probe, events = telling(server, "node-conditions")
        assert (await seen(probe))[0] is Outcome.OK
        await told(events, 2)
        api.tell("MODIFIED", node(2, "True", DiskPressure="False"))
        api.tell("MODIFIED", node(3, "Unknown", DiskPressure="False"))
        api.tell("DELETED", node(4, "Unknown", DiskPressure="False"))
        await told(events, 5)
        api.tell("ADDED", node(5, "Unknown"))
        assert (await told(events, 6)).pop().data["first"] is True  # another of the same name
        assert {event.kind for event in events} == {"node-condition"}
        said = [(e.data["type"], e.data["status"], "first" in e.data) for e in events]
        assert said == [
            ("Ready", "True", True),
            ("DiskPressure", "False", True),
            ("Ready", "Unknown", False),
            ("Ready", "gone", False),
            ("DiskPressure", "gone", False),
        ]
        assert events[2].data == {
            "node": "worker-1",
            "type": "Ready",
            "status": "Unknown",
            "reason": "Because",
            "since": "T",
        }
        assert sorted(events, key=lambda event: event.at) == events
        await probe.close()

    run(scene)


def test_each_write_of_a_leaders_lease_is_told() -> None:
    def lease(name: str, version: int, holder: str, renewed: str) -> dict[str, Any]:
        spec = {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}
        return thing(name, version, spec=spec | {"acquireTime": "A", "leaseTransitions": 3})

    def managed(lease: dict[str, Any], **fields: list[str]) -> dict[str, Any]:
        """With managers by their names, and the fields of the spec that are theirs."""
        lease["metadata"]["managedFields"] = [
            *({"manager": "notes", "fieldsV1": {"f:metadata": {"f:annotations": {}}}}, {}),
            *(
                {"manager": who, "fieldsV1": {"f:spec": {f"f:{one}": {} for one in owned}}}
                for who, owned in fields.items()
            ),
        ]
        return lease

    async def scene(server: Server, api: Api) -> None:
        api.there = [lease("kube-scheduler", 1, "cp-1", "T1"), lease("apiserver-x", 2, "y", "T1")]
        probe, events = telling(server, "leader-leases")
        assert (await seen(probe))[0] is Outcome.OK
        held, asked = ["holderIdentity", "leaseTransitions"], ["leaseDurationSeconds"]
        renewed = lease("kube-scheduler", 5, "cp-1", "T2")
        api.tell("MODIFIED", managed(renewed, scheduler=["renewTime"], edit=held, other=asked))
        api.tell("DELETED", lease("kube-controller-manager", 6, "cp-3", "T3"))
        chosen = lease("kube-scheduler", 7, "cp-1", "T4")
        chosen["spec"]["strategy"] = "OldestEmulationVersion"
        api.tell("MODIFIED", managed(chosen, apiserver=["acquireTime"]))
        await told(events, 4)
        assert [(e.data["lease"], e.data["holder"], e.data["renewed"]) for e in events] == [
            ("kube-scheduler", "cp-1", "T1"),
            ("kube-scheduler", "cp-1", "T2"),
            ("kube-controller-manager", "", "T3"),
            ("kube-scheduler", "cp-1", "T4"),
        ]
        assert events[1].data == {
            "lease": "kube-scheduler",
            "holder": "cp-1",
            "acquired": "A",
            "renewed": "T2",
            "duration": 15,
            "transitions": 3,
            "version": "5",
            "writers": ["edit", "scheduler"],
        }
        assert events[2].data["writers"] == []
        assert [events[3].data[key] for key in ("writers", "strategy")] == [
            *(["apiserver"], "OldestEmulationVersion")
        ]
        await probe.close()

    run(scene)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_hole_in_a_view_is_told(kind: str) -> None:
    async def scene(server: Server, api: Api) -> None:
        probe, events = telling(server, kind)
        await probe.prepare()
        api.tell("ERROR", {"code": 410, "reason": "Expired"})
        api.watches[0].connection.drop()
        api.watches.clear()
        async with asyncio.timeout(2):
            while (await seen(probe))[1].detail.get("reopened") is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await seen(probe)
        assert [(event.kind, event.data) for event in events] == [("watch-gap", {"watch": kind})]
        await probe.close()

    run(scene)
