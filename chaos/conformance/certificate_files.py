"""Certificates on disks, as several items go through them."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Certificate, Facts, NodeFact, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import Findings

ETCD = "etcd"


def leaves(facts: Facts, findings: Findings) -> Iterator[tuple[str, str, Certificate]]:
    """Of each file the first, which is what is shown; those behind it lead up to its authority.

    Those of files of authorities as well: they are authorities.
    """
    for node, files in facts.stored_certificates.items():
        if isinstance(files, NotAvailable):
            findings.gap(f"the disk of {node}", files)
            continue
        first: dict[str, Certificate | NotAvailable] = {}
        for one in files:
            first.setdefault(one.path, one.certificate)
        for path, certificate in first.items():
            if isinstance(certificate, NotAvailable):
                findings.gap(f"{path} on {node}", certificate)
            else:
                yield node, path, certificate
    if not facts.stored_certificates:
        findings.gap("certificates on disks", "no machine can be looked at")
    for node, why in unread(facts, control_plane=True):
        findings.gap(node, why)


def unread(facts: Facts, *, control_plane: bool) -> Iterator[tuple[str, NotAvailable]]:
    """The machines on which certificates must lie and none was seen.

    Args:
        control_plane: only those of the control plane and etcd.
    """
    if isinstance(facts.nodes, NotAvailable):
        yield "whether these are all nodes", facts.nodes
        return
    for node in facts.nodes:
        if not facts.stored_certificates.get(node.name) and _has_some(node, control_plane):
            why = "none was found there" if node.declared else "the inventory does not have it"
            yield f"the disk of {node.name}", NotAvailable(why)


def _has_some(node: NodeFact, control_plane: bool) -> bool:
    return (
        ETCD in node.roles
        or (node.kubernetes is not None and not control_plane)
        or (is_control_plane(node) and node.kubernetes is not None)
    )
