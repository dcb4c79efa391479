"""The lists that facts are made of: each kind is fetched once, all at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from chaos.cluster.facts import NotAvailable
from chaos.cluster.kube import Kube, Listed
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError

_T = TypeVar("_T")

PATHS = {
    "nodes": "/api/v1/nodes",
    "pods": "/api/v1/pods",
    "namespaces": "/api/v1/namespaces",
    "deployments": "/apis/apps/v1/deployments",
    "statefulsets": "/apis/apps/v1/statefulsets",
    "budgets": "/apis/policy/v1/poddisruptionbudgets",
    "leases": "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
    "slices": "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
}


@dataclass(frozen=True, slots=True)
class Lists:
    """What the API gave, by the names above; or why it did not."""

    by_name: dict[str, Listed | HoldfastError]
    version: str | NotAvailable

    @classmethod
    def fetch(cls, kube: Kube) -> Lists:
        """Fetch all of them."""
        tasks: dict[str, Callable[[], Any]] = {
            name: partial(kube.list, path) for name, path in PATHS.items()
        }
        found = together(tasks | {"version": partial(kube.get, "/version")})
        version = found.pop("version")
        known = version["gitVersion"] if isinstance(version, dict) else not_available(version)
        return cls(found, known)

    @classmethod
    def none(cls, why: HoldfastError) -> Lists:
        """In their place, where the API cannot be asked at all."""
        return cls(dict.fromkeys(PATHS, why), not_available(why))

    def use(self, read: Callable[..., _T], *names: str) -> _T | NotAvailable:
        """`read` called with these lists, unless one of them is missing."""
        found = [self.by_name[name] for name in names]
        lists = [one for one in found if isinstance(one, Listed)]
        if len(lists) < len(found):
            return not_available(next(one for one in found if not isinstance(one, Listed)))
        return read(*lists)


def not_available(why: object) -> NotAvailable:
    """What went wrong, as a fact's place-holder."""
    told = why.problem if isinstance(why, HoldfastError) else str(why)
    return NotAvailable(told.strip().rstrip("."))
