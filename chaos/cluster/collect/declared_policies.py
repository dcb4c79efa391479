"""NetworkPolicies: what each declares by itself.

Source: kubernetes.io, "Network Policies".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chaos.cluster.collect.policies import SIDES, kinds
from chaos.cluster.collect.workloads import CRITICAL
from chaos.cluster.facts import NetworkFacts, Policy
from chaos.cluster.kube import Listed, Object

ANYWHERE = ("0.0.0.0/0", "::/0")


def network_of(policies: Listed, namespaces: Listed, *, named: Iterable[str]) -> NetworkFacts:
    """What is declared for the namespaces whose workloads must survive."""
    critical = dict.fromkeys(named)
    for namespace in namespaces.items:
        labels = namespace["metadata"].get("labels") or {}
        if labels.get(CRITICAL) == "true":
            critical[namespace["metadata"]["name"]] = None
    mine = [p for p in policies.items if p["metadata"]["namespace"] in critical]
    return NetworkFacts(namespaces=tuple(critical), policies=tuple(map(_policy, mine)))


def _policy(item: Object) -> Policy:
    spec = item.get("spec") or {}
    return Policy(
        namespace=item["metadata"]["namespace"],
        name=item["metadata"]["name"],
        everyone=not any((spec.get("podSelector") or {}).values()),
        denies=tuple(kind for kind in kinds(spec) if not spec.get(kind.lower())),
        opens=tuple(
            kind
            for kind in kinds(spec)
            if any(_for_all(rule, SIDES[kind]) for rule in spec.get(kind.lower()) or ())
        ),
    )


def _for_all(rule: Mapping[str, Any], side: str) -> bool:
    """Whether a rule lets everybody pass, or every Pod of the cluster, on whatever port."""
    if rule.get("ports"):
        return False
    return not rule.get(side) or any(_is_everybody(one) for one in rule[side])


def _is_everybody(peer: Mapping[str, Any]) -> bool:
    if block := peer.get("ipBlock"):
        return block["cidr"] in ANYWHERE and not block.get("except")
    spaces = peer.get("namespaceSelector")
    return spaces is not None and not any((*spaces.values(), *_values(peer.get("podSelector"))))


def _values(selector: Mapping[str, Any] | None) -> Iterable[Any]:
    return (selector or {}).values()
