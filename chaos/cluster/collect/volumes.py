"""Claims, the volumes behind them and their classes: what they ask of a node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.cluster.facts import Requirement, Volume
from chaos.cluster.kube import Listed, Object

ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
HOST = "kubernetes.io/hostname"


@dataclass(frozen=True, slots=True)
class Volumes:
    """By name, what the API has."""

    claims: Mapping[tuple[str, str], Object]
    volumes: Mapping[str, Object]
    classes: Mapping[str, Object]

    @classmethod
    def of(cls, claims: Listed, volumes: Listed, classes: Listed) -> Volumes:
        """Out of the lists."""
        return cls(
            {(c["metadata"]["namespace"], c["metadata"]["name"]): c for c in claims.items},
            {v["metadata"]["name"]: v for v in volumes.items},
            {c["metadata"]["name"]: c for c in classes.items},
        )

    def bound(self, namespace: str, claim: str) -> Iterator[Requirement]:
        """What the volume behind a claim asks of a node's labels; of several terms the first."""
        found = self.claims.get((namespace, claim)) or {}
        volume = self.volumes.get((found.get("spec") or {}).get("volumeName") or "")
        for one in _terms(volume)[:1]:
            yield from _requirements(one)

    def kept(self, namespace: str, name: str) -> Volume:
        """What is known of a claim."""
        claim = self.claims.get((namespace, name))
        if claim is None:
            return Volume(kind="claim", name=name, missing="there is no such claim")
        spec = claim.get("spec") or {}
        storage_class = spec.get("storageClassName") or ""
        binding = (self.classes.get(storage_class) or {}).get("volumeBindingMode") or ""
        volume = self.volumes.get(spec.get("volumeName") or "")
        if volume is None:
            why = "no volume is bound to it yet"
            return Volume(
                kind="claim", name=name, storage_class=storage_class, binding=binding, missing=why
            )
        rules = [r for term in _terms(volume) for r in term.get("matchExpressions") or ()]
        zones = {z for r in rules if r["key"] in ZONES for z in r.get("values") or ()}
        return Volume(
            kind="claim",
            name=name,
            storage_class=storage_class,
            modes=tuple(spec.get("accessModes") or ()),
            node_bound="hostPath" if "hostPath" in volume["spec"] else "",
            reach=tuple(tuple(_requirements(term)) for term in _terms(volume)),
            zones=tuple(sorted(zones)),
            binding=binding,
        )


def _requirements(term: Mapping[str, Any]) -> Iterator[Requirement]:
    """What a term asks of a node's labels; of its fields there is the name alone."""
    fields = [{**one, "key": HOST} for one in term.get("matchFields") or ()]
    for rule in (*(term.get("matchExpressions") or ()), *fields):
        yield Requirement(
            key=rule["key"], operator=rule["operator"], values=tuple(rule.get("values") or ())
        )


def _terms(volume: Mapping[str, Any] | None) -> list[Any]:
    spec = (volume or {}).get("spec") or {}
    required = (spec.get("nodeAffinity") or {}).get("required") or {}
    return list(required.get("nodeSelectorTerms") or ())
