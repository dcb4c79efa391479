"""Whether somebody is told of what the sources say must be told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from chaos.cluster.facts import AlertRule, Declared, Facts, MonitoringFacts, NotAvailable
from chaos.cluster.promql import selectors
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.times import told

# Prometheus evaluates once a minute by default: several must have been missed.
STALE = timedelta(minutes=5)
API = r"up\s*\{[^}]*apiserver|apiserver_request|absent\(\s*apiserver_"
CERTIFICATES = (
    r"certificate_expiration|x509_cert_(not_after|expires)|cert(ificate)?_(expir|not_after)"
    r"|ssl_earliest_cert_expiry|certificate_manager_\w+_expiration"
)


def api_down(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """An apiserver that is down is told, and one that is no longer scraped as well."""
    return _told(facts, "an apiserver that is down", API, missing=True)


def no_leader(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """An etcd without a leader is told."""
    return _told(facts, "an etcd without a leader", r"etcd_server_has_leader")


def failed_requests(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Requests to etcd that fail are told."""
    pattern = r"grpc_server_handled_total|etcd_request_errors_total|etcd_http_failed_total"
    return _told(facts, "failed requests to etcd", pattern)


def certificates(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Certificates that are about to expire are told."""
    return _told(facts, "certificates about to expire", CERTIFICATES)


def backups(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Backups that are too old are told, and so is it when nobody knows of any."""
    return _told(facts, "backups that are too old", r"backup|etcd_snapshot", missing=True)


def node_not_ready(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A node that is not Ready is told."""
    pattern = r"kube_node_status_condition|up\s*\{[^}]*kubelet|kubelet_node_"
    return _told(facts, "a node that is not Ready", pattern)


def _told(facts: Facts, what: str, pattern: str, *, missing: bool = False) -> CheckOutcome:
    """Whether a rule for this exists, is evaluated, and finds series.

    Args:
        pattern: what such a rule's expression holds.
        missing: whether it must also be told that the series are gone.
    """
    known = facts.monitoring
    if isinstance(known, NotAvailable):
        return not_covered(f"whether {what} would be told", known)
    findings = Findings()
    rules = [rule for rule in known.rules if re.search(pattern, rule.query)]
    if not rules:
        findings.wrong.append(f"no rule alerts on {what}")
        return findings.outcome()
    sound = []
    for rule in rules:
        wrong = list(_unsound(rule, known))
        unknown = {text: n for text, n in rule.series.items() if isinstance(n, NotAvailable)}
        for text, why in unknown.items():
            findings.gap(f"whether the rule {rule.name} finds {text}", why)
        if wrong:
            findings.wrong.append(f"the rule {rule.name} {listed(wrong)}")
        elif not unknown:
            sound.append(rule.name)
    if missing and not any(_absent(rule, pattern) for rule in rules):
        names = listed(rule.name for rule in rules)
        findings.wrong.append(f"{names}: without absent() nobody is told when the target is gone")
    if sound:
        findings.good.append(f"{what}: {listed(sound)}")
    return findings.outcome()


def _absent(rule: AlertRule, _pattern: str) -> bool:
    return any(selector.absent for selector in selectors(rule.query))


def _unsound(rule: AlertRule, known: MonitoringFacts) -> Iterator[str]:
    if rule.health == "err":
        yield f"fails: {rule.error or 'it does not say why'}"
    elif rule.evaluated is None or rule.health != "ok":
        yield "was never evaluated"
    elif known.at - rule.evaluated > STALE:
        yield f"was last evaluated {told(known.at - rule.evaluated)} ago"
    for selector in selectors(rule.query):
        if not selector.absent and not rule.series.get(selector.text, 0):
            yield f"looks at {selector.text}, and there is no such series: it can never alert"


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
    if silent := [name for name, kinds in known.receivers.items() if not kinds]:
        findings.wrong.append(f"these receivers tell nobody: {listed(silent)}")
    if not known.receivers:
        findings.wrong.append("no route leads to a receiver")
    return findings.outcome()
