"""etcd, asked with etcdctl on the machines that run it: its keys never leave them.

>>> etcd = Etcd(cluster.etcd_nodes, inventory.etcd)
>>> etcd.look().leader.node
'cp-2'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from chaos.cluster.etcd_parse import EtcdUnreadable, health_of, members_of, statuses_of
from chaos.cluster.facts import EtcdFacts
from chaos.cluster.inventory_parts import KUBEADM_PKI, EtcdPart
from chaos.cluster.node import Node
from chaos.cluster.shell import Questions, Said, quote
from chaos.cluster.unreachable import NodeError
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=15)
# A silent member costs the status of the others this much, one after another.
DIAL, COMMAND = "2s", "3s"
LOCAL = "https://127.0.0.1:2379"
_T = TypeVar("_T")


class EtcdError(HoldfastError):
    """etcd, or what is needed to ask it, does not answer."""


@dataclass(frozen=True, slots=True)
class Etcd:
    """An etcd cluster.

    Args:
        nodes: where it can be asked, in the order in which they are tried.
        part: the inventory's.
        addresses: of all nodes, to tell which one a member is.
    """

    nodes: Sequence[Node]
    part: EtcdPart
    addresses: dict[str, str]

    def look(self) -> EtcdFacts:
        """All members, with what each says of itself.

        Raises:
            EtcdError: no node could be asked, or none answers.
        """
        return self._first(self._look)

    def ask(
        self, *commands: str, read: Callable[[list[Said]], _T], limit: timedelta = LIMIT
    ) -> tuple[Node, _T]:
        """Run shell text that uses the function `etcdctl_` on the first node that answers.

        Args:
            read: makes something of what each command said; the next node is asked where it
                raises EtcdUnreadable, for a member that is down says nothing that can be read.

        Raises:
            EtcdError: none does.
        """

        def asked(node: Node) -> tuple[Node, _T]:
            return node, read(self._ask(node, commands, limit))

        return self._first(asked)

    def _first(self, ask: Callable[[Node], _T]) -> _T:
        why: list[str] = []
        for node in self.nodes:
            try:
                return ask(node)
            except EtcdUnreadable as wrong:
                why.append(f"{node.name}: {wrong}")
            except NodeError as wrong:
                why.append(wrong.problem.rstrip("."))
        if not why:
            raise EtcdError("No node has the role etcd.", "Add it to the inventory's nodes.")
        raise EtcdError(f"etcd cannot be asked: {'; '.join(why)}.", "See etcd's log there.")

    def _look(self, node: Node) -> EtcdFacts:
        # Without a quorum the members are still known, if not for certain.
        listing = "etcdctl_ member list -w json || etcdctl_ member list --consistency=s -w json"
        [listed] = self._ask(node, (listing,), LIMIT)
        if listed.code:
            raise EtcdUnreadable(listed.why)
        cluster_id, members = members_of(_json(listed), self.addresses)
        urls = [url for m in members for url in m.client_urls[:1]]
        if not urls:
            raise EtcdUnreadable("its members have no client URLs")
        asking = ("etcdctl_ endpoint status -w json", "etcdctl_ endpoint health -w json")
        status, health = self._ask(node, asking, LIMIT, endpoints=urls)
        return EtcdFacts(
            asked=node.name,
            cluster_id=cluster_id,
            members=members,
            # They end with 1 when one member of several does not answer, and tell of the others.
            statuses=statuses_of(_json(status)) if status.out.strip() else (),
            health=health_of(_json(health)) if health.out.strip() else (),
        )

    def _ask(
        self,
        node: Node,
        commands: Sequence[str],
        limit: timedelta,
        *,
        endpoints: Sequence[str] = (),
    ) -> list[Said]:
        function = self._function(endpoints or self.part.endpoints or (LOCAL,))
        asked = {str(i): f"{function}; {c}" for i, c in enumerate(commands)}
        answers = list(node.ask(Questions.of(asked, limit=limit)).values())
        for said in answers:
            if said.code == 127:
                raise EtcdUnreadable(said.why)
        return answers

    def _function(self, endpoints: Sequence[str]) -> str:
        """`etcdctl_`, from the machine's own etcdctl or from the one in etcd's container.

        etcd's image holds etcdctl, but no shell; kubeadm mounts the PKI at the same path.
        """
        pki = self.part.pki or KUBEADM_PKI
        flags = quote(
            f"--endpoints={','.join(endpoints)}",
            f"--cacert={pki.ca}",
            f"--cert={pki.certificate}",
            f"--key={pki.key}",
            f"--dial-timeout={DIAL}",
            f"--command-timeout={COMMAND}",
        )
        files = quote(pki.ca, pki.certificate, pki.key)
        return (
            f'for f in {files}; do [ -r "$f" ] || {{ echo "there is no file $f" >&2; exit 127; }}; '
            "done; export ETCDCTL_API=3; if command -v etcdctl >/dev/null; then "
            f'etcdctl_() {{ etcdctl {flags} "$@"; }}; else '
            "id=$(crictl ps --state Running --name '^etcd$' -q 2>/dev/null | head -n 1); "
            '[ -n "$id" ] || { echo "there is no etcdctl, and no running container etcd" >&2; '
            "exit 127; }; "
            f'etcdctl_() {{ crictl exec "$id" etcdctl {flags} "$@"; }}; fi'
        )


def _json(said: Said) -> Any:
    try:
        return json.loads(said.out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        raise EtcdUnreadable(f"etcdctl printed no JSON: {said.why}") from None
