"""Which probes run in an experiment on a cluster."""

from __future__ import annotations

from chaos import probes
from chaos.cluster.access import ApiAccess as ServerAccess
from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory_parts import Role
from chaos.measure.probe import ProbeSpec
from chaos.probes.access import ApiAccess

# Hz; design, "Measuring": the endpoint at each kind's own rate of 20, each apiserver at 5.
EACH_APISERVER = 5.0

# What a client wants of the endpoint is an answer out of etcd. /readyz would be another question:
# an apiserver that is told to end says no to it while it still serves.
OBJECT = "/api/v1/namespaces/default"
READS = ("api-read-new", "api-read-reused")


def probes_of(cluster: Cluster) -> tuple[ProbeSpec, ...]:
    """The API through its endpoint, over new and reused connections and written to, and each
    apiserver by itself.

    Raises:
        HoldfastError: the kubeconfig cannot be used.
    """
    known, access = probes.kinds(), cluster.api()
    endpoint = endpoint_of(cluster)
    found = [known[kind].spec(endpoint, url=OBJECT) for kind in READS]
    found.append(known["api-write"].spec(endpoint))
    port = cluster.inventory.endpoint.port
    for node in cluster.with_role(Role.CONTROL_PLANE):
        direct = _to(access, node.address, port)
        found.append(known["api-read-new"].spec(direct, path=node.name, rate=EACH_APISERVER))
    return tuple(found)


def endpoint_of(cluster: Cluster) -> ApiAccess:
    """How probes reach the API through its endpoint.

    Raises:
        HoldfastError: the kubeconfig cannot be used.
    """
    access = cluster.api()
    return _to(access, access.host, access.port)


def _to(access: ServerAccess, host: str, port: int) -> ApiAccess:
    return ApiAccess(
        host=host,
        port=port,
        ca=access.ca or "",
        server_name=access.server_name,
        certificate=access.certificate,
        key=access.key,
        token=access.token,
    )
