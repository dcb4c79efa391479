"""One round of the scheduling canary, from its creation to its deletion."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes.access import ApiAccess
from chaos.probes.canary_object import CANARY
from chaos.probes.classify import of_status
from chaos.probes.h2_client import H2Client
from chaos.probes.http import BadAnswer
from chaos.probes.watching import Watch, forget

_TO_DELETE = 5.0


class Flight:
    """One Deployment, with the connection that it is created, watched and deleted over.

    Args:
        access: whose namespace it goes to.
        name: the Deployment's, and of its label CANARY.
        attempt: which it notes in how far it came.
    """

    def __init__(self, access: ApiAccess, name: str, attempt: Attempt) -> None:
        self._name, self._attempt = name, attempt
        self._ours = f"labelSelector={CANARY.replace('/', '%2F')}%3D{name}"
        self._apps = f"/apis/apps/v1/namespaces/{access.namespace}"
        self._pods = f"/api/v1/namespaces/{access.namespace}/pods"
        self._client = H2Client(access)
        self._watch = Watch(self._client, f"{self._pods}?{self._ours}", self._seen, self._ended)
        self._running: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._created = 0.0

    async def fly(self, body: bytes) -> Outcome:
        """Create it, and wait until its Pod runs.

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
            "POST", f"{self._apps}/deployments", attempt, body=body, content_type="application/json"
        )
        outcome = of_status(answer.status)
        if outcome is not Outcome.OK:
            attempt.note(status=answer.status)
            return outcome
        attempt.phase = self._waits_for()
        await self._running
        return Outcome.OK

    def _waits_for(self) -> str:
        detail = self._attempt.detail
        return "run" if "node" in detail else "schedule" if "pod" in detail else "make"

    def _came_further(self) -> None:
        if self._attempt.phase != "answer":  # that it was created is to be told first
            self._attempt.phase = self._waits_for()

    def _seen(self, kind: str, about: Mapping[str, Any]) -> None:
        if self._running.done():
            return
        name, detail = about["metadata"]["name"], self._attempt.detail
        passed = round((time.monotonic() - self._created) * 1e3, 1)
        if kind == "DELETED":
            # Somebody took it away. The ReplicaSet makes another, and that one is waited for.
            if detail.get("pod") == name:
                for told in ("pod", "made", "node", "scheduled"):
                    detail.pop(told, None)
                self._came_further()
            return
        if "pod" not in detail:
            self._attempt.note(pod=name, made=passed)
        if detail["pod"] != name:
            return
        if (node := about["spec"].get("nodeName")) and "node" not in detail:
            self._attempt.note(node=node, scheduled=passed)
        self._came_further()
        match about.get("status", {}).get("phase"):
            case "Running":
                self._attempt.note(running=passed)
                self._running.set_result(None)
            case "Failed":
                self._running.set_exception(BadAnswer("the Pod failed"))

    def _ended(self, why: Exception) -> None:
        if not self._running.done():
            self._running.set_exception(why)

    async def delete(self) -> None:
        """Delete it with all that is of it, if it may be there, and let go of the connection."""
        forget(self._running)
        self._running.cancel()
        if self._created:  # or perhaps: who knows what became of a request that hung
            with contextlib.suppress(Exception):  # what this does not reach, `clean_up` does
                async with asyncio.timeout(_TO_DELETE):
                    await self._delete()
        await self._watch.close()

    async def _delete(self) -> None:
        """From above: what is deleted below first, its owner would make again.

        Each by ourselves, for the garbage collector is a controller, and may be what is missing.
        """
        for url in (
            f"{self._apps}/deployments/{self._name}?propagationPolicy=Background",
            f"{self._apps}/replicasets?{self._ours}&propagationPolicy=Background",
            f"{self._pods}?{self._ours}&gracePeriodSeconds=0",
        ):
            attempt = Attempt(0)
            connection = await self._client.connection(attempt)
            await connection.ask("DELETE", url, attempt)
