"""Targets and rules, as Prometheus's API has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from chaos.cluster.facts import AlertRule, Target


def targets_of(data: Mapping[str, Any]) -> tuple[Target, ...]:
    """The active targets."""
    found = []
    for one in data.get("activeTargets") or ():
        url = urlsplit(one["scrapeUrl"])
        labels = one.get("labels") or {}
        found.append(
            Target(
                job=labels.get("job") or one.get("scrapePool") or "",
                address=url.netloc,
                up=one.get("health") == "up",
                path=url.path,
                labels=labels,
                error=one.get("lastError") or "",
            )
        )
    return tuple(found)


def rules_of(data: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """The rules that alert."""
    return tuple(
        AlertRule(
            name=rule["name"],
            query=rule["query"],
            health=rule.get("health", "unknown"),
            error=rule.get("lastError") or "",
            evaluated=_time(rule.get("lastEvaluation")),
            duration=_seconds(rule.get("duration")),
            interval=_seconds(group.get("interval")),
            labels=rule.get("labels") or {},
        )
        for group in data.get("groups") or ()
        for rule in group.get("rules") or ()
        if rule.get("type") == "alerting"
    )


def _seconds(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=float(number))


def _time(text: str | None) -> datetime | None:
    """RFC 3339; before its first evaluation a rule says the year 1."""
    if not text or text.startswith("0001-"):
        return None
    head, _, tail = text.partition(".")
    if tail:  # nanoseconds, of which Python takes six digits
        digits = tail.rstrip("Z").split("+")[0].split("-")[0]
        text = f"{head}.{digits[:6]}{tail[len(digits) :]}"
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
