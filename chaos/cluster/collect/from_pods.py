"""Connections tried out of Pods' own networks: nothing is made, nothing is sent.

A Pod is found on its node by its UID in the control groups of its processes; its network is
entered for the length of one connection. What a Pod may not reach must be there to be proved
closed: so each is tried by a machine that may, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.policies import Forbidden
from chaos.cluster.facts import UNREAD, Balancer, EtcdFacts, FromPod, NotAvailable
from chaos.cluster.inventory_parts import Role
from chaos.cluster.kube import Listed, Object
from chaos.cluster.parallel import together
from chaos.cluster.shell import Questions, quote
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=10)
SECONDS = 1.5
ETCD, KUBELET = (2379, 2380), 10250
# From so many Pods, on nodes of different zones if there are, and to so many kubelets.
PODS, KUBELETS = 2, 3


@dataclass(frozen=True, slots=True)
class Try:
    """A connection to try.

    Args:
        pod: the UID of the Pod in whose network; empty: in the node's own.
    """

    node: str
    pod: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A connection that must not come about, and the one that must."""

    what: str
    source: str
    tried: Try
    control: Try
    because: tuple[str, ...] = ()


def look(
    cluster: Cluster,
    pods: Listed,
    forbidden: Iterable[Forbidden],
    balancers: tuple[Balancer, ...] | NotAvailable,
    *,
    etcd: EtcdFacts | NotAvailable = UNREAD,
    guarded: Collection[str] = (),
) -> tuple[FromPod, ...] | NotAvailable:
    """Try all of them, in one call to each machine that has a part in it.

    Args:
        guarded: namespaces with NetworkPolicies. A Pod of another is taken where there is one:
            what it may not reach, no Pod may.
    """
    free = [pod for pod in pods.items if pod["metadata"]["namespace"] not in guarded]
    sources = _sources(cluster, free) or _sources(cluster, pods.items)
    plans = [*_closed(cluster, sources, balancers, etcd), *_forbidden(cluster, pods, forbidden)]
    wanted: dict[str, list[Try]] = defaultdict(list)
    for plan in plans:
        for one in (plan.tried, plan.control):
            if one not in wanted[one.node]:
                wanted[one.node].append(one)
    tasks = {name: partial(_ask, cluster, name, tries) for name, tries in wanted.items()}
    answers = together(tasks)
    results: dict[Try, bool | None] = {}
    for name, tries in wanted.items():
        answer = answers[name]
        known = {} if isinstance(answer, HoldfastError) else answer
        results |= {one: known.get(one) for one in tries}
    found = []
    for plan in plans:
        connected = results[plan.tried]
        if connected is None:
            continue  # the Pod is gone, or its node did not answer
        found.append(
            FromPod(
                what=plan.what,
                source=plan.source,
                target=f"{plan.tried.address}:{plan.tried.port}",
                connected=connected,
                control=bool(results[plan.control]),
                because=plan.because,
            )
        )
    if plans and not found:
        wrong = [a for a in answers.values() if isinstance(a, HoldfastError)]
        why = wrong[0].problem.rstrip(".") if wrong else "no Pod's network could be entered"
        return NotAvailable(why)
    return tuple(found)


def _ask(cluster: Cluster, name: str, tries: list[Try]) -> Mapping[Try, bool | None]:
    said = cluster.node(name).ask(Questions.of({"tries": _script(tries)}, limit=LIMIT))["tries"]
    found: dict[Try, bool | None] = dict.fromkeys(tries)
    for line in said.out.splitlines():
        number, _, result = line.partition(" ")
        if number.isdigit() and result in ("yes", "no"):
            found[tries[int(number)]] = result == "yes"
    return found


def _script(tries: list[Try]) -> str:
    """Shell text that tries all of them at once."""
    lines = [
        "command -v bash >/dev/null || { echo there is no bash >&2; exit 1; }",
        f"go() {{ timeout {SECONDS} bash -c 'exec 3<>/dev/tcp/$0/$1' \"$@\" 2>/dev/null; }}",
        'inside() { pid=$1; shift; nsenter -t "$pid" -n timeout ' + f"{SECONDS} "
        "bash -c 'exec 3<>/dev/tcp/$0/$1' \"$@\" 2>/dev/null; }",
        'pid() { grep -lsE "pod($1|$(echo $1 | tr - _))" /proc/[0-9]*/cgroup | '
        "cut -d/ -f3 | while read -r p; do "
        '[ "$(readlink /proc/$p/ns/net)" != "$(readlink /proc/self/ns/net)" ] && '
        "{ echo $p; break; }; done; }",
    ]
    for pod in sorted({one.pod for one in tries if one.pod}):
        lines.append(f"p_{pod.replace('-', '_')}=$(pid {quote(pod)})")
    for number, one in enumerate(tries):
        where = f"{quote(one.address)} {one.port}"
        if one.pod:
            var = f"$p_{one.pod.replace('-', '_')}"
            act = f'[ -n "{var}" ] || exit; inside "{var}" {where}'
        else:
            act = f"go {where}"
        lines.append(f"( {act} && echo {number} yes || echo {number} no ) &")
    return "\n".join([*lines, "wait"])


def _closed(
    cluster: Cluster,
    sources: Iterable[Object],
    balancers: tuple[Balancer, ...] | NotAvailable,
    etcd: EtcdFacts | NotAvailable,
) -> list[Plan]:
    targets: list[tuple[str, str, str, int]] = []
    targets += [("etcd", *where) for where in _etcd(cluster, etcd)]
    kubelets = cluster.with_role(Role.CONTROL_PLANE)[:1] + cluster.with_role(Role.WORKER)
    targets += [("kubelet", n.name, n.address, KUBELET) for n in kubelets[:KUBELETS]]
    addresses = {node.name: node.address for node in cluster.nodes}
    for balancer in () if isinstance(balancers, NotAvailable) else balancers:
        config = balancer.config
        for port in () if isinstance(config, NotAvailable) else config.pages:
            targets.append(("balancer", balancer.node, addresses[balancer.node], port))
    found = []
    for pod in sources:
        where = pod["spec"]["nodeName"]
        for what, name, address, port in targets:
            found.append(
                Plan(
                    what,
                    where,
                    Try(where, pod["metadata"]["uid"], address, port),
                    Try(name, "", address, port),
                )
            )
    return found


def _etcd(cluster: Cluster, etcd: EtcdFacts | NotAvailable) -> Iterator[tuple[str, str, int]]:
    """Each member's machine, its address and ports: as its URLs have them, else the usual ones."""
    for node in cluster.with_role(Role.ETCD):
        found = set()
        for member in () if isinstance(etcd, NotAvailable) else etcd.members:
            urls = (*member.client_urls, *member.peer_urls) if member.node == node.name else ()
            found |= {_port(url) for url in urls}
        # A host name may not resolve in a Pod's network: its address is asked.
        for port in sorted(filter(None, found)) or ETCD:
            yield node.name, node.address, port


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return None


def _sources(cluster: Cluster, pods: Iterable[Object]) -> list[Object]:
    """Running Pods with a network of their own, on nodes of different zones."""
    zones = {node.name: node.zone or node.name for node in cluster.nodes}
    found: dict[str, Object] = {}
    for pod in pods:
        spec, status = pod["spec"], pod.get("status") or {}
        where = spec.get("nodeName")
        own = status.get("phase") == "Running" and not spec.get("hostNetwork")
        if own and where in zones and pod["metadata"].get("uid"):
            found.setdefault(zones[where], pod)
    return list(found.values())[:PODS]


def _forbidden(cluster: Cluster, pods: Listed, forbidden: Iterable[Forbidden]) -> list[Plan]:
    uids = {
        f"{p['metadata']['namespace']}/{p['metadata']['name']}": p["metadata"].get("uid", "")
        for p in pods.items
    }
    known = {node.name for node in cluster.nodes}
    return [
        Plan(
            "policy",
            one.source,
            Try(one.source_node, uids[one.source], one.address, one.port),
            Try(one.target_node, "", one.address, one.port),
            one.because,
        )
        for one in forbidden
        if {one.source_node, one.target_node} <= known and uids.get(one.source)
    ]
