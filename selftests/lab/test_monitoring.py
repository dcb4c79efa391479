"""What measures the lab tells somebody."""

from __future__ import annotations

import json
import secrets

import pytest

from lab.machines import Fleet
from lab.monitoring import Monitoring
from lab.wait import until
from selftests.unit.support import QUIET

pytestmark = pytest.mark.lab
ADD = "amtool --alertmanager.url=http://127.0.0.1:9093 alert add"


def told(fleet: Fleet) -> list[str]:
    """The names of the alerts that were written down."""
    lines = fleet.ssh.run(fleet.plan.monitor.name, "cat /var/log/alerts 2>/dev/null || true")
    written = [json.loads(line) for line in lines.splitlines() if line]
    return [alert["labels"]["alertname"] for one in written for alert in one["alerts"]]


def test_every_part_is_measured(fleet: Fleet) -> None:
    Monitoring(fleet, QUIET).wait()


def test_an_alert_reaches_the_file(fleet: Fleet) -> None:
    name = f"Tried{secrets.token_hex(4)}"
    fleet.ssh.run(fleet.plan.monitor.name, f"{ADD} {name} severity=none")
    until(lambda: name in told(fleet), "the alert in the file", timeout=30, every=0.5)


def test_the_key_is_for_prometheus_alone(fleet: Fleet) -> None:
    keys = "/etc/prometheus/pki/client.key /run/prometheus/client.key"
    modes = fleet.ssh.run(fleet.plan.monitor.name, f"stat --format='%U %a' {keys}")
    assert modes.splitlines() == ["root 600", "prometheus 400"]
