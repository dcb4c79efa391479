"""What Prometheus is asked for the objectives, and what comes of its answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from chaos.cluster.collect.prometheus import Answer, each, oldest, value
from chaos.cluster.facts import Objective, Target

WINDOW = "30d"
_BUCKETS = f"kubelet_pod_start_sli_duration_seconds_bucket[{WINDOW}]"
_QUANTILE = "histogram_quantile(0.95, sum({of}(" + _BUCKETS + ")) by (le))"
IN_WINDOW, SINCE_START = _QUANTILE.format(of="increase"), _QUANTILE.format(of="max_over_time")
OLDEST = f"max(up)[{WINDOW}:1h]"


class Asked:
    """The queries, by what is measured with them.

    The share of the time in which there was one: a subquery covers what samples there are, a minute
    apart. A Prometheus that is younger than a minute has none of those, and tells what is now.
    """

    def __init__(self, targets: Iterable[Target]) -> None:
        jobs = sorted({t.job for t in targets if "apiserver" in t.job}) or ["apiserver"]
        # Within quotes a backslash is one itself, in Go as in JSON.
        up = f"up{{job=~{json.dumps('|'.join(map(re.escape, jobs)))}}}"
        self.each = f"avg_over_time({up}[{WINDOW}])"
        self.now = {"api": f"max({up})", "etcd leader": "min(etcd_server_has_leader)"}
        self.share = {
            name: f"avg_over_time({one}[{WINDOW}:1m]) or {one}" for name, one in self.now.items()
        }
        self.minutes = {
            name: f"count_over_time({one}[{WINDOW}:1m])" for name, one in self.now.items()
        }

    @property
    def queries(self) -> tuple[str, ...]:
        """All of them."""
        shares = (*self.share.values(), *self.minutes.values())
        return (*shares, self.each, IN_WINDOW, SINCE_START, OLDEST)

    def measured(self, said: Callable[[str], Answer], at: datetime) -> tuple[Objective, ...]:
        """What was answered to each query."""
        window = oldest(said(OLDEST), at)
        shares = (
            Objective(
                name=name,
                query=query,
                value=value(said(query)),
                window=window,
                seen=_seen(said(self.minutes[name]), window),
                each=each(said(self.each)) if name == "api" else {},
            )
            for name, query in self.share.items()
        )
        return (*shares, _pod_start(said, window))


def _seen(minutes: Answer, window: timedelta | None) -> float | None:
    found = value(minutes)
    if window is None or not isinstance(found, float):
        return None
    return min(1.0, found * 60 / window.total_seconds())


def _pod_start(said: Callable[[str], Answer], window: timedelta | None) -> Objective:
    """Of the Pods that started in the window; of all since each kubelet's start where none did."""
    found = value(said(IN_WINDOW))
    if found is None:
        since = value(said(SINCE_START))
        return Objective(name="pod start", query=SINCE_START, value=since)
    return Objective(name="pod start", query=IN_WINDOW, value=found, window=window)
