"""The Pods that the cluster itself is made of, out of the API's lists."""

from __future__ import annotations

from datetime import datetime

from chaos.cluster.collect import containers
from chaos.cluster.collect.workloads import ENDED, SYSTEM
from chaos.cluster.facts import DaemonSet, SystemFacts, SystemPod
from chaos.cluster.kube import Listed, Object

NEEDED = "system-node-critical"
"""The priority of what a node cannot do without; a network's Pods have it in any namespace."""


def system_of(pods: Listed, daemonsets: Listed) -> SystemFacts:
    """Those of kube-system, and those that nodes cannot do without."""
    found = [
        _pod(pod, pods.at)
        for pod in pods.items
        if _is_system(pod, pod["spec"])
        and not pod["metadata"].get("deletionTimestamp")
        and (pod.get("status") or {}).get("phase") not in ENDED
    ]
    sets = [
        DaemonSet(
            name=_name(item),
            wanted=(item.get("status") or {}).get("desiredNumberScheduled") or 0,
        )
        for item in daemonsets.items
        if _is_system(item, item["spec"]["template"]["spec"])
    ]
    return SystemFacts(
        pods=tuple(sorted(found, key=lambda pod: pod.name)),
        daemonsets=tuple(sorted(sets, key=str)),
    )


def _is_system(item: Object, spec: Object) -> bool:
    return item["metadata"]["namespace"] == SYSTEM or spec.get("priorityClassName") == NEEDED


def _pod(pod: Object, now: datetime) -> SystemPod:
    meta = pod["metadata"]
    conditions = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or ()}
    ready = conditions.get("Ready") or {}
    changed = ready.get("lastTransitionTime") or meta.get("creationTimestamp")
    owner = next((o for o in meta.get("ownerReferences") or () if o.get("controller")), None)
    return SystemPod(
        name=_name(pod),
        owner=f"{owner['kind']} {meta['namespace']}/{owner['name']}" if owner else "",
        node=pod["spec"].get("nodeName") or None,
        ready=ready.get("status") == "True",
        waiting=containers.waiting(pod),
        since=now - datetime.fromisoformat(changed) if changed else None,
    )


def _name(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
