"""A run on a cluster: what must hold before anything is injected, and what is held meanwhile."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos.cluster.cluster import Cluster
from chaos.safety import guards
from chaos.safety.errors import Refused
from chaos.safety.journal import Journal, state_folder
from chaos.safety.lease import RunLease, identity
from chaos.safety.lease_api import ClusterLease
from chaos.safety.leftovers import anything_armed, find, refuse
from chaos.safety.lock import RunLock


@dataclass(frozen=True, slots=True)
class Permit:
    """Faults may be injected, while the context that gave it lasts.

    `uid` is the cluster's, checked; `state` the runner's folder for it.
    """

    uid: str
    state: Path


@contextmanager
def run_on(
    cluster: Cluster, *, confirmed: bool = False, environ: Mapping[str, str] = os.environ
) -> Iterator[Permit]:
    """Be the one run on a cluster that is the right one and on which nothing was left.

    Args:
        confirmed: whether production was confirmed for this run.

    Raises:
        Denied: the inventory or the way we were started does not allow it.
        Refused: another run is under way.
        Unhealed: an earlier run left something.
        HoldfastError: the cluster cannot be reached.
    """
    guards.not_in_a_worker(environ)
    inventory = cluster.inventory
    guards.environment_allows(str(inventory.cluster.environment), confirmed=confirmed)
    uid = cluster.uid()
    guards.cluster_is_the_one(inventory_uid=inventory.cluster.uid, live_uid=uid)
    state = state_folder(uid)
    with RunLock(state):
        left = find(Journal(state), {node.name: node for node in cluster.nodes})
        refuse(left)
        if left.unreachable:
            raise Refused(
                f"What earlier runs left is not known everywhere: {'; '.join(left.unknown())}",
                "Nothing is broken before all nodes of the inventory can be reached.",
            )
        lease = RunLease(
            ClusterLease(cluster.kube),
            holder=identity(socket.gethostname(), os.getpid()),
            armed=lambda: anything_armed(cluster.nodes),
        )
        with lease:
            yield Permit(uid, state)


def ask_first(
    cluster: Cluster, *, confirmed: bool = False, environ: Mapping[str, str] = os.environ
) -> None:
    """Ask at the start what `run_on` asks when the first experiment begins; holds nothing after it.

    So what is refused is refused at once, and not after the checklist. Raises as `run_on`.
    """
    with run_on(cluster, confirmed=confirmed, environ=environ):
        pass
