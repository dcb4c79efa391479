"""The Leases by which controllers elect their leaders, as they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.sample import Event
from chaos.probes import probe
from chaos.probes.telling import Telling

EVENT = "lease"
LEASES = ("kube-controller-manager", "kube-scheduler")


@probe("leader-leases", rate=1.0)
class LeaderLeases:
    """A watch of the two leader Leases, which tells each write of one as an event.

    An event has the `lease`, its `holder`, `acquired` and `renewed` (times by the holder's clock),
    `duration` (seconds), `transitions` and the `version`: every write, for whether it was the
    holder's to make shows only beside the one before.

    Options: as in `Telling`; `leases`, their names in kube-system.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._leases = frozenset(spec.options.get("leases", LEASES))
        url = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
        self._telling = Telling(spec, url, self._take)

    def tell_to(self, put: Callable[[Event], None]) -> None:
        """Where events go."""
        self._telling.put = put

    def _take(self, kind: str, about: Mapping[str, Any]) -> None:
        meta, spec = about["metadata"], about.get("spec") or {}
        if meta["name"] not in self._leases:
            return
        self._telling.tell(
            EVENT,
            lease=meta["name"],
            holder="" if kind == "DELETED" else spec.get("holderIdentity") or "",
            acquired=spec.get("acquireTime") or "",
            renewed=spec.get("renewTime") or "",
            duration=spec.get("leaseDurationSeconds") or 0,
            transitions=spec.get("leaseTransitions") or 0,
            version=meta["resourceVersion"],
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
