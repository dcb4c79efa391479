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
    "daemonsets": "/apis/apps/v1/daemonsets",
    "budgets": "/apis/policy/v1/poddisruptionbudgets",
    "cluster_roles": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "bindings": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "role_bindings": "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "cronjobs": "/apis/batch/v1/cronjobs",
    "configmaps": "/api/v1/namespaces/kube-system/configmaps",
    "leases": "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
    "slices": "/apis/discovery.k8s.io/v1/endpointslices",
    "services": "/api/v1/services",
    "validating": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "mutating": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "policies": "/apis/networking.k8s.io/v1/networkpolicies",
    "claims": "/api/v1/persistentvolumeclaims",
    "volumes": "/api/v1/persistentvolumes",
    "classes": "/apis/storage.k8s.io/v1/storageclasses",
}


CLUSTER_INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
_SINGLES = {"version": "/version", "cluster_info": CLUSTER_INFO}


@dataclass(frozen=True, slots=True)
class Lists:
    """What the API gave, by the names above; or why it did not."""

    by_name: dict[str, Listed | HoldfastError]
    version: str | NotAvailable
    cluster_info: dict[str, Any] | NotAvailable

    @classmethod
    def fetch(cls, kube: Kube) -> Lists:
        """Fetch all of them."""
        tasks: dict[str, Callable[[], Any]] = {
            name: partial(kube.list, path) for name, path in PATHS.items()
        }
        singles = {name: partial(kube.get, path) for name, path in _SINGLES.items()}
        found = together(tasks | singles)
        version, info = found.pop("version"), found.pop("cluster_info")
        known = version["gitVersion"] if isinstance(version, dict) else not_available(version)
        return cls(found, known, info if isinstance(info, dict) else not_available(info))

    @classmethod
    def none(cls, why: HoldfastError) -> Lists:
        """In their place, where the API cannot be asked at all."""
        missing = not_available(why)
        return cls(dict.fromkeys(PATHS, why), missing, missing)

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
