"""What lies in etcd, as whoever takes its disk would read it."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable, StoredKeys
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

# Whatever else an owner encrypts, Secrets are always to be.
REQUIRED = "secrets"
_SHOWN = 12


def secrets_are_encrypted(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """The values of existing Secrets begin with `k8s:enc:` in etcd."""
    seen = facts.encryption
    if isinstance(seen, NotAvailable):
        return not_covered("the raw values in etcd", seen)
    findings = Findings()
    for keys in seen.resources:
        plain = [key for key in keys.looked_at if not key.encrypted]
        if not plain:
            if keys.looked_at:
                findings.good.append(f"{_looked(keys)} begin with k8s:enc:")
        elif keys.resource == REQUIRED:
            begins = plain[0].prefix[:_SHOWN]
            findings.wrong.append(
                f"{len(plain)} of {_looked(keys)} are not encrypted: "
                f"{listed((key.key for key in plain), most=3)}; the first begins with {begins}"
            )
        else:
            findings.good.append(f"{len(plain)} of {_looked(keys)} are plain, which is not judged")
        if keys.resource == REQUIRED and keys.by_name:
            findings.gap(f"the other {REQUIRED}", rest(keys))
    if not any(keys.resource == REQUIRED and keys.looked_at for keys in seen.resources):
        findings.gap("Secrets", "there is none in etcd to look at")
    return findings.outcome()


def rest(keys: StoredKeys) -> str:
    """Why what was looked at does not stand for all."""
    return f"of {keys.count} the first {len(keys.looked_at)} by name were looked at, not the oldest"


def _looked(keys: StoredKeys) -> str:
    of = f" of {keys.count}" if keys.count > len(keys.looked_at) else ""
    return f"{len(keys.looked_at)}{of} {keys.resource} looked at"
