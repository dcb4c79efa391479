"""Webhooks that the API asks before it takes an object."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from chaos.cluster.facts import Certificate, Declared, Facts, NotAvailable, Webhook
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

ENDPOINTS, SECONDS = 2, 5
# What is left of a validity when it should have been renewed, and what is enough of a long one.
SHARE, ENOUGH = 30, timedelta(days=60)


def _told(webhook: Webhook) -> str:
    return f"{webhook.name} of {webhook.configuration}"


def _closed(webhooks: Collection[Webhook], findings: Findings) -> list[Webhook]:
    """Those without whose answer nothing is taken; that there is none is told."""
    closed = [one for one in webhooks if one.fail_closed]
    if not closed:
        findings.good.append(f"none of {counted(len(webhooks), 'webhook')} fails closed")
    return closed


def two_endpoints_each(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A webhook without whose answer nothing is taken has two endpoints that are ready."""
    if isinstance(facts.webhooks, NotAvailable):
        return not_covered("the webhooks", facts.webhooks)
    findings = Findings()
    for one in _closed(facts.webhooks, findings):
        if one.service is None:
            findings.gap(f"who answers for {_told(one)}", "it has a URL outside the cluster")
        elif one.ready is None:
            findings.gap(f"the endpoints of {one.service}, for {_told(one)}", "they were not seen")
        elif one.ready < ENDPOINTS:
            many = counted(one.ready, "endpoint")
            findings.wrong.append(
                f"{_told(one)} fails closed, and {one.service} has {many} ready: without it the "
                "API takes nothing that it is asked about"
            )
        else:
            findings.good.append(f"{_told(one)}: {one.ready} endpoints of {one.service} are ready")
    return findings.outcome()


def short_time_outs(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No webhook holds a request up for long while it is silent."""
    if isinstance(facts.webhooks, NotAvailable):
        return not_covered("the webhooks", facts.webhooks)
    findings = Findings()
    for one in facts.webhooks:
        if one.seconds > SECONDS:
            findings.wrong.append(
                f"{_told(one)} is waited for {one.seconds} s: {SECONDS} s at most"
            )
    if not findings.wrong:
        findings.good.append(
            f"{counted(len(facts.webhooks), 'webhook')}, none waited for more than {SECONDS} s"
        )
    return findings.outcome()


def not_in_their_own_way(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No webhook is asked for what it needs itself to come back."""
    if isinstance(facts.webhooks, NotAvailable):
        return not_covered("the webhooks", facts.webhooks)
    findings = Findings()
    for one in _closed(facts.webhooks, findings):
        if one.catches:
            findings.wrong.append(
                f"{_told(one)} fails closed and is asked for {listed(one.catches)}: once it is "
                "down, what would bring it back is refused"
            )
        elif one.perhaps:
            why = "its matchConditions or objectSelector decide it, object by object"
            findings.gap(f"whether {_told(one)} is asked for {listed(one.perhaps)}", why)
        else:
            findings.good.append(f"{_told(one)} is not asked for what it needs itself")
    return findings.outcome()


def authorities_last(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What the apiserver verifies a webhook by is valid, and is not about to expire."""
    if isinstance(facts.webhooks, NotAvailable):
        return not_covered("the webhooks", facts.webhooks)
    findings = Findings()
    for one in _closed(facts.webhooks, findings):
        _authorities(one, facts.collected, findings)
    return findings.outcome()


def _authorities(one: Webhook, now: datetime, findings: Findings) -> None:
    what, bundle = f"the caBundle of {_told(one)}", one.authorities
    if isinstance(bundle, NotAvailable):
        findings.gap(what, bundle)
        return
    if not bundle:
        goes = "is empty: the apiserver goes by the roots of its own machine"
        if one.service is None:
            findings.good.append(f"{what} {goes}")
        else:
            findings.gap(what, f"it {goes}")
        return
    read = [each for each in bundle if isinstance(each, Certificate)]
    if not read:
        why = listed(each.reason for each in bundle if isinstance(each, NotAvailable))
        findings.wrong.append(f"{what}, which fails closed, is of no use to the apiserver: {why}")
        return
    valid = [each for each in read if each.not_before <= now < each.not_after]
    lasting = [each for each in valid if each.not_after - now >= _needed(each)]
    last = max(lasting or valid or read, key=lambda each: each.not_after)
    if lasting:
        findings.good.append(f"{what} is valid until {last.not_after:%Y-%m-%d}")
    elif valid:
        findings.wrong.append(
            f"{what}, which fails closed, expires on {last.not_after:%Y-%m-%d %H:%M} UTC, and was "
            "not renewed in twenty-nine thirtieths of its time"
        )
    elif last.not_before > now:
        since = f"{last.not_before:%Y-%m-%d %H:%M}"
        findings.wrong.append(f"{what}, which fails closed, is not valid before {since} UTC")
    else:
        findings.wrong.append(
            f"{what}, which fails closed, expired on {last.not_after:%Y-%m-%d}: the API refuses "
            "all that it is asked about"
        )


def _needed(certificate: Certificate) -> timedelta:
    """How long it must be valid yet."""
    return min((certificate.not_after - certificate.not_before) / SHARE, ENOUGH)
