"""Whether what is promised was kept, as far back as there are samples."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable, Objective
from chaos.conformance.alerts import of_etcd
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.times import told

# What may be unseen of the time: 7 h of 30 days. A Prometheus that is updated or moved is away for
# minutes; one that goes down with what it watches, for as long as that does.
UNSEEN = 0.01
API, LEADER, POD_START = "api", "etcd leader", "pod start"


def api_was_there(facts: Facts, inventory: Declared) -> CheckOutcome:
    """An apiserver was there for the promised part of the time."""
    return _kept(facts, API, inventory.objectives.api)


def etcd_had_a_leader(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Every member of etcd had a leader for the promised part of the time."""
    return of_etcd(inventory, f"the objective {LEADER}") or _kept(
        facts, LEADER, inventory.objectives.etcd_leader
    )


def pods_started_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """95 of 100 Pods started within the promised time."""
    limit = inventory.objectives.pod_start.total_seconds()
    return _kept(facts, POD_START, limit, most=True)


def _unsure(measured: Objective, promised: float) -> bool:
    """Whether so much was not seen that it may not have been kept."""
    if measured.seen is None or not isinstance(measured.value, float):
        return False
    least = measured.value * measured.seen
    return 1 - measured.seen > UNSEEN and least < promised


def _kept(facts: Facts, name: str, promised: float, *, most: bool = False) -> CheckOutcome:
    known = facts.monitoring
    if isinstance(known, NotAvailable):
        return not_covered(f"the objective {name}", known)
    findings = Findings()
    measured = next((one for one in known.objectives if one.name == name), None)
    if measured is None:
        findings.gap(f"the objective {name}", "Prometheus was not asked for it")
    elif isinstance(measured.value, NotAvailable):
        findings.gap(f"the objective {name}", measured.value)
    elif measured.value is None:
        findings.wrong.append(f"{name}: `{measured.query}` finds nothing: nobody measures it")
    else:
        over = f" over {told(measured.window)}" if measured.window else ""
        unit = " s" if most else ""
        what = f"{name}: {measured.value:.6g}{unit}{over}, promised {promised:.6g}{unit}"
        kept = measured.value <= promised if most else measured.value >= promised
        if not kept or not _unsure(measured, promised):
            (findings.good if kept else findings.wrong).append(what)
        else:
            findings.gap(what, f"of {1 - (measured.seen or 0):.2%} of it there is no sample")
        if measured.seen is not None:
            findings.good.append(f"there are samples of {measured.seen:.2%} of that time")
        if measured.each:
            shares = (f"{name} {share:.6g}" for name, share in sorted(measured.each.items()))
            findings.good.append(f"each by itself: {listed(shares)}")
    return findings.outcome()
