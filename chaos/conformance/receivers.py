"""Whether what is alerted reaches somebody: by Alertmanager's routes, to a receiver that tells."""

from __future__ import annotations

from collections.abc import Mapping

from chaos.cluster.facts import (
    AlertRule,
    Declared,
    Facts,
    MonitoringFacts,
    NotAvailable,
    Route,
)
from chaos.cluster.promql import selectors
from chaos.conformance.alerts import rules_about
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.subjects import ALL


def reach_somebody(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Alerts go to an Alertmanager, and from there to a receiver that tells somebody."""
    known = facts.monitoring
    if isinstance(known, NotAvailable):
        return not_covered("who is told of alerts", known)
    findings = Findings()
    if isinstance(known.alertmanagers, NotAvailable):
        findings.gap("the Alertmanagers", known.alertmanagers)
    elif not known.alertmanagers:
        findings.wrong.append("Prometheus knows no Alertmanager: its alerts go nowhere")
    else:
        findings.good.append(f"alerts go to {listed(known.alertmanagers)}")
    if isinstance(known.receivers, NotAvailable):
        findings.gap("the receivers", known.receivers)
        return findings.outcome()
    for name, kinds in known.receivers.items():
        if kinds:
            findings.good.append(f"the receiver {name} tells by {listed(kinds)}")
    if not known.receivers:
        findings.wrong.append("no route leads to a receiver")
    elif isinstance(known.route, Route) and (rules := _rules(known)):
        for rule in rules:
            _follow(findings, rule, known.route, known.receivers)
    elif silent := [name for name, kinds in known.receivers.items() if not kinds]:
        findings.wrong.append(f"these receivers tell nobody: {listed(silent)}")
    return findings.outcome()


def _rules(known: MonitoringFacts) -> list[AlertRule]:
    """The rules whose labels are known, and that tell of what the sources say must be told."""
    found = {
        id(rule): rule
        for subject in ALL
        for rule in (*rules_about(known, subject.told), *rules_about(known, subject.missed))
        if rule.labels is not None
    }
    return list(found.values())


def _follow(
    findings: Findings,
    rule: AlertRule,
    root: Route,
    receivers: Mapping[str, tuple[str, ...]],
) -> None:
    """Where the alerts of a rule end."""
    labels = {
        one.label: one.value
        for selector in selectors(rule.query)
        for one in selector.matchers
        if one.how == "="
    }
    labels |= {"alertname": rule.name, **(rule.labels or {})}
    ends, sure = _ends(root, labels)
    if any(receivers.get(one.receiver) and not one.muted for one in ends):
        return
    silent = listed(dict.fromkeys(one.receiver for one in ends))
    muted = next((one.muted for one in ends if one.muted), "")
    where = (
        f"is muted at all times by {muted}" if muted else f"ends at {silent}, which tells nobody"
    )
    if sure:
        findings.wrong.append(f"the alert {rule.name} {where}")
    else:
        why = f"it {where}, but for labels that the rule does not set"
        findings.gap(f"whether the alert {rule.name} reaches somebody", why)


def _ends(route: Route, labels: Mapping[str, str]) -> tuple[list[Route], bool]:
    """The routes that alerts of these labels end at, and whether other labels change nothing."""
    ends: list[Route] = []
    sure = True
    for below in route.routes:
        told = [one for one in below.matchers if one.label in labels]
        if not all(one.fits(labels[one.label]) for one in told):
            continue
        sure = sure and len(told) == len(below.matchers)
        if all(one.fits(labels.get(one.label, "")) for one in below.matchers):
            found, also = _ends(below, labels)
            ends += found
            sure = sure and also
            if not below.further:
                break
    return ends or [route], sure
