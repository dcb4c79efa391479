"""What Prometheus has of its targets: it looks every 10 s, and keeps what it saw until then."""

from __future__ import annotations

import json
from collections.abc import Collection

from lab.wait import until
from selftests.planted.bench import Bench

_TARGETS = "http://127.0.0.1:9090/api/v1/targets?state=active"
LONGEST = 40
"""Seconds: it looks every 10 s, and an answer may take 8."""


def until_scraped(bench: Bench, *, but: Collection[str] = ()) -> None:
    """Wait until it reaches all of its targets, but for exactly these.

    Args:
        but: as `IP:PORT`.
    """
    wanted = set(but)

    def sees() -> bool:
        asked = f"curl --silent --show-error --fail '{_TARGETS}'"
        told = json.loads(bench.on(bench.fleet.plan.monitor.name, asked))["data"]["activeTargets"]
        return {one["labels"]["instance"] for one in told if one["health"] != "up"} == wanted

    what = f"Prometheus reaches all but {', '.join(sorted(wanted)) or 'none'}"
    until(sees, what, timeout=LONGEST, every=0.5)
