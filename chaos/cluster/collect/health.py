"""The health paths of each apiserver, asked directly, and of the endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
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
    for node in cluster.with_role(Role.CONTROL_PLANE):
        host = f"[{node.address}]" if ":" in node.address else node.address
        server = f"https://{host}:{ports.get(node.name) or 6443}"
        asked.append((node.name, replace(access, server=server, server_name=None)))
    found = together({i: partial(_ask, *one) for i, one in enumerate(asked)})
    answers: Iterable[tuple[HealthAnswer, ...] | HoldfastError] = found.values()
    return tuple(a for each in answers if isinstance(each, tuple) for a in each)


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
