"""The lab's Prometheus: its files changed, and put back; it heeds them while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.scraped import until_scraped

CONFIG, RULES = "/etc/prometheus/prometheus.yml", "/etc/prometheus/rules.yml"
_API = "http://127.0.0.1:9090"
_RELOADED = "prometheus_config_last_reload_success_timestamp_seconds"


def change(bench: Bench, path: str, how: Callable[[str], str]) -> None:
    """Change one of its files, and wait until it goes by it."""
    bench.change_file(bench.fleet.plan.monitor.name, path, how)
    _reload(bench)


def put_back(bench: Bench, path: str) -> None:
    """Let one of its files be as it was, and wait until it goes by it and reaches all it should."""
    bench.put_back(bench.fleet.plan.monitor.name, path)
    _reload(bench)
    until_scraped(bench)


def on_monitor(bench: Bench, command: str) -> str:
    """What a shell command prints where it runs."""
    return bench.on(bench.fleet.plan.monitor.name, command)


def ask(bench: Bench, url: str) -> str:
    """What is answered there."""
    return on_monitor(bench, f"curl --silent --show-error --fail '{url}'")


def _reload(bench: Bench) -> None:
    before = _reloaded(bench)
    on_monitor(bench, "systemctl reload prometheus.service")
    until(lambda: _reloaded(bench) > before, "Prometheus has read its files", timeout=20)
    until(lambda: _has_looked(bench), "Prometheus has looked once", timeout=40, every=0.5)


def _reloaded(bench: Bench) -> float:
    found = re.search(rf"^{_RELOADED} (\S+)$", ask(bench, f"{_API}/metrics"), re.MULTILINE)
    assert found, "Prometheus does not say when it read its configuration"
    return float(found[1])


def _has_looked(bench: Bench) -> bool:
    """Whether each target was scraped, and each rule evaluated, with whatever came of it."""
    targets = json.loads(ask(bench, f"{_API}/api/v1/targets?state=active"))["data"]
    groups = json.loads(ask(bench, f"{_API}/api/v1/rules?type=alert"))["data"]["groups"]
    states = [one["health"] for one in targets["activeTargets"]]
    states += [rule["health"] for group in groups for rule in group["rules"]]
    return "unknown" not in states
