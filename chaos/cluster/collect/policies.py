"""NetworkPolicies: what they declare, and which connections they forbid.

Source: kubernetes.io, "Network Policies".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from chaos.cluster.collect.selectors import selects
from chaos.cluster.collect.workloads import CRITICAL
from chaos.cluster.facts import NetworkFacts, Policy
from chaos.cluster.kube import Listed, Object

INGRESS, EGRESS = "Ingress", "Egress"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A connection that must be refused.

    Args:
        source, target: Pods, as `NAMESPACE/NAME`, with the node that each is on.
        address: the target's, with the port that it declares.
        because: the policies.
    """

    source: str
    source_node: str
    target: str
    target_node: str
    address: str
    port: int
    because: tuple[str, ...]


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
        denies=tuple(kind for kind in _kinds(spec) if not spec.get(kind.lower())),
    )


def _kinds(spec: Mapping[str, Any]) -> Sequence[str]:
    """Its directions; where it does not say, Ingress, and Egress if there are such rules."""
    default = [INGRESS, *([EGRESS] if spec.get("egress") else [])]
    return spec.get("policyTypes") or default


def forbidden(
    policies: Listed, namespaces: Listed, pods: Listed, *, critical: Iterable[str], most: int = 3
) -> list[Forbidden]:
    """Connections between running Pods that the policies of critical namespaces forbid.

    Args:
        most: how many, for each namespace.
    """
    labels = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in namespaces.items}
    known = _Rules(policies.items, labels)
    running = [pod for pod in pods.items if _runs(pod)]
    found: list[Forbidden] = []
    for namespace in critical:
        inside = [pod for pod in running if pod["metadata"]["namespace"] == namespace]
        pairs = _pairs(inside, running)
        mine = (one for source, target in pairs for one in known.between(source, target))
        found += [one for one, _ in zip(mine, range(most), strict=False)]
    return found


def _runs(pod: Object) -> bool:
    status, meta = pod.get("status") or {}, pod["metadata"]
    up = status.get("phase") == "Running" and not meta.get("deletionTimestamp")
    # Policies hold for Pods with a network of their own alone.
    return bool(up and status.get("podIP") and not pod["spec"].get("hostNetwork"))


def _pairs(inside: list[Object], all_of_them: list[Object]) -> Iterator[tuple[Object, Object]]:
    """Who might call whom: into the namespace first, then within it and out of it."""
    for target in inside:
        for source in all_of_them:
            if source["metadata"]["namespace"] != target["metadata"]["namespace"]:
                yield source, target
    for source in inside:
        for target in all_of_them:
            if source is not target:
                yield source, target


@dataclass(frozen=True, slots=True)
class _Rules:
    policies: Sequence[Object]
    labels: Mapping[str, Mapping[str, str]]

    def between(self, source: Object, target: Object) -> Iterator[Forbidden]:
        """The ports of the target that the source may not reach."""
        for container in target["spec"].get("containers") or ():
            for port in container.get("ports") or ():
                if port.get("protocol", "TCP") != "TCP":
                    continue
                because = [
                    *self._refusing(target, source, port, INGRESS, target),
                    *self._refusing(source, target, port, EGRESS, target),
                ]
                if because:
                    yield Forbidden(
                        source=_name(source),
                        source_node=source["spec"].get("nodeName", ""),
                        target=_name(target),
                        target_node=target["spec"].get("nodeName", ""),
                        address=target["status"]["podIP"],
                        port=port["containerPort"],
                        because=tuple(because),
                    )

    def _refusing(
        self, pod: Object, peer: Object, port: Object, kind: str, target: Object
    ) -> list[str]:
        """The policies of a direction over a Pod, if none of them lets this peer and port pass."""
        mine = [
            one
            for one in self.policies
            if one["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and kind in _kinds(one["spec"])
            and selects(one["spec"].get("podSelector") or {}, _labels(pod))
        ]
        side = "from" if kind == INGRESS else "to"
        for one in mine:
            for rule in one["spec"].get(kind.lower()) or ():
                peers, ports = rule.get(side) or (), rule.get("ports") or ()
                if (not peers or any(self._is(p, peer, one) for p in peers)) and (
                    not ports or any(_covers(p, port, target) for p in ports)
                ):
                    return []
        return [f"NetworkPolicy {_name(one)}" for one in mine]

    def _is(self, wanted: Mapping[str, Any], peer: Object, policy: Object) -> bool:
        if block := wanted.get("ipBlock"):
            address = ip_address(peer["status"]["podIP"])
            inside = address in ip_network(block["cidr"], strict=False)
            cut = any(address in ip_network(c, strict=False) for c in block.get("except") or ())
            return inside and not cut
        namespace = peer["metadata"]["namespace"]
        if "namespaceSelector" in wanted:
            if not selects(wanted["namespaceSelector"], self.labels.get(namespace, {})):
                return False
        elif namespace != policy["metadata"]["namespace"]:
            return False
        return "podSelector" not in wanted or selects(wanted["podSelector"], _labels(peer))


def _covers(wanted: Mapping[str, Any], port: Object, _target: Object) -> bool:
    if wanted.get("protocol", "TCP") != "TCP":
        return False
    asked = wanted.get("port")
    if asked is None:
        return True
    if isinstance(asked, str):
        return asked == port.get("name")
    last = wanted.get("endPort") or asked
    return bool(asked <= port["containerPort"] <= last)


def _labels(pod: Object) -> Mapping[str, str]:
    return pod["metadata"].get("labels") or {}


def _name(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"
