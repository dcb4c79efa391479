"""What the selftests of the conformance items share: one cluster that is as it should be.

It is shaped like the lab: three control planes and three workers over three zones, two balancers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from chaos.cluster import facts as f
from chaos.conformance import CheckOutcome, Judge
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_deep import deepened
from selftests.unit.conformance_items import judges
from selftests.unit.conformance_parts import (
    ADDRESS,
    API,
    NOW,
    balancer,
    budget,
    folder,
    lease,
    members,
    node,
    on_disk,
    served,
    stored,
    workload,
)
from selftests.unit.conformance_programs import components
from selftests.unit.conformance_wide import widened

SILENT = f.NotAvailable("cp-2 (198.51.100.22): it did not answer in time")

_T = TypeVar("_T")

ITEMS: Mapping[str, Judge] = judges()


def judged(facts: f.Facts) -> dict[str, CheckOutcome]:
    """All items on these facts."""
    return {name: judge(facts, facts.declared) for name, judge in ITEMS.items()}


def verdict(item: str, facts: f.Facts) -> Verdict:
    return ITEMS[item](facts, facts.declared).verdict


def red(facts: f.Facts) -> dict[str, Verdict]:
    """The items that do not pass."""
    found = {name: outcome.verdict for name, outcome in judged(facts).items()}
    return {name: verdict for name, verdict in found.items() if verdict is not Verdict.PASS}


def told(item: str, facts: f.Facts) -> str:
    """The evidence of an item, in one text."""
    return "\n".join(ITEMS[item](facts, facts.declared).evidence)


def at(things: Sequence[_T], index: int, **changes: Any) -> tuple[_T, ...]:
    """The same, with one of them changed."""
    changed = list(things)
    changed[index] = replace(changed[index], **changes)  # type: ignore[type-var]
    return tuple(changed)


def known(fact: _T | f.NotAvailable | None) -> _T:
    """A fact that the base has."""
    assert fact is not None
    assert not isinstance(fact, f.NotAvailable)
    return fact


def good() -> f.Facts:
    """Facts of a cluster that is as it should be."""
    base = f.Facts(
        collected=NOW,
        took=timedelta(seconds=3),
        declared=f.Declared(
            name="dev",
            uid="1-2-3",
            environment="lab",
            endpoint_name=API,
            endpoint_address=ADDRESS,
            endpoint_port=6443,
            zones=("a", "b", "c"),
            etcd_topology="stacked",
            backup_max_age=timedelta(minutes=90),
            critical_namespaces=("shop",),
        ),
        uid="1-2-3",
        kubernetes="v1.36.2",
        nodes=(
            *(node(f"cp-{n}", n, "control-plane", "etcd") for n in (1, 2, 3)),
            *(node(f"worker-{n}", n, "worker") for n in (1, 2, 3)),
            *(node(f"lb-{n}", n, "load-balancer") for n in (1, 2)),
        ),
        apiservers=tuple(f"198.51.100.2{n}:6443" for n in (1, 2, 3)),
        etcd=members(3),
        encryption=stored(secrets=["k8s:enc:secretbox:v1:lab:\\x8f"] * 3),
        served_certificates=(
            *(served(f"198.51.100.2{n}:6443", f"cp-{n}") for n in (1, 2, 3)),
            served(f"{ADDRESS}:6443"),
        ),
        stored_certificates={
            f"{kind}-{n}": on_disk(f"{kind}-{n}") for kind in ("cp", "worker") for n in (1, 2, 3)
        },
        workloads=(
            workload("kube-system", "coredns", ["worker-1", "worker-2", "cp-3"]),
            workload("shop", "web", ["worker-1", "worker-2", "worker-3"]),
        ),
        disruption_budgets=(
            budget("kube-system", "coredns"),
            budget("shop", "web"),
        ),
        backups=(
            *(folder(f"cp-{n}", "/var/backups/etcd", f"cp-{n}.db", copy=False) for n in (1, 2, 3)),
            folder("worker-1", "/var/backups/offsite", "cp-3/cp-3.db"),
            folder("worker-2", "/var/backups/offsite", "cp-1/cp-1.db"),
            folder("worker-3", "/var/backups/offsite", "cp-2/cp-2.db"),
        ),
        balancers=(balancer("lb-1"), balancer("lb-2")),
        leases=f.LeaseFacts(
            at=NOW, leases=(lease("kube-controller-manager"), lease("kube-scheduler"))
        ),
        components={f"cp-{n}": components(f"cp-{n}") for n in (1, 2, 3)},
    )
    return deepened(widened(base))
