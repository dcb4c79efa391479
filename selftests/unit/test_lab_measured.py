"""When the lab's Prometheus measures every part, and what is said while it does not."""

from __future__ import annotations

import json
import types
from pathlib import Path
from typing import Any

import pytest

from lab.errors import LabError
from lab.files.monitoring import jobs
from lab.home import Home
from lab.kubectl import Kubectl
from lab.machines import Fleet, Layers
from lab.monitoring import Monitoring
from lab.plan import plan
from lab.spec import Spec
from selftests.unit.support import QUIET

LAB = plan(Spec(subnet=0))
MEMBER = "198.18.2.12:2381"


class Prometheus:
    """One that measures everything, until a test changes something."""

    def __init__(self) -> None:
        self.health = {target: "up" for job in jobs(LAB) for target in job.targets}
        self.rules = {"APIServerDown": "ok", "EtcdNoLeader": "ok"}
        self.ran: list[tuple[str, str]] = []

    def run(self, machine: str, command: str) -> str:
        """In place of `Ssh.run`."""
        self.ran.append((machine, command))
        targets = [{"labels": {"instance": t}, "health": h} for t, h in self.health.items()]
        rules = [{"name": name, "health": one} for name, one in self.rules.items()]
        said: tuple[Any, ...] = ({"activeTargets": targets}, {"groups": [{"rules": rules}]})
        return "\n".join(json.dumps({"status": "success", "data": data}) for data in said)


@pytest.fixture
def prometheus(monkeypatch: pytest.MonkeyPatch) -> Prometheus:
    played = Prometheus()
    monkeypatch.setattr(Fleet, "ssh", types.SimpleNamespace(run=played.run))
    return played


@pytest.fixture
def monitoring(prometheus: Prometheus, tmp_path: Path) -> Monitoring:
    layers = Layers(base=tmp_path, tools=tmp_path, containerd=tmp_path)
    return Monitoring(Fleet(Home(tmp_path), LAB, layers), QUIET)


def test_all_is_measured(monitoring: Monitoring) -> None:
    assert monitoring._measures()


def test_a_target_that_is_down_is_named(monitoring: Monitoring, prometheus: Prometheus) -> None:
    prometheus.health[MEMBER] = "unknown"
    with pytest.raises(LabError, match=rf"Not measured: {MEMBER}\."):
        monitoring._measures()


def test_a_target_that_it_does_not_know_yet_is_named(
    monitoring: Monitoring, prometheus: Prometheus
) -> None:
    del prometheus.health[MEMBER]
    with pytest.raises(LabError, match=rf"Not measured: {MEMBER}\."):
        monitoring._measures()


def test_a_rule_that_was_not_evaluated_is_named(
    monitoring: Monitoring, prometheus: Prometheus
) -> None:
    prometheus.rules["EtcdNoLeader"] = "unknown"
    with pytest.raises(LabError, match=r"Not measured: EtcdNoLeader\."):
        monitoring._measures()


def test_without_rules_it_measures_for_nobody(
    monitoring: Monitoring, prometheus: Prometheus
) -> None:
    prometheus.rules.clear()
    with pytest.raises(LabError, match="there are no rules"):
        monitoring._measures()


def test_it_is_started_for_every_boot_to_come(
    monitoring: Monitoring, prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied: list[str] = []

    def apply(_: Kubectl, *words: str, stdin: str) -> str:
        applied.append(stdin)
        return "clusterrole.rbac.authorization.k8s.io/monitoring created"

    monkeypatch.setattr(Kubectl, "__call__", apply)
    monitoring.start(Kubectl(Path("kubectl"), Path("kubeconfig")))
    (first, enabled), (second, started) = prometheus.ran
    assert first == second == "lb-1"
    assert enabled.startswith("systemctl enable ")
    assert started.startswith("systemctl start --no-block ")
    assert "prometheus.service" in enabled
    assert "prometheus.service" in started
    assert "name: monitoring" in applied[0]
