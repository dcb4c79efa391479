"""What Pods ask of the scheduler, gathered by the controller that made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chaos.cluster.collect.requests import CPU, MEMORY, asked, ports
from chaos.cluster.collect.selectors import selects
from chaos.cluster.collect.volumes import Volumes
from chaos.cluster.facts import Counted, PodGroup, Requirement, Toleration
from chaos.cluster.kube import Listed, Object

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_ENDED = {"Succeeded", "Failed"}
# Made on each node, or by the node itself, or as often as time comes: they do not move.
_STAY = {"DaemonSet", "Node"}


def groups_of(
    pods: Listed, claims: Listed, volumes: Listed, classes: Listed
) -> tuple[PodGroup, ...]:
    """All Pods that run or are to run, by controller and by what they ask for."""
    known = Volumes.of(claims, volumes, classes)
    found: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for pod in pods.items:
        if (pod.get("status") or {}).get("phase") not in _ENDED:
            # Two versions of one controller's Pods may ask for different things.
            found[_owner(pod)[1], _shape(pod)].append(pod)
    made = [_group(owner, members, known) for (owner, _), members in found.items()]
    return tuple(sorted(made, key=lambda group: (group.owner, group.nodes)))


def _owner(pod: Object) -> tuple[str, str]:
    """The kind of its controller, and its whole name."""
    meta = pod["metadata"]
    for owner in meta.get("ownerReferences") or ():
        if owner.get("controller"):
            return owner["kind"], f"{owner['kind']} {meta['namespace']}/{owner['name']}"
    return "", f"Pod {meta['namespace']}/{meta['name']}"


def _shape(pod: Object) -> str:
    spec = pod["spec"]
    resources = [c.get("resources") for c in (spec, *(spec.get("containers") or ()))]
    return repr((resources, spec.get("nodeSelector"), _claims(spec), spec.get("priority")))


def _claims(spec: Mapping[str, Any]) -> list[str]:
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in spec.get("volumes") or ()
        if "persistentVolumeClaim" in volume
    ]


def _group(owner: str, pods: list[Object], known: Volumes) -> PodGroup:
    first = pods[0]
    spec, kind = first["spec"], _owner(first)[0]
    labels = first["metadata"].get("labels") or {}
    takes = asked(spec)
    namespace = first["metadata"]["namespace"]
    return PodGroup(
        owner=owner,
        nodes=tuple(sorted(pod["spec"].get("nodeName") or "" for pod in pods)),
        cpu=takes.pop(CPU, 0),
        memory=takes.pop(MEMORY, 0),
        more=dict(sorted(takes.items())),
        ports=tuple(sorted(set(ports(spec)))),
        priority=spec.get("priority") or 0,
        moves=bool(kind) and kind not in _STAY,
        apart=tuple(_apart(spec, labels)),
        beside=tuple(term["topologyKey"] for term in _terms(spec, "podAffinity")),
        spread={rule["topologyKey"]: rule.get("maxSkew", 1) for rule in _spread(spec, labels)},
        counted={rule["topologyKey"]: _counted(rule) for rule in _spread(spec, labels)},
        tolerations=tolerations(spec),
        selector=spec.get("nodeSelector") or {},
        anywhere=anywhere(spec),
        bound=tuple(one for name in _claims(spec) for one in known.bound(namespace, name)),
    )


def _apart(spec: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[str]:
    for term in _terms(spec, "podAntiAffinity"):
        if selects(term.get("labelSelector"), labels):
            yield term["topologyKey"]


def _terms(spec: Mapping[str, Any], which: str) -> Sequence[Object]:
    return ((spec.get("affinity") or {}).get(which) or {}).get(REQUIRED) or ()


def _spread(spec: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[Object]:
    for rule in spec.get("topologySpreadConstraints") or ():
        required = rule.get("whenUnsatisfiable") == "DoNotSchedule"
        if required and selects(rule.get("labelSelector"), labels):
            yield rule


def _counted(rule: Object) -> Counted:
    """How a required spread counts, with the API's defaults."""
    return Counted(
        labels=rule.get("nodeAffinityPolicy") != "Ignore",
        taints=rule.get("nodeTaintsPolicy") == "Honor",
        places=rule.get("minDomains") or 1,
    )


def tolerations(spec: Mapping[str, Any]) -> tuple[Toleration, ...]:
    """The tolerations of a Pod or of a template."""
    return tuple(
        Toleration(
            key=one.get("key", ""),
            operator=one.get("operator", "Equal"),
            value=one.get("value", ""),
            effect=one.get("effect", ""),
            seconds=one.get("tolerationSeconds"),
        )
        for one in spec.get("tolerations") or ()
    )


def anywhere(spec: Mapping[str, Any]) -> tuple[tuple[Requirement, ...], ...]:
    """The terms of its required affinity to nodes, of which one must hold."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get(REQUIRED) or {}).get("nodeSelectorTerms") or ()
    return tuple(requirements(term) for term in terms)


def requirements(term: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """The requirements of a term on nodes' labels."""
    return tuple(
        Requirement(key=one["key"], operator=one["operator"], values=tuple(one.get("values") or ()))
        for one in term.get("matchExpressions") or ()
    )
