"""What a Prometheus and its Alertmanagers say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chaos.cluster.facts.basics import UNREAD, NotAvailable
from chaos.cluster.matchers import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that is scraped.

    Args:
        address: `HOST:PORT` as it is asked.
        labels: those that its series carry.
        error: of the last scrape; empty where it went well.
    """

    job: str
    address: str
    up: bool
    path: str = "/metrics"
    labels: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A rule that alerts.

    Args:
        health: `ok`, `err`, or `unknown` before it was evaluated for the first time.
        series: by selector in its expression, how many series it finds now, or why that could
            not be asked.
        duration: for how long it must be so before it alerts; None where that is not known.
        interval: how often its group is evaluated; None where that is not known.
        labels: what its alerts carry; None where that is not known.
    """

    name: str
    query: str
    health: str
    error: str = ""
    evaluated: datetime | None = None
    series: Mapping[str, int | NotAvailable] = field(default_factory=dict)
    duration: timedelta | None = None
    interval: timedelta | None = None
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What was measured for an objective.

    Args:
        value: None where the query gave nothing; else the value, or why it could not be asked.
        window: over how long there are samples.
        seen: the share of the window of which there are samples; None where that is not known.
        each: by target, its own share.
    """

    name: str
    query: str
    value: float | NotAvailable | None
    window: timedelta | None = None
    seen: float | None = None
    each: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where Alertmanager sends alerts of some labels.

    Args:
        further: whether the routes after it are tried as well when it fits.
        muted: the interval that mutes it at all times, where one does.
        routes: those below it, of which the first that fits takes the alert.
    """

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    further: bool = False
    muted: str = ""
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringFacts:
    """A Prometheus, and whom it tells.

    Args:
        at: its clock.
        alertmanagers: those that it sends to now.
        receivers: by the receiver that the routes lead to, the kinds of integrations it has; empty
            for one that tells nobody.
        route: by which an alert comes to a receiver.
    """

    url: str
    at: datetime
    targets: tuple[Target, ...]
    rules: tuple[AlertRule, ...]
    alertmanagers: tuple[str, ...] | NotAvailable
    receivers: Mapping[str, tuple[str, ...]] | NotAvailable
    objectives: tuple[Objective, ...] = ()
    route: Route | NotAvailable = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """A page that says what to do in an incident.

    Args:
        where: the file or the URL.
        found: whether it is there and says something.
    """

    incident: str
    where: str
    found: bool | NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsFacts:
    """What its owners have ready, and when they last tried it.

    Args:
        drills: by name, when it last went well.
        history: where that was read.
    """

    runbooks: tuple[Runbook, ...]
    drills: Mapping[str, datetime] | NotAvailable
    history: str = ""
