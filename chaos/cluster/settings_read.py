"""Reads the settings that a prediction is made from: one call to each node, a few at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import balancers, components
from chaos.cluster.collect.lists import not_available
from chaos.cluster.facts import Component, EtcdFacts, NotAvailable
from chaos.cluster.haproxy import parse_haproxy
from chaos.cluster.inventory_parts import LoadBalancers, Role
from chaos.cluster.keepalived import parse_keepalived
from chaos.cluster.node import Node
from chaos.cluster.parallel import GENTLY, together
from chaos.cluster.settings import HaproxyFile, KeepalivedFile, Settings
from chaos.cluster.shell import Questions, Said
from chaos.errors import HoldfastError

_T = TypeVar("_T")
_Answers = Mapping[str, Said] | HoldfastError

LIMIT = timedelta(seconds=8)
PROCESSES, VERSION = "processes", "version"
# What its package installed; in a container it is not there, and its version stays unknown.
_VERSION = "haproxy -v 2>/dev/null | head -n 1"


def read_settings(cluster: Cluster) -> Settings:
    """All settings. What cannot be read is NotAvailable in its place: nothing is raised for it."""
    asked = {node.name: _questions(cluster, node) for node in cluster.nodes}
    tasks: dict[str, Callable[[], Any]] = {
        f"node {name}": partial(cluster.node(name).ask, Questions.of(questions, limit=LIMIT))
        for name, questions in asked.items()
        if questions
    }
    tasks |= {
        "holder": partial(_holder, cluster),
        "etcd": cluster.etcd_facts,
        "version": partial(_version, cluster),
    }
    found = together(tasks, at_once=GENTLY)
    said = {name: found[f"node {name}"] for name, questions in asked.items() if questions}
    part, etcd = cluster.inventory.load_balancers, found["etcd"]
    return Settings(
        port=cluster.inventory.endpoint.port,
        addresses={node.name: node.address for node in cluster.nodes},
        haproxy={n: _haproxy(said[n], part) for n in _balancers(cluster)},
        keepalived=(
            {n: _keepalived(said[n], part) for n in _balancers(cluster)}
            if part and part.keepalived
            else {}
        ),
        holder=_or_why(found["holder"]),
        components={n: _components(n, a) for n, a in said.items() if PROCESSES in asked[n]},
        leader=_leader(etcd),
        members=len(etcd.voters) if isinstance(etcd, EtcdFacts) else not_available(etcd),
        kubernetes=_or_why(found["version"]),
    )


def _balancers(cluster: Cluster) -> list[str]:
    part = cluster.inventory.load_balancers
    if part is None or part.kind != "haproxy":
        return []
    return [node.name for node in cluster.with_role(Role.LOAD_BALANCER)]


def _questions(cluster: Cluster, node: Node) -> dict[str, str]:
    asked: dict[str, str] = {}
    if node.name in _balancers(cluster):
        known = balancers.questions(cluster.inventory.load_balancers)
        wanted = (balancers.CONFIG, balancers.KEEPALIVED)
        asked = {name: known[name] for name in wanted if name in known} | {VERSION: _VERSION}
    if node.roles & {Role.CONTROL_PLANE, Role.ETCD}:
        asked[PROCESSES] = components.QUESTION
    return asked


def _haproxy(said: _Answers, part: LoadBalancers | None) -> HaproxyFile | NotAvailable:
    text = _text(said, balancers.CONFIG)
    if isinstance(text, NotAvailable) or part is None:
        return text if isinstance(text, NotAvailable) else NotAvailable("no load_balancers")
    try:
        config = parse_haproxy(text)
    except ValueError as wrong:
        return NotAvailable(str(wrong))
    told = _text(said, VERSION)
    found = re.search(r"version (\d[\w.]*)", told) if isinstance(told, str) else None
    return HaproxyFile(
        path=part.config, text=text, config=config, version=found[1] if found else ""
    )


def _keepalived(said: _Answers, part: LoadBalancers) -> KeepalivedFile | NotAvailable:
    text = _text(said, balancers.KEEPALIVED)
    if isinstance(text, NotAvailable):
        return text
    try:
        config = parse_keepalived(text)
    except ValueError as wrong:
        return NotAvailable(str(wrong))
    return KeepalivedFile(path=part.keepalived or "", text=text, config=config)


def _components(node: str, said: _Answers) -> tuple[Component, ...] | NotAvailable:
    if isinstance(said, HoldfastError):
        return not_available(said)
    return components.read(node, said[PROCESSES])


def _text(said: _Answers, question: str) -> str | NotAvailable:
    if isinstance(said, HoldfastError):
        return not_available(said)
    answer = said[question]
    return NotAvailable(answer.why) if answer.code else answer.out


def _holder(cluster: Cluster) -> str | NotAvailable:
    names = [node.name for node in cluster.holders()]
    if len(names) == 1:
        return names[0]
    return NotAvailable(f"the address is held by {' and '.join(names) or 'nobody'}")


def _leader(etcd: EtcdFacts | HoldfastError) -> str | NotAvailable:
    if isinstance(etcd, HoldfastError):
        return not_available(etcd)
    if etcd.leader is None:
        return NotAvailable("its members agree on no leader")
    return etcd.leader.node or NotAvailable("its leader is no node of the inventory")


def _version(cluster: Cluster) -> str:
    return str(cluster.kube.get("/version")["gitVersion"])


def _or_why(found: _T | NotAvailable | HoldfastError) -> _T | NotAvailable:
    return not_available(found) if isinstance(found, HoldfastError) else found
