"""Who must have been asked for a certificate, and was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos.cluster.facts import Declared, EtcdFacts, Facts, NotAvailable
from chaos.conformance.machines import is_control_plane

APISERVER, KUBELET = "apiserver", "kubelet"
MEMBERS = ("etcd client", "etcd peer")
EVERYBODY = (APISERVER, KUBELET, *MEMBERS)


def unasked(
    facts: Facts, inventory: Declared, whats: Sequence[str] = EVERYBODY
) -> Iterator[tuple[str, NotAvailable]]:
    """Of all nodes and members, those that were not asked, and why.

    Nothing where nobody was asked at all, which is told as such.
    """
    served = facts.served_certificates
    if isinstance(served, NotAvailable) or not served:
        return
    asked = {(one.what, one.node) for one in served}
    nobody = NotAvailable("it was not asked")
    if isinstance(facts.nodes, NotAvailable):
        yield "whether these are all that show certificates", facts.nodes
    else:
        for node in facts.nodes:
            if (
                APISERVER in whats
                and is_control_plane(node)
                and (APISERVER, node.name) not in asked
            ):
                yield f"the apiserver of {node.name}", nobody
            if KUBELET in whats and node.kubernetes and (KUBELET, node.name) not in asked:
                yield f"kubelet of {node.name}", nobody
    if inventory.etcd_topology is None or not set(MEMBERS) & set(whats):
        return
    if not isinstance(facts.etcd, EtcdFacts):
        yield "what members of etcd show", facts.etcd
        return
    for member in facts.etcd.members:
        name = member.node or member.name
        for what in MEMBERS:
            if member.started and (what, name) not in asked:
                yield f"{what} of {name}", nobody
