"""Authorities, and the keys that all control planes must share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from chaos.cluster.facts import Certificate, Declared, Facts, KeyFile, NotAvailable
from chaos.conformance.certificate_files import unread
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed

LEFT = timedelta(days=365)
SHARED = ("pki/ca", "pki/front-proxy-ca", "pki/etcd/ca")


def last_a_year(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every authority on a disk is valid for more than a year yet."""
    findings = Findings()
    found: dict[str, tuple[Certificate, list[str]]] = {}
    for where, certificate in _stored(facts, findings):
        if certificate.authority:
            found.setdefault(certificate.sha256, (certificate, []))[1].append(where)
    for certificate, places in found.values():
        left = certificate.not_after - facts.collected
        on = listed(sorted(places), most=3)
        told = f"{certificate.subject} ({on}) expires on {certificate.not_after:%Y-%m-%d}"
        if left <= LEFT:
            findings.wrong.append(f"{told}, in {counted(max(left.days, 0), 'day')}")
        else:
            findings.good.append(told)
    if not found:
        findings.gap("authorities", "none was seen")
    return findings.outcome()


def are_equal(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """All control planes have the same authorities, with the keys that belong to them."""
    findings = Findings()
    for what in SHARED:
        by_key: dict[str, list[str]] = defaultdict(list)
        lacking: dict[str, tuple[list[str], list[str]]] = {".crt": ([], []), ".key": ([], [])}
        for node, files in _keys(facts, findings if what == SHARED[0] else Findings()):
            held = _pair(what, node, files, facts, by_key, findings)
            for end, (have, have_not) in lacking.items():
                (have if end in held else have_not).append(node)
        for end, (have, have_not) in lacking.items():
            # All without a key: it is kept elsewhere, and signs from there.
            if have and have_not:
                told = f"there is no {what}{end} on {listed(have_not)}"
                findings.wrong.append(f"{told}, and there is on {listed(have)}")
        _one(f"the key of {what}.crt", by_key, findings)
    if not findings.good and not findings.wrong:
        findings.gap("authorities", "no control plane has the key of one")
    return findings.outcome()


def _pair(
    what: str,
    node: str,
    files: tuple[KeyFile, ...],
    facts: Facts,
    by_key: dict[str, list[str]],
    findings: Findings,
) -> set[str]:
    """A control plane's authority: the certificate's key, and the file with the private one.

    Returns:
        Which of the two files are there, by the end of the name; both where that is not known.
    """
    stored = facts.stored_certificates.get(node)
    unseen = stored is None or isinstance(stored, NotAvailable)
    if unseen:
        why = stored if isinstance(stored, NotAvailable) else "its disk was not looked at"
        findings.gap(f"{what}.crt on {node}", why)
    mine = () if stored is None or isinstance(stored, NotAvailable) else stored
    there = {".crt"} if unseen or any(one.path.endswith(f"/{what}.crt") for one in mine) else set()
    shown = [
        one.certificate.key
        for one in mine
        if one.path.endswith(f"/{what}.crt") and isinstance(one.certificate, Certificate)
    ]
    kept = [one for one in files if one.path.endswith(f"/{what}.key")]
    for one in kept:
        if isinstance(one.public, NotAvailable):
            findings.gap(f"{one.path} on {node}", one.public)
        elif shown and one.public not in shown:
            findings.wrong.append(f"{one.path} on {node} does not fit the certificate beside it")
    fitting = [key for key in shown if any(one.public == key for one in kept)]
    # Of several, as while one takes another's place, the one that signs.
    for key in (fitting or shown)[:1]:
        by_key[key].append(node)
    return there | ({".key"} if kept else set())


def service_account_keys_are_equal(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """All control planes sign and check tokens with one key."""
    findings = Findings()
    by_key: dict[str, list[str]] = defaultdict(list)
    for node, files in _keys(facts, findings):
        mine = [one for one in files if one.path.endswith(("/sa.key", "/sa.pub"))]
        for one in mine:
            if isinstance(one.public, NotAvailable):
                findings.gap(f"{one.path} on {node}", one.public)
            else:
                by_key[one.public].append(f"{one.path.rpartition('/')[2]} on {node}")
        if not any(one.path.endswith("/sa.key") for one in mine):
            findings.gap(f"the key of service accounts on {node}", "there is no sa.key")
    _one("the key of service accounts", by_key, findings)
    return findings.outcome()


def private_keys_are_private(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Nobody but root may read a private key."""
    findings = Findings()
    count = 0
    for node, files in _keys(facts, findings, everywhere=True):
        for one in files:
            if not one.path.endswith((".key", "key.pem")):
                continue
            count += 1
            if int(one.mode, 8) & 0o077:
                findings.wrong.append(f"{one.path} on {node} has the mode {one.mode}")
            elif one.owner not in ("root", "etcd"):
                findings.wrong.append(f"{one.path} on {node} belongs to {one.owner}")
    if count and not findings.wrong:
        findings.good.append(f"{counted(count, 'private key')}, for root alone")
    elif not count:
        findings.gap("private keys", "none was seen")
    return findings.outcome()


def _one(what: str, by_key: dict[str, list[str]], findings: Findings) -> None:
    if len(by_key) > 1:
        told = "; ".join(f"{key[:12]}: {listed(on)}" for key, on in sorted(by_key.items()))
        findings.wrong.append(f"{what} is not one: {told}")
    elif by_key:
        ((key, on),) = by_key.items()
        findings.good.append(f"{what} ({key[:12]}) is one: {listed(on)}")


def _keys(
    facts: Facts, findings: Findings, *, everywhere: bool = False
) -> Iterator[tuple[str, tuple[KeyFile, ...]]]:
    """The keys on each control plane's disk; everywhere: on etcd's own machines as well."""
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    planes = {n.name for n in nodes if is_control_plane(n)}
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("which machines are control planes", facts.nodes)
    for node in sorted(planes - set(facts.keys)):
        findings.gap(f"the keys on {node}", "it was not asked")
    for node, files in facts.keys.items():
        if node not in planes and not everywhere:
            continue
        if isinstance(files, NotAvailable):
            findings.gap(f"the keys on {node}", files)
        else:
            yield node, files
    if not facts.keys and not planes:
        findings.gap("keys", "no control plane can be looked at")


def _stored(facts: Facts, findings: Findings) -> Iterator[tuple[str, Certificate]]:
    """All in files of authorities, and of each other file the first.

    What stands behind that is no authority that anybody goes by: a kubelet's own, say.
    """
    for node, files in facts.stored_certificates.items():
        if isinstance(files, NotAvailable):
            findings.gap(f"the disk of {node}", files)
            continue
        seen: set[str] = set()
        for one in files:
            if isinstance(one.certificate, NotAvailable):
                findings.gap(f"{one.path} on {node}", one.certificate)
            elif one.of_authorities or one.path not in seen:
                yield f"{one.path} on {node}", one.certificate
            seen.add(one.path)
    for where, why in unread(facts, control_plane=True):
        findings.gap(where, why)
