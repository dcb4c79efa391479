"""Whether the machines can be reached, as whom, and what they have of what is needed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from chaos.cluster.cluster import Cluster
from chaos.cluster.doctor.finding import Finding, Health
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.shell import Questions, Said, quote
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=5)

# What is lost without the machine, by role.
_LOST = {
    Role.CONTROL_PLANE: "its certificates on disk, its components' flags, every fault on it",
    Role.ETCD: "its view of etcd, its backups, faults on its member",
    Role.WORKER: "its certificates on disk, every fault on it",
    Role.LOAD_BALANCER: "its HAProxy and keepalived, whether it holds the address, faults on it",
}
# Programs, and what is lost without them.
_ANYWHERE = {
    "timeout": "everything on it: no command could be bounded in time",
    "systemd-run": "every fault on it: there would be no dead man to heal it",
    "flock": "every fault on it: inject and undo could race",
    "nft": "partitions of it",
}
_BY_ROLE = {
    Role.ETCD: {
        "etcdutl": "whether a backup on it can be read",
        "curl": "how its member is, and who leads, while something is broken",
    },
    Role.CONTROL_PLANE: {
        "curl": "whether its apiserver is ready, so every fault; how its member of etcd is",
    },
    Role.LOAD_BALANCER: {"ip": "whether it holds the endpoint's address"},
}


def look(cluster: Cluster) -> list[Finding]:
    """What each machine says, all asked at the same time."""
    asked = Questions.of({"user": "id -u", "tools": _tools()}, limit=LIMIT)
    answers = together({n: partial(n.ask, asked) for n in cluster.nodes})
    found = []
    for node, said in answers.items():
        found += _of_node(cluster, node, said)
    return found


def _programs() -> dict[str, str]:
    everything = dict(_ANYWHERE)
    for by_role in _BY_ROLE.values():
        everything |= by_role
    return everything | dict.fromkeys(
        ("etcdctl", "crictl", "socat", "python3", "perl", "nc", "curl"), ""
    )


def _tools() -> str:
    names = quote(*_programs())
    return f'for t in {names}; do command -v "$t" >/dev/null && echo "$t"; done; true'


def _of_node(cluster: Cluster, node: Node, said: dict[str, Said] | HoldfastError) -> list[Finding]:
    subject = f"node {node.name}"
    if isinstance(said, HoldfastError):
        lost = "; ".join(_LOST[role] for role in Role if role in node.roles and role in _LOST)
        return [Finding(subject, Health.BROKEN, said.problem, lost, said.remedy)]
    user = said["user"].out.strip()
    found = []
    if user == "0":
        found.append(Finding(subject, Health.OK, f"{node.address} answers, as root."))
    else:
        found.append(
            Finding(
                subject,
                Health.BROKEN,
                f"{node.address} answers, and we are user {user or '?'} there.",
                "; ".join(_LOST[role] for role in Role if role in node.roles and role in _LOST),
                "Log in as root, or add sudo=true to its url.",
            )
        )
    has = set(said["tools"].out.split())
    wanted = dict(_ANYWHERE)
    for role, programs in _BY_ROLE.items():
        wanted |= programs if role in node.roles else {}
    for program, lost in wanted.items():
        if program not in has:
            found.append(
                Finding(
                    subject, Health.GAP, f"It has no {program}.", lost, f"Install {program} there."
                )
            )
    return found + _alternatives(cluster, node, subject, has)


def _alternatives(cluster: Cluster, node: Node, subject: str, has: set[str]) -> list[Finding]:
    found = []
    if Role.ETCD in node.roles and not has & {"etcdctl", "crictl"}:
        told = "It has neither etcdctl nor crictl."
        lost = "its view of etcd"
        found.append(Finding(subject, Health.GAP, told, lost, "Install etcdctl there."))
    part = cluster.inventory.load_balancers
    if Role.LOAD_BALANCER in node.roles and part and part.kind == "haproxy":
        web = part.stats.startswith("http")
        fit = {"curl"} if web else {"socat", "python3", "perl", "nc"}
        if not has & fit:
            told = f"It has none of {', '.join(sorted(fit))} to ask HAProxy with."
            lost = "how HAProxy sees its servers now"
            found.append(Finding(subject, Health.GAP, told, lost, "Install one of them there."))
    return found
