"""Whether new Pods still get a node, and start there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.classify import classified, of_status
from chaos.probes.h2_client import H2Client
from chaos.probes.http import BadAnswer
from chaos.probes.watching import Watch, forget
from chaos.probes.writing import marks

KIND = "scheduling-canary"

_TO_DELETE = 5.0


@probe(KIND, rate=0.5, timeout=10.0)
class SchedulingCanary:
    """A Pod that is created, waited for until it runs, and deleted: one at a time, no more.

    A tick that finds one under way is not_sent. Each has a connection of its own: so what is seen
    is whether the cluster schedules, and not how long an old connection stays silent. The detail
    has the `pod`, where it was put (`node`) and the milliseconds from its creation until it was
    bound there (`scheduled`) and until it ran (`running`); the phase tells what was waited for:
    `answer` (the API), `schedule`, `run`.

    Options: `access`, whose namespace it goes to; `image`, one that the nodes have already;
    `command`, a list, where it is not the image's own that is to run.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._access = ApiAccess.from_data(spec.options["access"])
        self._image: str = spec.options["image"]
        self._command: list[str] = list(spec.options.get("command", ()))
        self._run = f"{os.getpid()}-{time.monotonic_ns():x}"
        self._under_way = ""
        self._deleting: set[asyncio.Task[None]] = set()
        tls_context(self._access, "h2")  # now, when bad PEM can still be told

    async def prepare(self) -> None:
        """Nothing: there is nothing to keep."""

    async def observe(self, attempt: Attempt) -> Outcome:
        """One Pod, unless one is under way."""
        if self._under_way:
            attempt.note(why=f"{self._under_way} is under way")
            return Outcome.NOT_SENT
        name = f"holdfast-canary-{self._run}-{attempt.tick}"
        self._under_way = name
        one = _Canary(self._access, name, attempt)
        try:
            attempt.note(pod=name)
            return await classified(attempt, one.fly(self._pod(name)))
        finally:
            self._under_way = ""
            task = asyncio.create_task(one.delete())
            self._deleting.add(task)
            task.add_done_callback(self._deleting.discard)

    def _pod(self, name: str) -> bytes:
        """Small, without rights, with nothing to wait for when it ends."""
        container: dict[str, Any] = {
            "name": "canary",
            "image": self._image,
            "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        }
        if self._command:
            container["command"] = self._command
        spec = {
            "containers": [container],
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        }
        metadata = {"name": name, "labels": marks(KIND)}
        return json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        ).encode()

    async def close(self) -> None:
        """Let what is being deleted be deleted."""
        if self._deleting:
            await asyncio.wait(self._deleting)


class _Canary:
    """One Pod, with the connection that it is created, watched and deleted over."""

    def __init__(self, access: ApiAccess, name: str, attempt: Attempt) -> None:
        self._name, self._attempt = name, attempt
        self._pods = f"/api/v1/namespaces/{access.namespace}/pods"
        self._client = H2Client(access)
        url = f"{self._pods}?fieldSelector=metadata.name%3D{name}"
        self._watch = Watch(self._client, url, self._seen, self._ended)
        self._running: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._created = 0.0

    async def fly(self, pod: bytes) -> Outcome:
        """Create it, and wait until it runs.

        Raises:
            OSError, EOFError, BadAnswer, GoneAway: as in `H2Connection.ask`.
        """
        attempt = self._attempt
        opened = await self._watch.ensure(attempt)
        attempt.detail.pop("reopened", None)
        if opened is not Outcome.OK:
            return opened
        connection = await self._client.connection(attempt)
        self._created = time.monotonic()
        answer = await connection.ask(
            "POST", self._pods, attempt, body=pod, content_type="application/json"
        )
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(status=answer.status)
            return outcome
        attempt.phase = "run" if "scheduled" in attempt.detail else "schedule"
        await self._running
        return Outcome.OK

    def _seen(self, kind: str, about: Mapping[str, Any]) -> None:
        if self._running.done():
            return
        passed = round((time.monotonic() - self._created) * 1e3, 1)
        node = about["spec"].get("nodeName")
        if node and "node" not in self._attempt.detail:
            self._attempt.note(node=node, scheduled=passed)
            self._attempt.phase = "run"
        if kind == "DELETED":
            self._running.set_exception(ConnectionResetError("somebody deleted it"))
            return
        match about.get("status", {}).get("phase"):
            case "Running" | "Succeeded":
                self._attempt.note(running=passed)
                self._running.set_result(None)
            case "Failed":
                self._running.set_exception(BadAnswer("the Pod failed"))

    def _ended(self, why: Exception) -> None:
        if not self._running.done():
            self._running.set_exception(why)

    async def delete(self) -> None:
        """Delete it, if it may be there, and let go of the connection."""
        forget(self._running)
        self._running.cancel()
        if self._created:  # or perhaps: who knows what became of a request that hung
            with contextlib.suppress(Exception):  # what this does not reach, `clean_up` does
                async with asyncio.timeout(_TO_DELETE):
                    await self._delete()
        await self._watch.close()

    async def _delete(self) -> None:
        attempt = Attempt(0)
        connection = await self._client.connection(attempt)
        await connection.ask("DELETE", f"{self._pods}/{self._name}?gracePeriodSeconds=0", attempt)
