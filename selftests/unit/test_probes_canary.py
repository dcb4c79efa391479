"""The scheduling canary, against a cluster that schedules as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import build
from chaos.probes import kinds
from selftests.unit.probes_support import Asked, Server, seen, serving


class Cluster:
    """Creates, schedules and runs Pods, as far as it is told to."""

    def __init__(self) -> None:
        self.goes_to = "Running"
        """How far a new Pod gets: '' (created), 'node' (scheduled), or its phase."""
        self.begin = 200
        """The status that a watch begins with."""
        self.late = 0.0
        """Seconds after which a creation is answered, though it happens at once."""
        self.create = 201
        """The status of a creation; 0 for nothing."""
        self.pods: dict[str, dict[str, Any]] = {}
        self.deleted: list[str] = []
        self.all_gone = asyncio.Event()
        self._watch: Asked | None = None
        self._version = 1

    def handle(self, asked: Asked) -> None:
        match asked.method:
            case "POST":
                self._create(asked)
            case "DELETE":
                name = asked.url.rpartition("/")[2].partition("?")[0]
                self.deleted.append(name)
                asked.answer(200, b"{}")
                self.tell("DELETED", self.pods.pop(name, {"metadata": {"name": name}, "spec": {}}))
                if not self.pods:
                    self.all_gone.set()
            case _:
                self._watch = asked
                asked.answer(self.begin, end=self.begin != 200)

    def _create(self, asked: Asked) -> None:
        if self.create in (0, 201):
            pod: dict[str, Any] = {"status": {"phase": "Pending"}, **json.loads(asked.body)}
            self.pods[pod["metadata"]["name"]] = pod
            self.all_gone.clear()
            self.tell("ADDED", pod)
            if self.goes_to:
                pod["spec"]["nodeName"] = "worker-1"
                self.tell("MODIFIED", pod)
            if self.goes_to not in ("", "node"):
                pod["status"]["phase"] = self.goes_to
                self.tell("MODIFIED", pod)
        if self.create:
            asyncio.get_running_loop().call_later(self.late, asked.answer, self.create, b"{}")

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

    asyncio.run(whole())


def test_a_pod_that_runs_is_ok_and_is_deleted() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        said = []
        for tick in range(3):
            said.append(await seen(probe, tick))
            await asyncio.wait_for(cluster.all_gone.wait(), 1)
        assert [outcome for outcome, _ in said] == [Outcome.OK] * 3
        details: list[Any] = [attempt.detail for _, attempt in said]
        assert [detail["pod"] for detail in details] == cluster.deleted
        assert len(set(cluster.deleted)) == 3
        urls = [asked.url for asked in server.asked if asked.method == "DELETE"]
        assert all(url.endswith("?gracePeriodSeconds=0") for url in urls)
        assert all(detail["node"] == "worker-1" for detail in details)
        assert all(0 <= detail["scheduled"] <= detail["running"] < 900 for detail in details)

    run(scene)


def test_the_pod_needs_nothing_and_may_do_nothing() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        await seen(probe)
        created = next(asked for asked in server.asked if asked.method == "POST")
        assert created.url == "/api/v1/namespaces/ours/pods"
        pod = json.loads(created.body)
        assert pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "holdfast"
        spec = pod["spec"]
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
        cluster.goes_to = ""
        first = asyncio.create_task(seen(probe, 0, within=0.3))
        await asyncio.sleep(0.1)
        outcome, attempt = await seen(probe, 1)
        assert outcome is Outcome.NOT_SENT
        assert "is under way" in str(attempt.detail["why"])
        assert len(cluster.pods) == 1
        outcome, attempt = await first
        assert (outcome, attempt.phase) == (Outcome.TIMEOUT, "schedule")
        await asyncio.wait_for(cluster.all_gone.wait(), 1)
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
        cluster.goes_to, cluster.late = "node", 0.05
        task = asyncio.create_task(seen(probe, within=0.2))
        await asyncio.sleep(0.15)
        (pod,) = cluster.pods.values()
        cluster.tell("MODIFIED", pod)
        outcome, attempt = await task
        assert (outcome, attempt.phase, attempt.detail["node"]) == (
            *(Outcome.TIMEOUT, "run", "worker-1"),
        )
        assert float(attempt.detail["scheduled"]) < 100  # when it was first seen there
        cluster.create = 0  # not acknowledged, and perhaps there all the same
        outcome, attempt = await seen(probe, 1, within=0.1)
        assert outcome is Outcome.TIMEOUT
        await asyncio.wait_for(cluster.all_gone.wait(), 1)
        assert len(cluster.deleted) == 2

    run(scene)


def test_each_way_of_failing_has_its_class() -> None:
    async def scene(probe: Any, cluster: Cluster, server: Server) -> None:
        cluster.create = 403
        outcome, attempt = await seen(probe)
        assert (outcome, attempt.detail["status"]) == (Outcome.UNAUTHORIZED, 403)
        cluster.create, cluster.goes_to = 201, "Failed"
        outcome, attempt = await seen(probe, 1)
        assert (outcome, attempt.detail["error"]) == (Outcome.WRONG, "the Pod failed")
        await asyncio.wait_for(cluster.all_gone.wait(), 1)
        cluster.goes_to = "node"
        task = asyncio.create_task(seen(probe, 2))
        await asyncio.sleep(0.1)
        (pod,) = cluster.pods.values()
        cluster.tell("DELETED", pod)
        assert (await task)[0] is Outcome.RESET
        cluster.goes_to = ""
        task = asyncio.create_task(seen(probe, 3))
        await asyncio.sleep(0.1)
        cluster.hang_up()
        assert (await task)[0] is Outcome.RESET
        cluster.goes_to = "Succeeded"
        assert (await seen(probe, 4))[0] is Outcome.OK

    run(scene)
