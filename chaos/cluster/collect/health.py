"""The health paths of each apiserver, asked directly, and of the endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from chaos.cluster.access import ApiAccess
from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import HealthAnswer, NotAvailable
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.cluster.parallel import together
from chaos.errors import HoldfastError

PATHS = ("/livez", "/readyz")
_CODES = {
    Trouble.UNAUTHORIZED: 401,
    Trouble.FORBIDDEN: 403,
    Trouble.NOT_FOUND: 404,
    Trouble.CONFLICT: 409,
    Trouble.SERVER: 500,
}


def look(cluster: Cluster, ports: dict[str, str]) -> tuple[HealthAnswer, ...] | NotAvailable:
    """Ask all of them, all at the same time.

    Args:
        ports: by node, its apiserver's, where it is known to be another than 6443.
    """
    try:
        access = cluster.api()
    except HoldfastError as why:
        return NotAvailable(why.problem.rstrip("."))
    asked: list[tuple[str | None, ApiAccess]] = [(None, access)]
    asked += each(cluster, ports).items()
    found = together({i: partial(_ask, *one) for i, one in enumerate(asked)})
    answers: Iterable[tuple[HealthAnswer, ...] | HoldfastError] = found.values()
    return tuple(a for of_one in answers if isinstance(of_one, tuple) for a in of_one)


def each(cluster: Cluster, ports: dict[str, str]) -> dict[str, ApiAccess]:
    """How to reach each apiserver past the balancer, by its machine.

    Raises:
        HoldfastError: the kubeconfig cannot be used.
    """
    return {
        node.name: cluster.apiserver(node.name, port=_number(ports.get(node.name)))
        for node in cluster.with_role(Role.CONTROL_PLANE)
    }


def _number(port: str | None) -> int:
    return int(port) if port and port.isdecimal() else 6443


def _ask(node: str | None, access: ApiAccess) -> tuple[HealthAnswer, ...]:
    kube = Kube(access)  # its connection serves both paths
    address = access.server.rpartition("/")[2]
    found = []
    for path in PATHS:
        try:
            said = kube.text(path).strip()
            found.append(HealthAnswer(node=node, address=address, path=path, code=200, said=said))
        except ApiError as wrong:
            told = wrong.problem.rstrip(".")
            code = _CODES.get(wrong.trouble)
            found.append(HealthAnswer(node=node, address=address, path=path, code=code, said=told))
    return tuple(found)
