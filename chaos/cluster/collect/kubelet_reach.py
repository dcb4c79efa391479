"""The health of each kubelet, asked through each apiserver that serves.

The endpoint would choose one of them: whether the others get to a node would stay unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from chaos.cluster.access import ApiAccess
from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import health
from chaos.cluster.collect.lists import not_available
from chaos.cluster.facts import HealthAnswer, KubeletReach, NodeFact, NotAvailable
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Kube
from chaos.cluster.kube_errors import ApiError, Trouble
from chaos.cluster.parallel import AT_ONCE, together
from chaos.errors import HoldfastError

PATH = "/api/v1/nodes/{}/proxy/healthz"
WITHIN = timedelta(seconds=5)
WORDS = 160


def look(
    cluster: Cluster,
    ports: dict[str, str],
    nodes: tuple[NodeFact, ...] | NotAvailable,
    well: tuple[HealthAnswer, ...] | NotAvailable,
) -> tuple[KubeletReach, ...] | NotAvailable:
    """Ask for all Ready nodes; where there are very many, for some of them.

    Args:
        ports: by node, its apiserver's, where it is known to be another than 6443.
        well: which apiservers serve; the others are not asked.
    """
    if isinstance(nodes, NotAvailable):
        return nodes
    if isinstance(well, NotAvailable):
        return well
    try:
        ways = _ways(cluster, ports, well)
    except HoldfastError as why:
        return not_available(why)
    names = spread([n.name for n in nodes if n.kubernetes and n.kubernetes.ready])
    kubes = {who: Kube(access, within=WITHIN) for who, access in ways.items()}
    # Node by node, that no apiserver is asked for all of them at the same moment.
    pairs = [(who, name) for name in names for who in kubes]
    found = _all(kubes, pairs)
    failed = [pair for pair in pairs if not _is_settled(found[pair])]
    if len(failed) <= AT_ONCE:  # more than those are no accident of a moment
        found |= _all(kubes, failed)
    for kube in kubes.values():
        cluster.kube.asked.update(kube.asked)
    return tuple(found[pair] for pair in pairs)


def spread(names: Iterable[str]) -> list[str]:
    """At most so many of them as are asked for, evenly from all over."""
    every, most = sorted(names), KubeletReach.MOST
    if len(every) <= most:
        return every
    return [every[i * len(every) // most] for i in range(most)]


def _ways(
    cluster: Cluster, ports: dict[str, str], well: tuple[HealthAnswer, ...]
) -> dict[str | None, ApiAccess]:
    """Those that say that they are ready; the endpoint alone where no machine of one is known."""
    if not cluster.with_role(Role.CONTROL_PLANE):
        return {None: cluster.api()}
    ready = {one.node for one in well if one.path == "/readyz" and one.code == 200}
    return {name: way for name, way in health.each(cluster, ports).items() if name in ready}


_Pair = tuple[str | None, str]


def _all(kubes: dict[str | None, Kube], pairs: list[_Pair]) -> dict[_Pair, KubeletReach]:
    tasks = {(who, name): partial(_ask, kubes[who], who, name) for who, name in pairs}
    found = dict[_Pair, KubeletReach]()
    for (who, name), answer in together(tasks).items():
        if isinstance(answer, KubeletReach):
            found[who, name] = answer
        else:
            told = answer.problem.rstrip(".")
            found[who, name] = KubeletReach(apiserver=who, node=name, by="nobody", said=told)
    return found


def _ask(kube: Kube, who: str | None, name: str) -> KubeletReach:
    try:
        code, body = kube.answer(PATH.format(name))
    except ApiError as wrong:
        if wrong.trouble is not Trouble.TIMED_OUT:
            raise
        told = f"no answer within {WITHIN.total_seconds():g} s"
        return KubeletReach(apiserver=who, node=name, by="", said=told)
    own = _status(body)
    # A gateway on the way says these, and no kubelet does.
    by = "apiserver" if own is not None or code in (502, 503, 504) else "kubelet"
    said = " ".join((own or body).split())[:WORDS]
    return KubeletReach(apiserver=who, node=name, by=by, code=code, said=said)


def _status(body: str) -> str | None:
    """The message, where the body is an object `Status`: kubelet answers with bare words."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("kind") != "Status":
        return None
    return str(said.get("message") or said.get("reason") or "it does not say why")


def _is_settled(one: KubeletReach) -> bool:
    """Whether asking again would not tell more: it was reached, or we may not ask."""
    return one.code is not None and one.code < 500
