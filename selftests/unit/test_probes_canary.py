"""The scheduling canary, against a cluster whose controllers work as they are told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from chaos.measure.outcome import Outcome
from chaos.measure.probe import build
from chaos.probes import kinds
from selftests.unit.probes_support import GOAWAY, Asked, Server, seen, serving

DEPLOYMENTS = "/apis/apps/v1/namespaces/ours/deployments"
LABEL = "holdfast.dev/canary"


class Cluster:
    """Makes, schedules and runs the Pods of Deployments, as far as it is told to."""

    def __init__(self) -> None:
        self.goes_to = "Running"
        """How far a Deployment gets: '' (created), 'pod' (made), 'node' (scheduled), or a phase."""
        self.begin = 200
        """The status that a watch begins with."""
        self.late = 0.0
        """Seconds after which a creation is answered, though it happens at once."""
        self.create = 201
        """The status of a creation; 0 for nothing."""
        self.moves = False
        """Whether clients are asked to move once their watch stands."""
        self.there: set[str] = set()
        self.pods: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.all_gone = asyncio.Event()
        self.created = 0.0
        """When the last creation was asked for."""
        self._watch: Asked | None = None
        self._version = 1

    def handle(self, asked: Asked) -> None:
        match asked.method:
            case "POST":
                self._create(asked)
            case "DELETE":
                self._delete(asked)
            case _:
                self._watch = asked
                asked.answer(self.begin, end=self.begin != 200)
                if self.moves:
                    asked.connection.frame(GOAWAY, asked.stream.to_bytes(4, "big") + bytes(4))

    def _create(self, asked: Asked) -> None:
        self.created = time.monotonic()
        if self.create in (0, 201):
            made = json.loads(asked.body)
            name = made["metadata"]["name"]
            self.there.add(name)
            self.all_gone.clear()
            if self.goes_to:
                self.make(name, made["spec"]["template"])
        if self.create:
            asyncio.get_running_loop().call_later(self.late, asked.answer, self.create, b"{}")

    def make(self, name: str, template: dict[str, Any], *, number: int = 1) -> None:
        """A Pod of a Deployment."""
        pod: dict[str, Any] = json.loads(json.dumps(template)) | {"status": {"phase": "Pending"}}
        pod["metadata"]["name"] = f"{name}-5c6f-{number}"
        self.pods[pod["metadata"]["name"]] = pod
        self.tell("ADDED", pod)
        if self.goes_to != "pod":
            pod["spec"]["nodeName"] = "worker-1"
            self.tell("MODIFIED", pod)
        if self.goes_to not in ("pod", "node"):
            pod["status"]["phase"] = self.goes_to
            self.tell("MODIFIED", pod)

    def _delete(self, asked: Asked) -> None:
        path, _, ours = asked.url.partition("?")
        if path.startswith(f"{DEPLOYMENTS}/"):
            name = path.rpartition("/")[2]
            self.deleted.append(name)
            self.there.discard(name)
        elif path.endswith("/pods"):
            name = ours.partition("&")[0].rpartition("%3D")[2]
            assert name not in self.there, "it would be made again"
            for pod in [
                pod for pod in self.pods.values() if pod["metadata"]["labels"][LABEL] == name
            ]:
                self.take_away(pod)
        asked.answer(200, b"{}")
        if not self.pods and not self.there and path.endswith("/pods"):
            self.all_gone.set()

    def take_away(self, pod: dict[str, Any]) -> None:
        """The end of a Pod."""
        del self.pods[pod["metadata"]["name"]]
        self.tell("DELETED", pod)

    def tell(self, kind: str, pod: dict[str, Any]) -> None:
        assert self._watch
        self._version += 1
        pod["metadata"]["resourceVersion"] = str(self._version)
        self._watch.tell(kind, pod)

    def hang_up(self) -> None:
        """End the watch."""
        assert self._watch
        self._watch.connection.drop()


def run(scene: Callable[[Any, Cluster, Server], Awaitable[None]], **options: Any) -> None:
    async def whole() -> None:
        cluster = Cluster()
        async with serving(cluster.handle) as server, asyncio.timeout(10):
            access = server.access(namespace="ours")
            how = {"image": "registry.test/pause:1", **options}
            probe = build(kinds()["scheduling-canary"].spec(access, **how))
            await probe.prepare()
            await scene(probe, cluster, server)
            await probe.close()
            assert not cluster.pods
            assert not cluster.there

    uvloop.run(whole())


async def gone(cluster: Cluster) -> None:
    await asyncio.wait_for(cluster.all_gone.wait(), 1)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0.005)


def test_a_deployment_whose_pod_runs_is_ok_and_is_deleted() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        said = []
        for tick in range(3):
            said.append(await seen(probe, tick))
            await gone(cluster)
        assert [outcome for outcome, _ in said] == [Outcome.OK] * 3
        details: list[Any] = [attempt.detail for _, attempt in said]
        assert [detail["deployment"] for detail in details] == cluster.deleted
        assert [detail["pod"] for detail in details] == [f"{n}-5c6f-1" for n in cluster.deleted]
        assert len(set(cluster.deleted)) == 3
        assert all(detail["node"] == "worker-1" for detail in details)
        for detail in details:
            assert 0 <= detail["made"] <= detail["scheduled"] <= detail["running"] < 900

    run(scene)


def test_it_is_deleted_from_above_with_all_that_is_of_it() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        await seen(probe)
        await gone(cluster)
        (name,) = cluster.deleted
        ours = f"labelSelector=holdfast.dev%2Fcanary%3D{name}"
        assert [asked.url for asked in server.asked if asked.method == "DELETE"] == [
            f"{DEPLOYMENTS}/{name}?propagationPolicy=Background",
            f"/apis/apps/v1/namespaces/ours/replicasets?{ours}&propagationPolicy=Background",
            f"/api/v1/namespaces/ours/pods?{ours}&gracePeriodSeconds=0",
        ]
        watched = next(asked.url for asked in server.asked if asked.method == "GET")
        assert watched.startswith(f"/api/v1/namespaces/ours/pods?{ours}&watch=1")

    run(scene)


def test_the_pod_needs_nothing_and_may_do_nothing() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        await seen(probe)
        created = next(asked for asked in server.asked if asked.method == "POST")
        assert created.url == DEPLOYMENTS
        made = json.loads(created.body)
        assert (made["apiVersion"], made["kind"], made["spec"]["replicas"]) == (
            *("apps/v1", "Deployment", 1),
        )
        template = made["spec"]["template"]
        for labels in (made["metadata"]["labels"], template["metadata"]["labels"]):
            assert labels["app.kubernetes.io/managed-by"] == "holdfast"
            assert labels["holdfast.dev/probe"] == "scheduling-canary"
        selector = made["spec"]["selector"]["matchLabels"]
        assert selector == {LABEL: made["metadata"]["name"]}
        assert selector.items() <= template["metadata"]["labels"].items()
        assert len(selector[LABEL]) <= 63
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["terminationGracePeriodSeconds"] == 0
        assert spec["securityContext"]["runAsNonRoot"] is True
        (container,) = spec["containers"]
        assert container["image"] == "registry.test/pause:1"
        assert container["command"] == ["sleep", "9"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}

    run(scene, command=["sleep", "9"])


def test_there_is_never_more_than_one() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.goes_to = "pod"
        first = asyncio.create_task(seen(probe, 0, within=0.5))
        await until(lambda: cluster.pods)
        outcome, attempt = await seen(probe, 1)
        assert outcome is Outcome.NOT_SENT
        assert "is under way" in str(attempt.detail["why"])
        assert len(cluster.there) == 1
        outcome, attempt = await first
        assert (outcome, attempt.phase) == (Outcome.TIMEOUT, "schedule")
        await gone(cluster)
        cluster.goes_to = "Running"
        assert (await seen(probe, 2))[0] is Outcome.OK

    run(scene)


def test_without_a_watch_nothing_is_created() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.begin = 403
        outcome, attempt = await seen(probe)
        assert (outcome, attempt.detail["status"]) == (Outcome.UNAUTHORIZED, 403)
        assert {asked.method for asked in server.asked} == {"GET"}

    run(scene)


def test_how_far_it_came_is_told() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        for tick, (goes_to, phase) in enumerate(
            [("", "make"), ("pod", "schedule"), ("node", "run")]
        ):
            cluster.goes_to, cluster.late = goes_to, 0.05 if tick % 2 else 0.0
            outcome, attempt = await seen(probe, tick, within=0.4)
            assert (outcome, attempt.phase) == (Outcome.TIMEOUT, phase)
            known = {"made": "pod", "scheduled": "node"}
            there = {key for key in known if key in attempt.detail}
            assert there == {"make": set(), "schedule": {"made"}, "run": {*known}}[phase]
            await gone(cluster)
        cluster.create = 0  # not acknowledged, and perhaps there all the same
        task = asyncio.create_task(seen(probe, 3, within=0.5))
        await until(lambda: len(cluster.there) == 1)
        outcome, attempt = await task
        assert (outcome, attempt.phase) == (Outcome.TIMEOUT, "answer")
        await gone(cluster)
        assert len(cluster.deleted) == 4

    run(scene)


def test_what_was_seen_first_counts() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.goes_to = "node"
        task = asyncio.create_task(seen(probe, within=0.5))
        await until(lambda: cluster.pods)
        await asyncio.sleep(0.2)
        (pod,) = cluster.pods.values()
        cluster.tell("MODIFIED", pod)
        _, attempt = await task
        assert float(attempt.detail["scheduled"]) < 200

    run(scene)


def test_a_pod_that_is_taken_away_is_made_again_and_that_one_counts() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.goes_to = "node"
        task = asyncio.create_task(seen(probe))
        await until(lambda: cluster.pods)
        await asyncio.sleep(0.1)
        (pod,), (name,) = cluster.pods.values(), cluster.there
        taken_away = time.monotonic() - cluster.created
        cluster.take_away(pod)
        cluster.goes_to = "Running"
        cluster.make(name, {"metadata": pod["metadata"], "spec": {}}, number=2)
        outcome, attempt = await task
        assert (outcome, attempt.detail["pod"]) == (Outcome.OK, f"{name}-5c6f-2")
        assert float(attempt.detail["made"]) > taken_away * 1e3

    run(scene)


def test_each_way_of_failing_has_its_class() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.create = 403
        outcome, attempt = await seen(probe)
        assert (outcome, attempt.detail["status"]) == (Outcome.UNAUTHORIZED, 403)
        cluster.create, cluster.goes_to = 201, "Failed"
        outcome, attempt = await seen(probe, 1)
        assert (outcome, attempt.detail["error"]) == (Outcome.WRONG, "the Pod failed")
        await gone(cluster)
        cluster.goes_to = ""
        task = asyncio.create_task(seen(probe, 3))
        await until(lambda: cluster.there)
        cluster.hang_up()
        assert (await task)[0] is Outcome.RESET

    run(scene)


def test_a_client_that_is_asked_to_move_flies_on() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.moves = True
        assert (await seen(probe))[0] is Outcome.OK
        assert [asked.method for asked in server.asked[:2]] == ["GET", "POST"]
        watched, created = (asked.connection for asked in server.asked[:2])
        assert watched is not created  # and the watch went on where it was
        await gone(cluster)
        async with asyncio.timeout(1):
            await watched.ended.wait()

    run(scene)
