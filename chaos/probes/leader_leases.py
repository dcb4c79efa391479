"""The Leases by which controllers elect their leaders, as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.measure.sample import Event
from chaos.probes import probe
from chaos.probes.telling import Telling

EVENT = "lease"
LEASES = ("kube-controller-manager", "kube-scheduler")

# As managedFields has them. An update that changes a field takes it from whoever owned it.
_HELD_BY = frozenset({"f:holderIdentity", "f:renewTime", "f:acquireTime", "f:leaseTransitions"})


@probe("leader-leases", rate=1.0)
class LeaderLeases:
    """A watch of the two leader Leases, which tells each write of one as an event.

    An event has the `lease`, its `holder`, `acquired` and `renewed` (times by the holder's clock),
    `duration` (seconds), `transitions` and the `version`: every write, for whether it was the
    holder's to make shows only beside the one before. `writers` are the field managers that its
    spec is of, the programs that wrote what is there now. `strategy` is that of coordinated
    election, in which the apiserver writes the holder, and is left out without it.

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
            writers=_writers(meta.get("managedFields") or ()),
            **({"strategy": spec["strategy"]} if spec.get("strategy") else {}),
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


def _writers(managed: Iterable[Mapping[str, Any]]) -> list[str]:
    """Who owns a field by which a lease is held. Labels and notes on it are anybody's."""
    return sorted(
        {
            str(one.get("manager", ""))
            for one in managed
            if _HELD_BY & ((one.get("fieldsV1") or {}).get("f:spec") or {}).keys()
        }
    )
