"""Whether snapshots are taken again and again, and the last ones came to a good end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chaos.cluster.facts import BackupSchedule, Declared, Facts, NotAvailable
from chaos.conformance.backup_stores import SOMEBODY_ELSE
from chaos.conformance.backups import age_of
from chaos.conformance.outcome import CheckOutcome, Findings, not_covered


def are_scheduled(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Something takes them by itself, and is switched on, on every machine that has it."""
    if inventory.etcd_topology is None:
        return not_covered("snapshots", SOMEBODY_ELSE)
    findings = Findings()
    seen = False
    for where, one in _each(facts, findings):
        seen = True
        if one.on:
            findings.good.append(f"{one.kind} {one.name}{where} takes them")
        else:
            findings.wrong.append(f"{one.kind} {one.name}{where} is switched off")
    if not seen and not findings.gaps:
        findings.wrong.append("no timer, no cron and no CronJob takes a snapshot of etcd")
    elif not seen:
        findings.gap("what takes snapshots", "nothing was found where one could look")
    if seen:
        # Where one was found, a machine that could not be looked at may or may not have another.
        findings.good += findings.gaps
        findings.gaps.clear()
    return findings.outcome()


def ended_well(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The last run of each is recent, and ended well."""
    if inventory.etcd_topology is None:
        return not_covered("snapshots", SOMEBODY_ELSE)
    limit = inventory.backup_max_age
    findings = Findings()
    seen = False
    for where, one in _each(facts, findings):
        seen = True
        who = f"{one.kind} {one.name}{where}"
        if one.last is None and one.kind == "cron":
            findings.gap(who, "cron does not tell how its jobs end")
        elif one.last is None:
            _never(who, facts, limit, findings)
        elif not one.result:
            findings.good.append(f"{who} ran {age_of(one.last)} ago; how it ended is not kept")
        elif one.result != "success":
            findings.wrong.append(f"{who} ran {age_of(one.last)} ago, and failed: {one.result}")
        elif limit is not None and one.last > limit:
            findings.wrong.append(
                f"{who} last ran {age_of(one.last)} ago, and {age_of(limit)} is allowed"
            )
        else:
            findings.good.append(f"{who} ran {age_of(one.last)} ago, and ended well")
    if not seen and not findings.gaps:
        findings.wrong.append("nothing takes snapshots, so nothing ever ended well")
    return findings.outcome()


def _never(who: str, facts: Facts, limit: timedelta | None, findings: Findings) -> None:
    """One that never ran is wrong only once it should have."""
    if isinstance(facts.created, NotAvailable):
        findings.gap(f"the last run of {who}", "it never ran, and the cluster's age is not known")
    elif limit is not None and facts.collected - facts.created <= limit:
        old = age_of(facts.collected - facts.created)
        findings.good.append(f"{who} has not run yet, and the cluster is {old} old")
    else:
        findings.wrong.append(f"{who} has never run")


def _each(facts: Facts, findings: Findings) -> Iterator[tuple[str, BackupSchedule]]:
    for node, schedules in facts.schedules.items():
        where = f" on {node}" if node else ""
        if isinstance(schedules, NotAvailable):
            findings.gap(f"what takes snapshots{where or ' in the cluster'}", schedules)
        else:
            for one in schedules:
                yield where, one
    if not facts.schedules:
        findings.gap("what takes snapshots", "nobody looked for it")
