"""Webhooks, the endpoints behind them, and whether they stand in their own way."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaos.cluster.collect.selectors import Labels, selects
from chaos.cluster.collect.x509 import of_pem
from chaos.cluster.facts import Certificate, NotAvailable, ServiceFact, Webhook
from chaos.cluster.kube import Listed, Object

SYSTEM, NODE_LEASES = "kube-system", "kube-node-lease"
NAME = "kubernetes.io/metadata.name"
# What the control plane and a webhook's own Pods need to come back: group, resource, namespaced.
NEEDED = (
    ("", "pods", True),
    ("apps", "deployments", True),
    ("apps", "replicasets", True),
    ("coordination.k8s.io", "leases", True),
    ("", "nodes", False),
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What webhooks are held against.

    Args:
        spaces: the labels of namespaces.
        objects: the labels of objects, by resource and namespace.
    """

    spaces: Mapping[str, Labels]
    objects: Mapping[tuple[str, str], Sequence[Labels]]

    def of(self, resource: str, namespace: str) -> Sequence[Labels]:
        # kubelet's leases, and those of leaders, have no labels.
        return [{}] if resource == "leases" else self.objects.get((resource, namespace), ())


def webhooks_of(
    validating: Listed,
    mutating: Listed,
    slices: Listed,
    namespaces: Listed,
    pods: Listed,
    deployments: Listed,
    nodes: Listed,
) -> tuple[Webhook, ...]:
    """All webhooks."""
    ready = _ready(slices)
    labels = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in namespaces.items}
    seen = _Seen(labels, _objects(pods, deployments, nodes))
    found = []
    for kind, listed in (("validating", validating), ("mutating", mutating)):
        for item in listed.items:
            for one in item.get("webhooks") or ():
                found.append(_webhook(f"{kind} {item['metadata']['name']}", one, ready, seen))
    return tuple(found)


def _objects(
    pods: Listed, deployments: Listed, nodes: Listed
) -> dict[tuple[str, str], list[Labels]]:
    found: dict[tuple[str, str], list[Labels]] = defaultdict(list)
    for resource, listed in (("pods", pods), ("deployments", deployments), ("nodes", nodes)):
        for item in listed.items:
            meta = item["metadata"]
            kinds = [resource]
            # A ReplicaSet has the labels that it gives its Pods.
            if any(o.get("kind") == "ReplicaSet" for o in meta.get("ownerReferences") or ()):
                kinds.append("replicasets")
            for kind in kinds:
                found[kind, meta.get("namespace") or ""].append(meta.get("labels") or {})
    return found


def _ready(slices: Listed) -> dict[str, int]:
    """How many endpoints of each Service are ready.

    A Pod with two addresses stands in a slice of either kind: it is one endpoint.
    """
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for piece in slices.items:
        meta = piece["metadata"]
        service = (meta.get("labels") or {}).get("kubernetes.io/service-name")
        mine = found[f"{meta.get('namespace')}/{service}"][piece.get("addressType", "")]
        for one in piece.get("endpoints") or ():
            if (one.get("conditions") or {}).get("ready") is not False:
                target = one.get("targetRef") or {}
                mine.add(target.get("uid") or str(one.get("addresses")))
    return {name: max(map(len, kinds.values())) for name, kinds in found.items()}


def _webhook(configuration: str, one: Object, ready: Mapping[str, int], seen: _Seen) -> Webhook:
    config = one.get("clientConfig") or {}
    service = config.get("service")
    name = f"{service['namespace']}/{service['name']}" if service else None
    caught = list(_catches(one, service["namespace"] if service else "", seen))
    # What a CEL expression says of an object is for the apiserver to find out.
    conditions = bool(one.get("matchConditions"))
    return Webhook(
        configuration=configuration,
        name=one["name"],
        # v1 fills both in; these are its defaults.
        fail_closed=one.get("failurePolicy", "Fail") == "Fail",
        seconds=one.get("timeoutSeconds", 10),
        service=name,
        ready=ready.get(name, 0) if name else None,
        catches=() if conditions else tuple(what for what, sure in caught if sure),
        perhaps=tuple(what for what, sure in caught if conditions or not sure),
        authorities=_authorities(config.get("caBundle") or ""),
    )


def _authorities(bundle: str) -> tuple[Certificate | NotAvailable, ...]:
    """What its own certificate is verified by."""
    if not bundle:
        return ()
    try:
        text = base64.b64decode(bundle).decode(errors="replace")
    except (ValueError, TypeError):
        return (NotAvailable("it is no base64"),)
    return tuple(of_pem(text)) or (NotAvailable("there is no certificate in it"),)


def _catches(one: Object, own: str, seen: _Seen) -> Iterator[tuple[str, bool]]:
    """What it is asked for, and whether that is sure: labels that nobody has yet are not known."""
    rules = one.get("rules") or ()
    for group, resource, namespaced in NEEDED:
        if not any(_matches(rule, group, resource, namespaced) for rule in rules):
            continue
        spaces = {SYSTEM, own} - {""} if namespaced else {""}
        if resource == "leases":
            spaces.add(NODE_LEASES)  # without these every node is taken for dead
        for namespace in sorted(spaces):
            labels = {NAME: namespace, **seen.spaces.get(namespace, {})}
            if namespaced and not selects(one.get("namespaceSelector") or {}, labels):
                continue
            sure = _selected(one.get("objectSelector") or {}, seen.of(resource, namespace))
            if sure is False and not (namespace == own != "" and not seen.of("pods", own)):
                continue
            yield (f"{resource} of {namespace}" if namespaced else resource), sure


def _selected(selector: Mapping[str, Any], objects: Sequence[Labels]) -> bool:
    """Whether one of these is selected; where the selector is empty, whatever is to come is."""
    return not any(selector.values()) or any(selects(selector, labels) for labels in objects)


def _matches(rule: Mapping[str, Any], group: str, resource: str, namespaced: bool) -> bool:
    wanted = {
        "apiGroups": {group, "*"},
        "resources": {resource, "*", "*/*"},
        "operations": {"CREATE", "UPDATE", "*"},
    }
    if rule.get("scope", "*") not in ("*", "Namespaced" if namespaced else "Cluster"):
        return False
    return all(values & set(rule.get(key) or ()) for key, values in wanted.items())


def services_of(services: Listed) -> tuple[ServiceFact, ...]:
    """All Services with every address that they answer on."""
    found = []
    for item in services.items:
        meta, spec = item["metadata"], item.get("spec") or {}
        balanced = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        addresses = [
            *(spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])),
            *(spec.get("externalIPs") or ()),
            *(one.get("ip") or one.get("hostname") or "" for one in balanced),
            spec.get("loadBalancerIP") or "",
            spec.get("externalName") or "",
        ]
        found.append(
            ServiceFact(
                namespace=meta["namespace"],
                name=meta["name"],
                kind=spec.get("type", "ClusterIP"),
                addresses=tuple(dict.fromkeys(a for a in addresses if a and a != "None")),
            )
        )
    return tuple(found)
