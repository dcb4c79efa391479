"""Nodes, apiservers and leases out of the API's lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from chaos.cluster.collect.requests import amounts
from chaos.cluster.facts import KubernetesNode, Lease, LeaseFacts, NodeFact, NotAvailable
from chaos.cluster.inventory_parts import NodePart
from chaos.cluster.kube import Listed
from chaos.cluster.quantity import millis, size

ZONE = "topology.kubernetes.io/zone"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
SYSTEM = "kube-system"
# What of a node's room has a field of its own.
_TOLD = {"cpu", "memory", "pods"}


def uid_of(namespaces: Listed) -> str | NotAvailable:
    """The UID of kube-system."""
    for namespace in namespaces.items:
        if namespace["metadata"]["name"] == SYSTEM:
            return str(namespace["metadata"]["uid"])
    return NotAvailable("there is no namespace kube-system")


def nodes_of(nodes: Listed, parts: Iterable[NodePart]) -> tuple[NodeFact, ...]:
    """The inventory's machines with what the API says of them, then those that it has beyond."""
    known = {node["metadata"]["name"]: node for node in nodes.items}
    found = []
    for part in parts:
        node = known.pop(part.name, None)
        found.append(
            NodeFact(
                name=part.name,
                address=part.address,
                roles=tuple(role.value for role in part.roles),
                zone=part.zone,
                declared=True,
                kubernetes=kubernetes_of(node) if node else None,
                host=part.host,
            )
        )
    for name, node in sorted(known.items()):
        found.append(
            NodeFact(
                name=name,
                address=address_of(node) or "",
                roles=(),
                zone=None,
                declared=False,
                kubernetes=kubernetes_of(node),
            )
        )
    return tuple(found)


def address_of(node: dict[str, Any]) -> str | None:
    """A node's internal address."""
    listed = (node.get("status") or {}).get("addresses") or ()
    return next((a["address"] for a in listed if a["type"] == "InternalIP"), None)


def kubernetes_of(node: dict[str, Any]) -> KubernetesNode:
    """A node as the API has it."""
    labels = node["metadata"].get("labels") or {}
    spec, status = node.get("spec") or {}, node.get("status") or {}
    conditions = {c["type"]: c["status"] for c in status.get("conditions") or ()}
    info = status.get("nodeInfo") or {}
    return KubernetesNode(
        ready=conditions.get("Ready") == "True",
        schedulable=not spec.get("unschedulable"),
        control_plane=CONTROL_PLANE in labels,
        zone=labels.get(ZONE),
        kubelet=info.get("kubeletVersion", ""),
        labels=labels,
        addresses=tuple(
            a["address"] for a in status.get("addresses") or () if a["type"].endswith("IP")
        ),
        taints=tuple(
            f"{t['key']}={t.get('value', '')}:{t['effect']}" for t in spec.get("taints") or ()
        ),
        machine=info.get("machineID", ""),
        boot=info.get("bootID", ""),
        runtime=info.get("containerRuntimeVersion", ""),
        kernel=info.get("kernelVersion", ""),
        system=info.get("osImage", ""),
        families=_families(spec, status),
        conditions=conditions,
        **_room(status),
        gives={k: v for k, v in amounts(status.get("allocatable")).items() if v and k not in _TOLD},
        images_told=len(status.get("images") or ()),
        images=tuple(sorted({n for i in status.get("images") or () for n in i.get("names") or ()})),
    )


def _families(spec: dict[str, Any], status: dict[str, Any]) -> tuple[int, ...]:
    """Of its Pods' networks; where a plugin has them for itself, of its own addresses if of one."""
    pods = spec.get("podCIDRs") or [one for one in [spec.get("podCIDR")] if one]
    listed = status.get("addresses") or ()
    own = [a["address"] for a in listed if a["type"] == "InternalIP"]
    found = {6 if ":" in one else 4 for one in pods or own}
    return tuple(sorted(found)) if pods or len(found) == 1 else ()


def _room(status: dict[str, Any]) -> dict[str, int]:
    """What it has, and what of it Pods may ask for."""
    has, gives = status.get("capacity") or {}, status.get("allocatable") or {}
    return {
        "cpu": millis(gives.get("cpu", 0)),
        "memory": size(gives.get("memory", 0)),
        "pods": size(gives.get("pods", 0)),
        "capacity_cpu": millis(has.get("cpu", 0)),
        "capacity_memory": size(has.get("memory", 0)),
        "capacity_disk": size(has.get("ephemeral-storage", 0)),
    }


def apiservers_of(slices: Listed) -> tuple[str, ...]:
    """`IP:PORT` of the apiservers behind the Service `kubernetes`."""
    found = set()
    for piece in slices.items:
        labels = piece["metadata"].get("labels") or {}
        where = (piece["metadata"].get("namespace"), labels.get("kubernetes.io/service-name"))
        if where != ("default", "kubernetes"):
            continue
        for port in piece.get("ports") or ():
            for endpoint in piece.get("endpoints") or ():
                for address in endpoint["addresses"]:
                    host = f"[{address}]" if ":" in address else address
                    found.add(f"{host}:{port['port']}")
    return tuple(sorted(found))


def leases_of(leases: Listed) -> LeaseFacts:
    """The leases of kube-system."""
    found = []
    for lease in leases.items:
        spec = lease.get("spec") or {}
        found.append(
            Lease(
                namespace=lease["metadata"]["namespace"],
                name=lease["metadata"]["name"],
                holder=spec.get("holderIdentity") or "",
                acquired=_time(spec.get("acquireTime")),
                renewed=_time(spec.get("renewTime")),
                duration=timedelta(seconds=spec.get("leaseDurationSeconds") or 0),
                transitions=spec.get("leaseTransitions") or 0,
            )
        )
    return LeaseFacts(at=leases.at, leases=tuple(sorted(found, key=lambda one: one.name)))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
