"""Whether what should replace a machine would."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, not_covered


def would_replace(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Each MachineHealthCheck watches machines, and may replace one."""
    if isinstance(facts.replacing, NotAvailable):
        return not_covered("what replaces machines", facts.replacing)
    findings = Findings()
    for one in facts.replacing:
        who = f"MachineHealthCheck {one.name}"
        counts = f"{one.healthy} of {one.expected} machines are healthy"
        if one.paused:
            findings.wrong.append(f"{who} is paused: nothing is replaced")
        elif not one.expected:
            findings.wrong.append(f"{who} watches no machine")
        elif not one.allowed:
            findings.wrong.append(f"{who} may replace none now: {counts}")
        elif one.healthy < one.expected:
            findings.wrong.append(f"{who}: {counts}, and the others are not replaced yet")
        else:
            findings.good.append(f"{who}: {counts}")
    if not facts.replacing:
        findings.good.append("no MachineHealthCheck: the cluster declares no replacement")
    return findings.outcome()
