"""Whether machines are replaced by themselves: Cluster API's MachineHealthChecks."""

from __future__ import annotations

from chaos.cluster.collect.lists import not_available
from chaos.cluster.facts import HealthCheck, NotAvailable
from chaos.cluster.kube import Kube, Object
from chaos.cluster.kube_errors import ApiError, Trouble

GROUP = "/apis/cluster.x-k8s.io"
# Its value is ignored: with the annotation there, nothing is done.
PAUSED = "cluster.x-k8s.io/paused"


def look(kube: Kube) -> tuple[HealthCheck, ...] | NotAvailable:
    """The MachineHealthChecks; none where the API does not have Cluster API's objects."""
    try:
        group = kube.get(GROUP)
        version = group["preferredVersion"]["version"]
        found = kube.list(f"{GROUP}/{version}/machinehealthchecks")
    except ApiError as wrong:
        return () if wrong.trouble is Trouble.NOT_FOUND else not_available(wrong)
    except LookupError:
        return NotAvailable(f"{GROUP} names no version")
    return tuple(_check(one) for one in found.items)


def _check(one: Object) -> HealthCheck:
    meta, status = one["metadata"], one.get("status") or {}
    conditions = {c["type"]: c["status"] for c in status.get("conditions") or ()}
    return HealthCheck(
        name=f"{meta['namespace']}/{meta['name']}",
        expected=status.get("expectedMachines") or 0,
        healthy=status.get("currentHealthy") or 0,
        allowed=conditions.get("RemediationAllowed", "True") == "True",
        paused=PAUSED in (meta.get("annotations") or {}) or conditions.get("Paused") == "True",
    )
