"""A Prometheus and its Alertmanager, asked over HTTP: from a node, or from here.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote as escaped
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.alertmanager import receivers_of
from chaos.cluster.collect.targets import rules_of, targets_of
from chaos.cluster.facts import AlertRule, MonitoringFacts, NotAvailable, Objective
from chaos.cluster.inventory_wide import MonitoringPart
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.promql import selectors
from chaos.cluster.shell import Questions, quote
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=10)
WINDOW = "30d"
_Fetch = Callable[[Sequence[str]], Mapping[str, "str | NotAvailable"]]
# The share of the time in which there was one: a subquery covers what samples there are, a minute
# apart. A Prometheus that is younger than a minute has none of those, and tells what is now.
OBJECTIVES = {
    "api": "avg_over_time(max(up{{{apiserver}}})[{window}:1m]) or max(up{{{apiserver}}})",
    "etcd leader": (
        "avg_over_time(min(etcd_server_has_leader)[{window}:1m]) or min(etcd_server_has_leader)"
    ),
    # Since each kubelet's start: a rate would need Pods that start between two samples.
    "pod start": (
        "histogram_quantile(0.95, sum(max_over_time("
        "kubelet_pod_start_sli_duration_seconds_bucket[{window}])) by (le))"
    ),
}


def look(cluster: Cluster) -> MonitoringFacts | NotAvailable:
    """What they say of themselves, in two rounds."""
    part = cluster.inventory.monitoring
    if part is None:
        return NotAvailable("the inventory has no section monitoring")
    node = cluster.node(part.node) if part.node else None
    fetch: _Fetch = partial(_from_node, node) if node else _from_here
    try:
        return _look(part, fetch)
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        return NotAvailable(f"{_bare(part.prometheus)} does not answer as Prometheus does: {wrong}")


def _look(part: MonitoringPart, fetch: _Fetch) -> MonitoringFacts | NotAvailable:
    base = f"{part.prometheus}/api/v1"
    first = {
        "targets": f"{base}/targets?state=active",
        "rules": f"{base}/rules?type=alert",
        "alertmanagers": f"{base}/alertmanagers",
        "now": f"{base}/query?query=time()",
    }
    if part.alertmanager:
        first["status"] = f"{part.alertmanager}/api/v2/status"
    said = fetch(list(first.values()))
    answers = {name: said[url] for name, url in first.items()}
    for name in ("targets", "rules", "now"):
        if isinstance(answer := answers[name], NotAvailable):
            return answer
    at = datetime.fromtimestamp(float(_data(answers["now"])["result"][1]), UTC)
    targets = targets_of(_data(answers["targets"]))
    rules = rules_of(_data(answers["rules"]))
    jobs = sorted({t.job for t in targets if "apiserver" in t.job}) or ["apiserver"]
    # Within quotes a backslash is one itself, in Go as in JSON.
    matcher = f"job=~{json.dumps('|'.join(map(re.escape, jobs)))}"
    asked = {
        name: text.format(apiserver=matcher, window=WINDOW) for name, text in OBJECTIVES.items()
    }
    wanted = {one.text for rule in rules for one in selectors(rule.query)}
    counts = {text: f"count({text})" for text in wanted}
    queries = [*asked.values(), *counts.values(), f"max(up)[{WINDOW}:1h]"]
    urls = {query: f"{base}/query?query={escaped(query, safe='')}" for query in queries}
    second = fetch(list(urls.values()))
    series = {text: int(_value(second[urls[query]]) or 0) for text, query in counts.items()}
    window = _window(second[urls[queries[-1]]], at)
    return MonitoringFacts(
        url=_bare(part.prometheus),
        at=at,
        targets=targets,
        rules=tuple(_with_series(rule, series) for rule in rules),
        alertmanagers=_alertmanagers(answers["alertmanagers"]),
        receivers=_receivers(answers.get("status")),
        objectives=tuple(
            Objective(name=name, query=query, value=_value(second[urls[query]]), window=window)
            for name, query in asked.items()
        ),
    )


def _bare(url: str) -> str:
    """A URL without the user and password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _from_here(urls: Sequence[str]) -> dict[str, str | NotAvailable]:
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(LIMIT.total_seconds()))

    def get(url: str) -> str | NotAvailable:
        try:
            answer = pool.request("GET", url)
        except HTTPError as wrong:
            return NotAvailable(f"{_bare(url).partition('/api/')[0]} cannot be asked: {wrong}")
        if answer.status >= 400:
            return NotAvailable(f"{_bare(url).partition('?')[0]} answers {answer.status}")
        return answer.data.decode(errors="replace")

    found = together({url: partial(get, url) for url in urls})
    return {url: one for url, one in found.items() if not isinstance(one, HoldfastError)}


def _from_node(node: Node, urls: Sequence[str]) -> dict[str, str | NotAvailable]:
    seconds = f"{LIMIT.total_seconds():g}"
    curl = f"curl --silent --show-error --fail --max-time {seconds} "
    asked = Questions.of({url: curl + quote(url) for url in urls}, limit=2 * LIMIT)
    try:
        said = node.ask(asked)
    except HoldfastError as why:
        return dict.fromkeys(urls, NotAvailable(why.problem.rstrip(".")))
    found: dict[str, str | NotAvailable] = {}
    for url, one in said.items():
        why_not = f"{_bare(url).partition('/api/')[0]} cannot be asked from {node.name}: {one.why}"
        found[url] = NotAvailable(why_not) if one.code else one.out
    return found


def _data(text: str | NotAvailable) -> Any:
    content = json.loads(str(text))
    if content.get("status") != "success":
        raise ValueError(content.get("error") or "it does not say success")
    return content["data"]


def _value(text: str | NotAvailable) -> float | None:
    """The one value of an instant query; None where it finds nothing, or fails."""
    if isinstance(text, NotAvailable):
        return None
    result = _data(text)["result"]
    if not result:
        return None
    value = float(result[0]["value"][1])
    return None if value != value else value  # NaN: nothing was counted


def _window(text: str | NotAvailable, at: datetime) -> timedelta | None:
    """Since when there are samples, to the hour."""
    if isinstance(text, NotAvailable):
        return None
    result = _data(text)["result"]
    values = result[0]["values"] if result else []
    return at - datetime.fromtimestamp(float(values[0][0]), UTC) if values else None


def _with_series(rule: AlertRule, series: Mapping[str, int]) -> AlertRule:
    found = {one.text: series.get(one.text, 0) for one in selectors(rule.query)}
    return AlertRule(
        name=rule.name,
        query=rule.query,
        health=rule.health,
        error=rule.error,
        evaluated=rule.evaluated,
        series=found,
    )


def _alertmanagers(text: str | NotAvailable) -> tuple[str, ...] | NotAvailable:
    if isinstance(text, NotAvailable):
        return text
    return tuple(one["url"] for one in _data(text).get("activeAlertmanagers") or ())


def _receivers(text: str | NotAvailable | None) -> dict[str, tuple[str, ...]] | NotAvailable:
    if text is None:
        return NotAvailable("the inventory does not say where Alertmanager is")
    if isinstance(text, NotAvailable):
        return text
    return receivers_of(json.loads(text)["config"]["original"])
