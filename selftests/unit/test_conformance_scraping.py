"""Which targets are a part of a machine, whatever their jobs are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.cluster import facts as f
from chaos.conformance.scraping import part_of
from chaos.measure.verdict import Verdict
from selftests.unit.conformance_support import good, known, told, verdict
from selftests.unit.conformance_wide import target

CP_1 = "198.51.100.21"


@pytest.mark.parametrize(
    ("job", "address", "path", "part", "is_it"),
    [
        ("etcd-backup", f"{CP_1}:9100", "/metrics", "etcd", False),
        ("etcd-backup", f"{CP_1}:8080", "/metrics", "etcd", False),
        ("serviceMonitor/kube-system/etcd/0", f"{CP_1}:12379", "/metrics", "etcd", True),
        ("any", f"{CP_1}:2381", "/metrics", "etcd", True),
        ("descheduler", f"{CP_1}:1", "/metrics", "scheduler", False),
        ("kubernetes-apiservers", f"{CP_1}:1", "/metrics", "apiserver", True),
        ("cloud-controller-manager", f"{CP_1}:10258", "/metrics", "controller-manager", False),
        ("kubelet", f"{CP_1}:10250", "/metrics/cadvisor", "kubelet", False),
        ("nodes", "k:443", "/api/v1/nodes/cp-1/proxy/metrics", "kubelet", True),
        ("nodes", "k:443", "/api/v1/nodes/cp-1/proxy/metrics/cadvisor", "kubelet", False),
    ],
)
def test_what_a_target_is(job: str, address: str, path: str, part: str, is_it: bool) -> None:
    assert part_of(target(job, address, path=path), part) is is_it


def first_kubelet(**changes: Any) -> f.Facts:
    """With the target of the first kubelet being otherwise, and another of its paths up."""
    watched = known(good().monitoring)
    targets = [
        replace(one, **changes) if one.address == f"{CP_1}:10250" else one
        for one in watched.targets
    ]
    more = target("kubelet", f"{CP_1}:10250", path="/metrics/cadvisor")
    return replace(good(), monitoring=replace(watched, targets=(*targets, more)))


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "cp-1.example.test:10250"},
        {"address": "cp-1:10250"},
        {"address": "10.9.9.9:10250", "labels": {"node": "cp-1"}},
        {"address": "10.9.9.9:10250", "labels": {"instance": f"{CP_1}:10250"}},
        {"address": "k:443", "path": "/api/v1/nodes/cp-1/proxy/metrics"},
    ],
)
def test_a_machine_by_another_of_its_names(changes: dict[str, Any]) -> None:
    facts = first_kubelet(**changes)
    assert verdict("scraped-kubelets", facts) is Verdict.PASS, told("scraped-kubelets", facts)


@pytest.mark.parametrize("changes", [{"address": "cp-11:10250"}, {"up": False}])
def test_another_machine_or_another_path_is_none(changes: dict[str, Any]) -> None:
    assert verdict("scraped-kubelets", first_kubelet(**changes)) is Verdict.FAIL


@pytest.mark.parametrize(
    ("item", "declared", "said"),
    [
        ("scraped-balancers", {"balancers": "other"}, "load_balancers.kind is other"),
        ("scraped-apiservers", {"managed": "eks"}, "eks runs them"),
        ("scraped-schedulers", {"managed": "eks"}, "eks runs them"),
        ("scraped-controller-managers", {"managed": "eks"}, "eks runs them"),
    ],
)
def test_what_cannot_be_known(item: str, declared: dict[str, Any], said: str) -> None:
    facts = replace(good(), declared=replace(good().declared, **declared))
    assert verdict(item, facts) is Verdict.NOT_COVERED
    assert said in told(item, facts)
