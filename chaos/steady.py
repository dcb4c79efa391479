"""Steady state: the gate before a fault, and what redundancy recovery waits for after it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import tenacity

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.balancers import STATS, questions, states
from chaos.cluster.facts import NotAvailable
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node
from chaos.cluster.parallel import GENTLY, together
from chaos.cluster.shell import Questions
from chaos.errors import HoldfastError

ASKING = timedelta(seconds=8)
EVERY = timedelta(seconds=0.5)


Look = Callable[[], list[str]]
"""What is not as it should be, a sentence each; a HoldfastError is one too."""


def looks(cluster: Cluster) -> dict[str, Look]:
    """Where to look, by what it is.

    A cluster is whole where every Node is Ready, every voter of etcd answers and they agree on a
    leader, every control plane's apiserver is ready, the virtual IP has one holder, and every
    balancer sees every apiserver up.
    """
    found: dict[str, Look] = {
        "nodes": partial(_nodes, cluster),
        "virtual IP": partial(_holders, cluster),
    }
    if cluster.inventory.etcd is not None:
        found["etcd"] = partial(_etcd, cluster)
    for node in cluster.with_role(Role.CONTROL_PLANE):
        found[f"apiserver on {node.name}"] = partial(_apiserver, node, cluster)
    for node in cluster.with_role(Role.LOAD_BALANCER):
        found[f"balancer {node.name}"] = partial(_balancer, node, cluster)
    return found


def wait_whole(
    cluster: Cluster,
    *,
    within: timedelta,
    at: Callable[[Cluster], Mapping[str, Look]] = looks,
) -> tuple[float | None, list[str]]:
    """Look until nothing is wrong any more.

    What was wrong is looked at again, and everything only once that is mended: the probes are
    measuring meanwhile, and each look is taken from the cluster.

    Args:
        within: how long at most.
        at: where to look.

    Returns:
        the monotonic moment at which the first look at everything without a trouble *began*, or
        None with the troubles that were seen last.
    """
    every = at(cluster)
    wrong: dict[str, list[str]] = {}
    began = 0.0

    def whole() -> bool:
        nonlocal wrong, began
        if wrong and (wrong := _seen({what: every[what] for what in wrong})):
            return False
        began = time.monotonic()
        wrong = _seen(every)
        return not wrong

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(within.total_seconds()),
        wait=tenacity.wait_fixed(EVERY.total_seconds()),
        retry=tenacity.retry_if_result(lambda fine: not fine),
    )
    try:
        retrying(whole)
    except tenacity.RetryError:
        return None, [sentence for told in wrong.values() for sentence in told]
    return began, []


def _seen(at: Mapping[str, Look]) -> dict[str, list[str]]:
    """What is wrong, by where it was seen."""
    found: dict[str, list[str]] = {}
    for what, answer in together(at, at_once=GENTLY).items():
        if isinstance(answer, HoldfastError):
            found[what] = [f"{what}: {answer.problem}"]
        elif answer:
            found[what] = answer
    return found


def _nodes(cluster: Cluster) -> list[str]:
    return [
        f"Node {node['metadata']['name']} is not Ready."
        for node in cluster.kube.list("/api/v1/nodes").items
        if not any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"].get("conditions", [])
        )
    ]


def _etcd(cluster: Cluster) -> list[str]:
    facts = cluster.etcd_facts()
    silent = [m.node or m.name for m in facts.voters if not facts.answering(m)]
    found = [f"etcd on {name} does not answer." for name in silent]
    if facts.leader is None:
        found.append("etcd's members agree on no leader.")
    return found


def _holders(cluster: Cluster) -> list[str]:
    address = cluster.inventory.endpoint.address
    if address is None:
        return []
    holders = [node.name for node in cluster.holders()]
    if len(holders) == 1:
        return []
    return [f"{address} is held by {' and '.join(holders) or 'nobody'}."]


def _apiserver(node: Node, cluster: Cluster) -> list[str]:
    server = f"https://{node.address}:{cluster.inventory.endpoint.port}"
    ask = f"curl --silent --insecure --max-time 3 {server}/readyz"
    said = node.run(ask, timeout=ASKING)
    return [] if said.out == "ok" else [f"The apiserver on {node.name} is not ready."]


def _balancer(node: Node, cluster: Cluster) -> list[str]:
    part = cluster.inventory.load_balancers
    asked = questions(part)
    if STATS not in asked:
        return []
    # That alone: the probes are measuring, and what is asked beside it is taken from the cluster.
    answers = node.ask(Questions.of({STATS: asked[STATS]}, limit=ASKING))
    found = states(answers[STATS])
    if isinstance(found, NotAvailable):
        return [f"{node.name} does not tell how its servers are: {found.reason}."]
    return [f"{node.name} has {one.server} as {one.status}." for one in found if not one.up]
