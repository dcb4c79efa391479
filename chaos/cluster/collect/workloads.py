"""Workloads that must survive, and where their Pods really are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from chaos.cluster.collect import containers
from chaos.cluster.collect.pods import anywhere, tolerations
from chaos.cluster.collect.selectors import Labels, selects
from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.facts import Apart, Place, Workload
from chaos.cluster.kube import Listed, Object

SYSTEM = "kube-system"
CRITICAL = "holdfast.dev/critical"
_HASH = "pod-template-hash"
ENDED = {"Succeeded", "Failed"}
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def workloads_of(
    namespaces: Listed,
    deployments: Listed,
    statefulsets: Listed,
    pods: Listed,
    *,
    named: Iterable[str],
    kept: Volumes | None = None,
) -> tuple[Workload, ...]:
    """The Deployments and StatefulSets that must survive.

    Args:
        named: the namespaces that the inventory names.
        kept: the claims and volumes that there are, where they could be listed.
    """
    why = dict.fromkeys(named, "its namespace is in the inventory's critical_namespaces")
    labels = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in namespaces.items}
    for name, own in labels.items():
        if own.get(CRITICAL) == "true":
            why.setdefault(name, f"its namespace's label {CRITICAL}")
    by_namespace: dict[str, list[Object]] = defaultdict(list)
    for pod in pods.items:
        by_namespace[pod["metadata"]["namespace"]].append(pod)
    found = []
    for kind, listed in (("Deployment", deployments), ("StatefulSet", statefulsets)):
        for item in listed.items:
            meta = item["metadata"]
            reason = _is_dns(item) or why.get(meta["namespace"])
            if reason:
                mine = by_namespace[meta["namespace"]]
                around = labels.get(meta["namespace"], {})
                found.append(_workload(kind, item, reason, mine, kept, around))
    return tuple(sorted(found, key=str))


def _is_dns(item: Object) -> str:
    labels = item["metadata"].get("labels") or {}
    dns = labels.get("k8s-app") == "kube-dns" or item["metadata"]["name"] == "coredns"
    return "the cluster's DNS" if dns and item["metadata"]["namespace"] == SYSTEM else ""


def _workload(
    kind: str,
    item: Object,
    reason: str,
    pods: Iterable[Object],
    kept: Volumes | None,
    around: Labels,
) -> Workload:
    """One of them; around: the labels of its namespace."""
    meta, spec = item["metadata"], item["spec"]
    template = spec["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    pod_spec = template["spec"]
    members = [
        pod
        for pod in pods
        if _made_by(kind, meta["name"], pod)
        and not pod["metadata"].get("deletionTimestamp")
        and (pod.get("status") or {}).get("phase") not in ENDED
    ]
    return Workload(
        kind=kind,
        namespace=meta["namespace"],
        name=meta["name"],
        critical=reason,
        # The API fills in 1 where nothing is written; 0 is what it says.
        replicas=spec.get("replicas", 1),
        ready=(item.get("status") or {}).get("readyReplicas") or 0,
        anti_affinity=tuple(_anti_affinity(pod_spec, labels, meta["namespace"], around)),
        spread=tuple(_spread(pod_spec, labels)),
        pods=tuple(sorted(map(_place, members), key=lambda place: place.pod)),
        containers=tuple(containers.of(pod_spec, members)),
        volumes=tuple(containers.volumes(item, members, kept)),
        priority_class=pod_spec.get("priorityClassName") or "",
        priority=next((pod["spec"].get("priority") for pod in members), None),
        tolerations=tolerations(pod_spec),
        selector=pod_spec.get("nodeSelector") or {},
        anywhere=anywhere(pod_spec),
        borne=tuple(dict.fromkeys(tolerations(pod["spec"]) for pod in members)),
        readied=containers.readied(item, members),
        **_strategy(spec),
    )


def _strategy(spec: Object) -> dict[str, Any]:
    """How a release replaces its Pods: a Deployment's `strategy`, a StatefulSet's other word."""
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    most = {"max_unavailable": "maxUnavailable", "max_surge": "maxSurge"}
    written = {name: rolling.get(word) for name, word in most.items()}
    return {
        "strategy": strategy.get("type") or "",
        **{name: None if one is None else str(one) for name, one in written.items()},
    }


def _made_by(kind: str, name: str, pod: Object) -> bool:
    """Whether a Pod is a workload's own: others may have the same labels.

    A Deployment's ReplicaSets are called as it is, with the hash of the template that they have.
    """
    labels = pod["metadata"].get("labels") or {}
    if kind == "Deployment":
        kind, name = "ReplicaSet", f"{name}-{labels.get(_HASH)}"
    owners = pod["metadata"].get("ownerReferences") or ()
    return any((o.get("controller"), o["kind"], o["name"]) == (True, kind, name) for o in owners)


def _place(pod: Object) -> Place:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return Place(
        pod=pod["metadata"]["name"],
        node=pod["spec"].get("nodeName") or None,
        ready=ready,
        waiting=containers.waiting(pod),
        started=containers.started(pod) if ready else None,
    )


def _anti_affinity(pod: Object, labels: Labels, namespace: str, around: Labels) -> Iterator[Apart]:
    rules = (pod.get("affinity") or {}).get("podAntiAffinity") or {}
    terms = [(True, term) for term in rules.get(_REQUIRED) or ()]
    terms += [(False, one["podAffinityTerm"]) for one in rules.get(_PREFERRED) or ()]
    for required, term in terms:
        named, chosen = term.get("namespaces") or (), term.get("namespaceSelector")
        # Where it says nothing of namespaces it is its own that is meant.
        unsaid = not named and chosen is None
        here = unsaid or namespace in named or selects(chosen, around)
        own = here and selects(term.get("labelSelector"), labels)
        yield Apart(topology_key=term["topologyKey"], required=required, own=own)


def _spread(pod: Object, labels: Labels) -> Iterator[Apart]:
    for rule in pod.get("topologySpreadConstraints") or ():
        yield Apart(
            topology_key=rule["topologyKey"],
            required=rule.get("whenUnsatisfiable") == "DoNotSchedule",
            own=selects(rule.get("labelSelector"), labels),
            max_skew=rule.get("maxSkew", 1),
        )
