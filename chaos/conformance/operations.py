"""What its owners have ready for the day on which it is needed, and when they last tried it."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.times import told

# The incidents of the sources' "Common Pitfalls & Troubleshooting" and "Recovery Procedures", and
# those of their case study and practice exercises.
INCIDENTS = (
    *("etcd-quorum", "apiserver-down", "certificates-expired", "load-balancer-down"),
    *("control-plane-replacement", "restore-from-backup", "zone-loss"),
)

# Where the sun rises first, today's date is tomorrow's in UTC.
ELSEWHERE = timedelta(days=1)


def runbooks_are_there(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """There is a page for each incident that the sources name."""
    if isinstance(facts.operations, NotAvailable):
        return not_covered("the runbooks", facts.operations)
    findings, there = Findings(), []
    by_incident = {one.incident: one for one in facts.operations.runbooks}
    for incident in INCIDENTS:
        runbook = by_incident.get(incident)
        if runbook is None:
            findings.wrong.append(f"there is no runbook for {incident}")
        elif isinstance(runbook.found, NotAvailable):
            findings.gap(f"the runbook for {incident}, {runbook.where}", runbook.found)
        elif not runbook.found:
            findings.wrong.append(f"the runbook for {incident} is not there: {runbook.where}")
        else:
            there.append(incident)
    if there:
        findings.good.append(f"a runbook for {listed(there)}")
    return findings.outcome()


def restore_was_tried(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A backup was restored not long ago."""
    return _tried(facts, inventory, "restore")


def failover_was_tried(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A failure was rehearsed not long ago."""
    return _tried(facts, inventory, "failover")


def renewal_was_tried(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Certificates were renewed, or that was rehearsed, not long ago."""
    return _tried(facts, inventory, "renewal")


def _tried(facts: Facts, inventory: Declared, drill: str) -> CheckOutcome:
    if isinstance(facts.operations, NotAvailable):
        return not_covered(f"the last drill {drill}", facts.operations)
    drills, limit = facts.operations.drills, inventory.objectives.drills
    if isinstance(drills, NotAvailable):
        return not_covered(f"the last drill {drill}", drills)
    findings = Findings()
    last = drills.get(drill)
    where = facts.operations.history
    if last is None:
        findings.wrong.append(f"{where} knows of no drill {drill} that went well")
    elif last - facts.collected > ELSEWHERE:
        findings.wrong.append(f"the last drill {drill} is in the future: {last:%Y-%m-%d}")
    elif facts.collected - last > limit:
        ago = told(facts.collected - last)
        findings.wrong.append(f"the last drill {drill} was {ago} ago: {told(limit)} are allowed")
    else:
        findings.good.append(f"drill {drill}: {last:%Y-%m-%d}, says {where}")
    return findings.outcome()
