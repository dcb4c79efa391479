"""NetworkPolicies: which connections they forbid.

Source: kubernetes.io, "Network Policies".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from chaos.cluster.collect.selectors import selects
from chaos.cluster.kube import Listed, Object

INGRESS, EGRESS = "Ingress", "Egress"
SIDES = {INGRESS: "from", EGRESS: "to"}


_Pair = tuple[Object, Object]


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


def kinds(spec: Mapping[str, Any]) -> Sequence[str]:
    """Its directions; where it does not say, Ingress, and Egress if there are such rules."""
    default = [INGRESS, *([EGRESS] if spec.get("egress") else [])]
    return spec.get("policyTypes") or default


def forbidden(
    policies: Listed,
    namespaces: Listed,
    pods: Listed,
    *,
    critical: Iterable[str],
    nodes: Collection[str],
    most: int = 3,
) -> list[Forbidden]:
    """Connections between running Pods that the policies of critical namespaces forbid.

    Args:
        nodes: those from which a connection can be tried.
        most: how many, for each namespace; each to another Pod, on another node where there is one.
    """
    labels = {n["metadata"]["name"]: n["metadata"].get("labels") or {} for n in namespaces.items}
    known = _Rules(policies.items, labels)
    tried = (pod for pod in pods.items if _runs(pod) and pod["spec"].get("nodeName") in nodes)
    running = _by_turns(tried)
    found: list[Forbidden] = []
    for namespace in critical:
        inside = [pod for pod in running if pod["metadata"]["namespace"] == namespace]
        mine = (first for pairs in _pairs(inside, running) if (first := known.first(pairs)))
        found += [one for one, _ in zip(mine, range(most), strict=False)]
    return found


def _by_turns(pods: Iterable[Object]) -> list[Object]:
    """The Pods, one of each node after the other."""
    seen: Counter[str] = Counter()
    turns = []
    for pod in pods:
        node = pod["spec"]["nodeName"]
        turns.append((seen[node], pod))
        seen[node] += 1
    return [pod for _, pod in sorted(turns, key=lambda turn: turn[0])]


def _runs(pod: Object) -> bool:
    status, meta = pod.get("status") or {}, pod["metadata"]
    up = status.get("phase") == "Running" and not meta.get("deletionTimestamp")
    # Policies hold for Pods with a network of their own alone.
    return bool(up and status.get("podIP") and not pod["spec"].get("hostNetwork"))


def _pairs(inside: list[Object], all_of_them: list[Object]) -> Iterator[list[_Pair]]:
    """Who might call whom, a Pod of the namespace at a time: into it, within it, out of it."""

    def strangers(to: Object) -> list[Object]:
        space = to["metadata"]["namespace"]
        return [pod for pod in all_of_them if pod["metadata"]["namespace"] != space]

    for turn, target in enumerate(inside):
        yield [(source, target) for source in _turned(strangers(target), turn)]
    for turn, source in enumerate(inside):
        yield [(source, to) for to in _turned(all_of_them, turn) if source is not to]


def _turned(pods: list[Object], turn: int) -> list[Object]:
    """The Pods, beginning with another for each turn."""
    start = turn % len(pods) if pods else 0
    return pods[start:] + pods[:start]


@dataclass(frozen=True, slots=True)
class _Rules:
    policies: Sequence[Object]
    labels: Mapping[str, Mapping[str, str]]

    def first(self, pairs: Iterable[_Pair]) -> Forbidden | None:
        """The first connection of these that is forbidden."""
        return next((one for pair in pairs for one in self.between(*pair)), None)

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
            and kind in kinds(one["spec"])
            and selects(one["spec"].get("podSelector") or {}, _labels(pod))
        ]
        side = SIDES[kind]
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
