"""Webhooks, the endpoints behind them, and whether they stand in their own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos.cluster.collect.selectors import selects
from chaos.cluster.facts import ServiceFact, Webhook
from chaos.cluster.kube import Listed, Object

SYSTEM, NAME = "kube-system", "kubernetes.io/metadata.name"
# What the control plane and a webhook's own Pods need to come back: group, resource, namespaced.
NEEDED = (
    ("", "pods", True),
    ("apps", "deployments", True),
    ("apps", "replicasets", True),
    ("coordination.k8s.io", "leases", True),
    ("", "nodes", False),
)


def webhooks_of(
    validating: Listed, mutating: Listed, slices: Listed, namespaces: Listed
) -> tuple[Webhook, ...]:
    """All webhooks."""
    ready = _ready(slices)
    labels = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in namespaces.items}
    found = []
    for kind, listed in (("validating", validating), ("mutating", mutating)):
        for item in listed.items:
            for one in item.get("webhooks") or ():
                found.append(_webhook(f"{kind} {item['metadata']['name']}", one, ready, labels))
    return tuple(found)


def _ready(slices: Listed) -> dict[str, int]:
    """How many endpoints of each Service are ready."""
    found: dict[str, int] = {}
    for piece in slices.items:
        meta = piece["metadata"]
        service = (meta.get("labels") or {}).get("kubernetes.io/service-name")
        count = sum(
            (one.get("conditions") or {}).get("ready") is not False
            for one in piece.get("endpoints") or ()
        )
        key = f"{meta.get('namespace')}/{service}"
        found[key] = found.get(key, 0) + count
    return found


def _webhook(
    configuration: str,
    one: Object,
    ready: Mapping[str, int],
    labels: Mapping[str, Mapping[str, str]],
) -> Webhook:
    service = (one.get("clientConfig") or {}).get("service")
    name = f"{service['namespace']}/{service['name']}" if service else None
    own = {service["namespace"]} if service else set[str]()
    return Webhook(
        configuration=configuration,
        name=one["name"],
        # v1 fills both in; these are its defaults.
        fail_closed=one.get("failurePolicy", "Fail") == "Fail",
        seconds=one.get("timeoutSeconds", 10),
        service=name,
        ready=ready.get(name, 0) if name else None,
        catches=tuple(_catches(one, sorted(own | {SYSTEM}), labels)),
    )


def _catches(
    one: Object, namespaces: Iterable[str], labels: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    rules = one.get("rules") or ()
    # Whether single objects have what an objectSelector or a matchCondition asks for is not known.
    if one.get("objectSelector") or one.get("matchConditions"):
        return
    for group, resource, namespaced in NEEDED:
        if not any(_matches(rule, group, resource, namespaced) for rule in rules):
            continue
        if not namespaced:
            yield resource
            continue
        for namespace in namespaces:
            mine = {NAME: namespace, **labels.get(namespace, {})}
            if selects(one.get("namespaceSelector") or {}, mine):
                yield f"{resource} of {namespace}"


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
