"""Whether the work of the controllers is done: a new Deployment gets its Pod, and that starts."""

from __future__ import annotations

import asyncio
import os
import time

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes import probe
from chaos.probes.access import ApiAccess, tls_context
from chaos.probes.canary_flight import Flight
from chaos.probes.canary_object import KIND, deployment
from chaos.probes.classify import classified


@probe(KIND, rate=0.2, timeout=10.0, slow=5.0)
class SchedulingCanary:
    """A Deployment of one Pod, waited for until that runs, and deleted: one at a time, no more.

    That the Pod is there proves the controller manager (a ReplicaSet of the Deployment, and the
    Pod of that), that it is bound proves the scheduler, that it runs a kubelet.

    A tick that finds one under way is not_sent. Each has a connection of its own: so what is seen
    is whether the cluster works, and not how long an old connection stays silent. The detail has
    the `deployment`, its `pod`, where that was put (`node`) and the milliseconds from the
    Deployment's creation until the Pod was there (`made`), was bound (`scheduled`) and ran
    (`running`); the phase tells what was waited for: `answer` (the API), `make`, `schedule`, `run`.

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
        """One Deployment, unless one is under way."""
        if self._under_way:
            attempt.note(why=f"{self._under_way} is under way")
            return Outcome.NOT_SENT
        name = f"holdfast-canary-{self._run}-{attempt.tick}"
        self._under_way = name
        flight = Flight(self._access, name, attempt)
        try:
            attempt.note(deployment=name)
            body = deployment(name, image=self._image, command=self._command)
            return await classified(attempt, flight.fly(body))
        finally:
            self._under_way = ""
            task = asyncio.create_task(flight.delete())
            self._deleting.add(task)
            task.add_done_callback(self._deleting.discard)

    async def close(self) -> None:
        """Let what is being deleted be deleted."""
        if self._deleting:
            await asyncio.wait(self._deleting)
