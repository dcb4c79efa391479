"""What the machines themselves are asked: everything in one call to each, all at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from posixpath import dirname
from typing import TypeVar

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import (
    asked_of_nodes,
    backups,
    balancers,
    components,
    machine_questions,
    machines,
    stored,
)
from chaos.cluster.collect.lists import not_available
from chaos.cluster.collect.machine_questions import with_clock
from chaos.cluster.collect.x509 import Authorities
from chaos.cluster.facts import (
    BackupFolder,
    Balancer,
    Component,
    Machine,
    NotAvailable,
    StoredCertificate,
)
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.shell import Questions, Said
from chaos.errors import HoldfastError

# Reading a large snapshot through, to see whether it can be read, is what takes longest.
LIMIT = timedelta(seconds=20)
_T = TypeVar("_T")
STORED, PROCESSES = "stored", "processes"


@dataclass(frozen=True, slots=True)
class _Folder:
    node: str
    folder: str
    off_node: bool

    def question(self, what: str) -> str:
        return f"{what} {self.folder}"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the machines answered, by their names."""

    cluster: Cluster
    said: Mapping[str, Mapping[str, Said] | HoldfastError]
    authorities: Authorities
    spans: Mapping[str, tuple[float, float]]

    @classmethod
    def of_balancers(cls, cluster: Cluster) -> Answers:
        """Ask the balancers' machines alone, and first.

        Where machines are small, all that is looked at together keeps an apiserver from answering
        its balancer in time: what that says of its servers must not be our doing.
        """
        return cls(cluster, {}, Authorities(()), {})._with(cluster.with_role(Role.LOAD_BALANCER))

    def and_of_others(self) -> Answers:
        """Ask all that were not asked yet."""
        return self._with([node for node in self.cluster.nodes if node.name not in self.said])

    def _with(self, nodes: Iterable[Node]) -> Answers:
        tasks, spans = {}, dict(self.spans)
        for node in nodes:
            asked = with_clock(_questions(self.cluster, node))
            tasks[node.name] = partial(_ask, node, Questions.of(asked, limit=LIMIT), spans)
        said = {**self.said, **together(tasks)}
        known = [a[STORED].out for a in said.values() if isinstance(a, dict) and STORED in a]
        return Answers(self.cluster, said, stored.authorities(known, _ca(self.cluster)), spans)

    def each(self, question: str, read: Callable[[str, Said], _T]) -> dict[str, _T | NotAvailable]:
        """What a question's answers are read as, by the nodes that were asked it."""
        found: dict[str, _T | NotAvailable] = {}
        for name, said in self._of(question):
            found[name] = said if isinstance(said, NotAvailable) else read(name, said)
        return found

    def stored(self) -> dict[str, tuple[StoredCertificate, ...] | NotAvailable]:
        """The certificates on each node's disk."""
        return self.each(STORED, lambda _, said: stored.read(said, self.authorities))

    def machines(self) -> dict[str, Machine | NotAvailable]:
        """What each machine says of itself."""
        return {
            name: not_available(said)
            if isinstance(said, HoldfastError)
            else machines.read(said, self.spans[name])
            for name, said in self.said.items()
        }

    def components(self) -> dict[str, tuple[Component, ...] | NotAvailable]:
        """The processes of the control plane on each node that has a part in it."""
        return self.each(PROCESSES, components.read)

    def backups(self) -> tuple[BackupFolder, ...] | NotAvailable:
        """The folders of snapshots."""
        if self.cluster.inventory.backups is None:
            return NotAvailable("the inventory has no section backups")
        found = []
        for one in _folders(self.cluster):
            said = self.said[one.node]
            if isinstance(said, HoldfastError):
                missing = not_available(said)
                found.append(
                    BackupFolder(
                        node=one.node, folder=one.folder, off_node=one.off_node, files=missing
                    )
                )
                continue
            listed, newest = said[one.question("listing")], said[one.question("newest")]
            found.append(
                backups.read(
                    one.node,
                    one.folder,
                    off_node=one.off_node,
                    listed=listed,
                    status=newest,
                    kept=said[one.question("archives")],
                )
            )
        return tuple(found)

    def balancers(self) -> tuple[Balancer, ...] | NotAvailable:
        """The machines in front of the apiservers."""
        inventory = self.cluster.inventory
        nodes = self.cluster.with_role(Role.LOAD_BALANCER)
        if not nodes:
            return NotAvailable("no node of the inventory has the role load-balancer")
        found = []
        for node in nodes:
            said = self.said[node.name]
            if isinstance(said, HoldfastError):
                missing = not_available(said)
                found.append(
                    Balancer(
                        node=node.name,
                        holds_address=missing,
                        config=missing,
                        states=missing,
                        keepalived=missing,
                        complaint=missing,
                    )
                )
                continue
            found.append(
                balancers.read(
                    node.name,
                    dict(said),
                    address=inventory.endpoint.address,
                    part=inventory.load_balancers,
                )
            )
        return tuple(found)

    def _of(self, question: str) -> Iterator[tuple[str, Said | NotAvailable]]:
        """The answers to a question, of the nodes that were asked it."""
        for node in self.cluster.nodes:
            if question in _questions(self.cluster, node):
                said = self.said[node.name]
                known = not_available(said) if isinstance(said, HoldfastError) else said[question]
                yield node.name, known


def _ask(
    node: Node, questions: Questions, spans: dict[str, tuple[float, float]]
) -> Mapping[str, Said]:
    """Ask a node, and note when by our clock: its own is held against that."""
    begun = time.time()
    said = node.ask(questions)
    spans[node.name] = (begun, time.time())
    return said


def _ca(cluster: Cluster) -> str | None:
    """The authorities that clients of the API go by, as far as the kubeconfig names them."""
    try:
        return cluster.api().ca
    except HoldfastError:
        return None


def _folders(cluster: Cluster) -> Iterator[_Folder]:
    part = cluster.inventory.backups
    if part is None:
        return
    if part.folder:
        for node in cluster.with_role(Role.ETCD):
            yield _Folder(node.name, part.folder, False)
    for away in part.off_node:
        yield _Folder(away.node, away.folder, True)


def _questions(cluster: Cluster, node: Node) -> dict[str, str]:
    """What this node is asked, which follows from its roles."""
    inventory = cluster.inventory
    asked: dict[str, str] = {}
    if node.roles != {Role.LOAD_BALANCER}:
        pki = inventory.etcd.pki if inventory.etcd and Role.ETCD in node.roles else None
        asked[STORED] = stored.question([dirname(pki.ca)] if pki else ())
    if node.roles & {Role.CONTROL_PLANE, Role.ETCD}:
        asked[PROCESSES] = components.QUESTION
    asked |= asked_of_nodes.questions(inventory, node)
    asked |= machine_questions.questions(inventory, node)
    if Role.LOAD_BALANCER in node.roles:
        asked |= balancers.questions(inventory.load_balancers)
    for one in _folders(cluster):
        if one.node == node.name and inventory.backups:
            pattern = inventory.backups.pattern
            asked[one.question("listing")] = backups.listing(one.folder, pattern)
            asked[one.question("newest")] = backups.newest(one.folder, pattern)
            asked[one.question("archives")] = backups.archives(one.folder)
    return asked
