"""PodDisruptionBudgets, whom they are for, and which of them stand in each other's way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chaos.cluster.collect.selectors import selects
from chaos.cluster.collect.workloads import ENDED
from chaos.cluster.facts import DisruptionBudget, Workload
from chaos.cluster.kube import Listed, Object

_Labelled = list[tuple[str, str, Mapping[str, str]]]


def budgets_of(
    budgets: Listed,
    deployments: Listed,
    statefulsets: Listed,
    pods: Listed,
    *,
    workloads: Iterable[Workload],
) -> tuple[DisruptionBudget, ...]:
    """All PodDisruptionBudgets, with those of these workloads that each selects."""
    wanted = {str(w) for w in workloads}
    labelled: _Labelled = []
    for kind, listed in (("Deployment", deployments), ("StatefulSet", statefulsets)):
        for item in listed.items:
            meta = item["metadata"]
            text = f"{kind} {meta['namespace']}/{meta['name']}"
            if text in wanted:
                template = item["spec"]["template"].get("metadata") or {}
                labelled.append((text, meta["namespace"], template.get("labels") or {}))
    shared = _shared(budgets, pods)
    return tuple(_budget(item, labelled, shared) for item in budgets.items)


def _shared(budgets: Listed, pods: Listed) -> Mapping[tuple[str, str], set[str]]:
    """By namespace and name of a budget, the others that select a Pod which it selects."""
    by_namespace: dict[str, list[Object]] = defaultdict(list)
    for budget in budgets.items:
        by_namespace[budget["metadata"]["namespace"]].append(budget)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pod in pods.items:
        meta = pod["metadata"]
        over = by_namespace[meta["namespace"]]
        ended = (pod.get("status") or {}).get("phase") in ENDED
        if len(over) < 2 or ended or meta.get("deletionTimestamp"):
            continue
        labels = meta.get("labels") or {}
        names = {b["metadata"]["name"] for b in over if selects(_selector(b), labels)}
        for name in names:
            found[meta["namespace"], name] |= names - {name}
    return found


def _budget(
    item: Object, labelled: _Labelled, shared: Mapping[tuple[str, str], set[str]]
) -> DisruptionBudget:
    meta, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    allowed = (c for c in status.get("conditions") or () if c["type"] == "DisruptionAllowed")
    return DisruptionBudget(
        namespace=meta["namespace"],
        name=meta["name"],
        selects=tuple(
            text
            for text, namespace, labels in labelled
            if namespace == meta["namespace"] and selects(_selector(item), labels)
        ),
        min_available=_text(spec.get("minAvailable")),
        max_unavailable=_text(spec.get("maxUnavailable")),
        allowed=status.get("disruptionsAllowed") or 0,
        healthy=status.get("currentHealthy") or 0,
        desired=status.get("desiredHealthy") or 0,
        expected=status.get("expectedPods") or 0,
        reason=next((str(c.get("reason") or "") for c in allowed), ""),
        overlaps=tuple(sorted(shared.get((meta["namespace"], meta["name"]), ()))),
    )


def _selector(budget: Object) -> Mapping[str, Any] | None:
    return (budget.get("spec") or {}).get("selector")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
