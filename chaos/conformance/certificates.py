"""Certificates, as they are shown and as they lie on disks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from chaos.cluster.facts import (
    Certificate,
    Declared,
    Facts,
    NotAvailable,
    ServedCertificate,
)
from chaos.conformance.certificate_expected import unasked
from chaos.conformance.certificate_files import unread
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

LEFT = timedelta(days=30)
APISERVER, ENDPOINT = "apiserver", "endpoint"


def live_certificates_name_the_balancer(facts: Facts, inventory: Declared) -> CheckOutcome:
    """What every apiserver shows, asked directly and through the balancer, names the balancer.

    Its address too, where it has one that stays.
    """
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        return not_covered("the apiservers' certificates", served)
    findings = Findings()
    wanted = [inventory.endpoint_name]
    if inventory.endpoint_address not in (None, inventory.endpoint_name):
        wanted.append(str(inventory.endpoint_address))
    for one in served:
        if one.what not in (APISERVER, ENDPOINT):
            continue
        if isinstance(one.certificate, NotAvailable):
            findings.gap(shown_by(one), one.certificate)
        elif missing := [name for name in wanted if not one.certificate.covers(name)]:
            names = listed((*one.certificate.names, *one.certificate.addresses))
            findings.wrong.append(
                f"{shown_by(one)} shows a certificate without {listed(missing)}: it is for {names}"
            )
        else:
            findings.good.append(f"{shown_by(one)} shows one for {listed(wanted)}")
    asked = {one.node for one in served if one.what == APISERVER}
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("whether that is every apiserver", facts.nodes)
    else:
        for node in facts.nodes:
            if is_control_plane(node) and node.name not in asked:
                findings.gap(f"the apiserver of {node.name}", "it was not asked")
    if not asked:
        findings.gap("the apiservers", "none was asked")
    return findings.outcome()


def certificates_last(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every certificate, live and on disk, is valid for more than 30 days yet."""
    findings = Findings()
    soonest: list[tuple[datetime, str]] = []
    for where, certificate in _all(facts, inventory):
        if isinstance(certificate, NotAvailable):
            findings.gap(where, certificate)
            continue
        soonest.append((certificate.not_after, where))
        left = certificate.not_after - facts.collected
        if certificate.not_before > facts.collected:
            since = f"{certificate.not_before:%Y-%m-%d %H:%M} UTC"
            findings.wrong.append(f"{where} is not valid before {since}")
        elif left <= timedelta(0):
            findings.wrong.append(f"{where} expired on {certificate.not_after:%Y-%m-%d}")
        elif left <= LEFT:
            findings.wrong.append(
                f"{where} expires on {certificate.not_after:%Y-%m-%d}, in {_days(left)}"
            )
    if soonest:
        when, where = min(soonest)
        findings.good.append(
            f"{counted(len(soonest), 'certificate')} looked at; the first to expire is {where}, "
            f"on {when:%Y-%m-%d}, in {_days(when - facts.collected)}"
        )
    return findings.outcome()


def _all(facts: Facts, inventory: Declared) -> Iterator[tuple[str, Certificate | NotAvailable]]:
    served = facts.served_certificates
    if isinstance(served, NotAvailable):
        yield "the live certificates", served
    else:
        for one in served:
            yield f"what {shown_by(one)} shows", one.certificate
    if not served:
        yield "the live certificates", NotAvailable("none was seen")
    yield from unasked(facts, inventory)
    for node, stored in facts.stored_certificates.items():
        if isinstance(stored, NotAvailable):
            yield f"the disk of {node}", stored
        else:
            for file in stored:
                yield f"{file.path} on {node}", file.certificate
    yield from unread(facts, control_plane=False)


def shown_by(one: ServedCertificate) -> str:
    """Whose it is that shows it, for a sentence."""
    if one.what == APISERVER:
        return f"the apiserver of {one.node or 'a machine not in the inventory'} ({one.address})"
    if one.what == ENDPOINT:
        return f"the endpoint ({one.address})"
    return f"{one.what} of {one.node or 'a machine not in the inventory'} ({one.address})"


def _days(left: timedelta) -> str:
    return counted(left.days, "day")
