"""The conditions of the cluster's nodes, as they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.sample import Event
from chaos.probes import probe
from chaos.probes.telling import Telling

EVENT = "node-condition"


@probe("node-conditions", rate=1.0)
class NodeConditions:
    """A watch of the Nodes, which tells each change of a condition as an event.

    An event has the `node`, the condition's `type`, its `status` (`gone` with the Node), the
    `reason`, and the transition's time by the control plane's clock (`since`). What is there at
    the beginning is told too, with `first`.

    Options: as in `Telling`.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._telling = Telling(spec, "/api/v1/nodes", self._take)
        self._known: dict[tuple[str, str], str] = {}

    def tell_to(self, put: Callable[[Event], None]) -> None:
        """Where events go."""
        self._telling.put = put

    def _take(self, kind: str, about: Mapping[str, Any]) -> None:
        node = about["metadata"]["name"]
        if kind == "DELETED":
            for of, condition in [known for known in self._known if known[0] == node]:
                del self._known[of, condition]
                self._telling.tell(EVENT, node=node, type=condition, status="gone")
            return
        for one in about.get("status", {}).get("conditions", ()):
            before = self._known.get((node, one["type"]))
            if before == one["status"]:
                continue
            self._known[node, one["type"]] = one["status"]
            self._telling.tell(
                EVENT,
                node=node,
                type=one["type"],
                status=one["status"],
                reason=one.get("reason", ""),
                since=one.get("lastTransitionTime", ""),
                **({"first": True} if before is None else {}),
            )

    async def prepare(self) -> None:
        """Open the watch."""
        await self._telling.prepare()

    async def observe(self, attempt: Attempt) -> Outcome:
        """Whether the watch stands."""
        return await self._telling.observe(attempt)

    async def close(self) -> None:
        """End the watch."""
        await self._telling.close()
