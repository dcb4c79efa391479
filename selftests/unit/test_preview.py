"""A plan says what would be done, or why it would not, and touches nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos import preview as module
from chaos.cluster.cluster import Cluster
from chaos.cluster.target import Target
from chaos.errors import UsageError
from chaos.faults import registry
from chaos.planning import Order
from chaos.prediction import Branch, Interval, Prediction, Term
from chaos.preview import preview
from chaos.safety.errors import Refused
from chaos.safety.guards import QuorumLeft
from fixtures import foresight
from reports.plan_text import lines
from selftests.unit.cluster_support import INVENTORY, inventory_of

PREDICTED = Prediction(
    probe="api-write",
    fault="kubelet-stop",
    variant="kill",
    reason="nothing that serves stops",
    branches=(Branch("notice", 1.0, (Term("check", Interval(1.0, 3.0), "haproxy.cfg:7"),)),),
)
QUORUM = QuorumLeft(voters=3, down=("cp-1",), allowed=1)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster(inventory_of(tmp_path, f"{INVENTORY}chaos: {{allowed: [all]}}\n"))
    nodes = type("Kube", (), {"list": lambda *_: type("Listed", (), {"items": ()})})
    vars(found)["kube"] = nodes()
    monkeypatch.setattr(module, "guard", lambda *_: QUORUM)
    monkeypatch.setattr(module, "probes_of", lambda _: ())
    monkeypatch.setattr(module, "foretell", lambda *_: {"api-write": PREDICTED})
    return found


def order(fault: str, target: str, variant: str) -> Order:
    return Order(
        name=f"{fault}-{variant}",
        fault=registry()[fault],
        variant=variant,
        target=Target.parse(target),
        seed=1,
        hold=timedelta(seconds=20),
    )


def test_what_would_be_done_to_whom(cluster: Cluster) -> None:
    one = preview(cluster, order("kubelet-stop", "node cp-1", "kill"))
    assert list(lines(one)) == [
        "kubelet-stop-kill: node cp-1: cp-1 (as named)",
        "  etcd: 2 of 3 voters left (cp-1 down), 2 are needed",
        "  gone after 60 s at the latest, though the runner died",
        "  api-write: outage of 1 to 3 s; nothing that serves stops",
        "  on cp-1",
    ]
    scripts = list(lines(one, scripts=True))
    assert "  cp-1, inject:" in scripts
    assert "    systemctl stop kubelet.service" in scripts
    assert "    systemctl start kubelet.service" in scripts


def test_what_is_not_renewed_is_gone_after_the_hold_and_a_margin(cluster: Cluster) -> None:
    one = preview(cluster, order("zone-partition", "zone b", "silent"))
    assert one.longest == timedelta(seconds=20 + 30 + 10)
    assert list(lines(one))[-1] == "  on cp-2, lb-2"


def test_why_it_would_not_be_done(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("2 of etcd's 3 voters would be down (cp-1, cp-2); 1 may be.")

    monkeypatch.setattr(module, "guard", refuse)
    one = preview(cluster, order("kubelet-stop", "node cp-1", "kill"))
    assert list(lines(one))[1].startswith("  not done: 2 of etcd's 3 voters would be down")
    assert (one.plan, one.longest) == (None, None)


def test_an_experiment_that_nobody_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r'No experiment has "etcd-start" in its name; there are '):
        foresight._chosen("etcd-start")
    assert {str(case) for case in foresight._chosen("etcd-stop")} == {
        "etcd-stop-kill",
        "etcd-stop-silent",
    }
