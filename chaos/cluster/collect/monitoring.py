"""A Prometheus and its Alertmanager, asked over HTTP: from a node, or from here.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote as escaped

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.alertmanager import asked_of, who_is_told
from chaos.cluster.collect.objectives import Asked
from chaos.cluster.collect.prometheus import (
    ODD,
    Answer,
    Fetch,
    bare,
    data,
    fetcher,
    now,
    value,
)
from chaos.cluster.collect.targets import rules_of, targets_of
from chaos.cluster.facts import AlertRule, MonitoringFacts, NotAvailable
from chaos.cluster.inventory_wide import MonitoringPart
from chaos.cluster.promql import selectors


def look(cluster: Cluster) -> MonitoringFacts | NotAvailable:
    """What they say of themselves, in two rounds."""
    part = cluster.inventory.monitoring
    if part is None:
        return NotAvailable("the inventory has no section monitoring")
    node = cluster.node(part.node) if part.node else None
    try:
        return _look(part, fetcher(node))
    except ODD as wrong:
        return NotAvailable(f"{bare(part.prometheus)} does not answer as Prometheus does: {wrong}")


def _look(part: MonitoringPart, fetch: Fetch) -> MonitoringFacts | NotAvailable:
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
    at = now(answers["now"])
    targets = targets_of(data(answers["targets"]))
    rules = rules_of(data(answers["rules"]))
    asked = Asked(targets)
    wanted = {one.text for rule in rules for one in selectors(rule.query)}
    counts = {text: f"count({text})" for text in wanted}
    queries = [*asked.queries, *counts.values()]
    urls = {query: f"{base}/query?query={escaped(query, safe='')}" for query in queries}
    alertmanagers = _alertmanagers(answers["alertmanagers"])
    active = () if isinstance(alertmanagers, NotAvailable) else alertmanagers
    second = fetch([*urls.values(), *{asked_of(one) for one in active}])
    heard = {one: second[asked_of(one)] for one in active}
    notified = who_is_told(heard, answers.get("status"), part.alertmanager)
    series = {text: _count(second[urls[query]]) for text, query in counts.items()}
    return MonitoringFacts(
        url=bare(part.prometheus),
        at=at,
        targets=targets,
        rules=tuple(_with_series(rule, series) for rule in rules),
        alertmanagers=alertmanagers,
        receivers=notified if isinstance(notified, NotAvailable) else notified[0],
        route=notified if isinstance(notified, NotAvailable) else notified[1],
        objectives=asked.measured(lambda query: second[urls[query]], at),
    )


def _count(answer: Answer) -> int | NotAvailable:
    found = value(answer)
    return found if isinstance(found, NotAvailable) else int(found or 0)


def _with_series(rule: AlertRule, series: Mapping[str, int | NotAvailable]) -> AlertRule:
    return replace(rule, series={one.text: series[one.text] for one in selectors(rule.query)})


def _alertmanagers(answer: Answer) -> tuple[str, ...] | NotAvailable:
    if isinstance(answer, NotAvailable):
        return answer
    try:
        return tuple(str(one["url"]) for one in data(answer).get("activeAlertmanagers") or ())
    except ODD as wrong:
        return NotAvailable(f"Prometheus does not say which it has: {wrong}")
