"""How those that elect a leader are told to, and what a clean end costs."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta

from chaos.cluster.facts import Component, Declared, Facts, NotAvailable
from chaos.conformance.leader_election import ELECTED
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import MANAGER, SCHEDULER, running, setting
from chaos.conformance.times import go_time, told

# client-go's own, by flag.
DEFAULTS = {
    "leader-elect-lease-duration": timedelta(seconds=15),
    "leader-elect-renew-deadline": timedelta(seconds=10),
    "leader-elect-retry-period": timedelta(seconds=2),
}
# client-go adds up to a fifth to the retry, so that not all try at once.
JITTER = 1.2
GATE = "ControllerManagerReleaseLeaderElectionLockOnExit"
# Since when each gives its lease up when it is told to end.
RELEASES = {SCHEDULER: (1, 20), MANAGER: (1, 36)}


def settings_are_sane(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Lease > renew > retry, short enough, the same on all, and as the lease has it."""
    findings = Findings()
    for name in ELECTED:
        by_value: dict[tuple[timedelta, ...], list[str]] = defaultdict(list)
        for one in running(name, facts, findings):
            unread = [t for f in DEFAULTS if isinstance(t := setting(one, f), NotAvailable)]
            if unread:
                findings.gap(f"the election of {name} on {one.node}", unread[0])
                continue
            by_value[_settings(one)].append(one.node)
        if len(by_value) > 1:
            each = "; ".join(f"{_text(v)} on {listed(on)}" for v, on in sorted(by_value.items()))
            findings.wrong.append(f"{name}'s settings differ: {each}")
        for values in by_value:
            _judge(name, values, facts, inventory, findings)
    return findings.outcome()


def _settings(one: Component) -> tuple[timedelta, ...]:
    said = {flag: setting(one, flag) for flag in DEFAULTS}
    texts = {flag: value if isinstance(value, str) else "" for flag, value in said.items()}
    return tuple(go_time(texts[flag]) or default for flag, default in DEFAULTS.items())


def _judge(
    name: str,
    values: tuple[timedelta, ...],
    facts: Facts,
    inventory: Declared,
    findings: Findings,
) -> None:
    lease, renew, retry = values
    longest, allowed = lease + retry * JITTER, inventory.objectives.service
    if lease <= renew:
        findings.wrong.append(f"{name}: {_text(values)}: it may act after its lease has ended")
    elif renew <= retry * JITTER:
        findings.wrong.append(f"{name}: {_text(values)}: one try that fails costs the lease")
    elif longest > allowed:
        findings.wrong.append(
            f"{name}: {_text(values)}: after a loss nobody leads for up to {told(longest)}, and "
            f"{told(allowed)} is allowed"
        )
    else:
        findings.good.append(f"{name}: {_text(values)}")
    if isinstance(facts.leases, NotAvailable):
        findings.gap(f"the lease {name}", facts.leases)
        return
    held = next((one for one in facts.leases.leases if one.name == name), None)
    if held and held.holder and held.duration != lease:
        findings.wrong.append(
            f"the lease {name} lasts {told(held.duration)}, and {told(lease)} is declared"
        )


def _text(values: tuple[timedelta, ...]) -> str:
    return "lease {}, renew {}, retry {}".format(*(told(value) for value in values))


def released_on_exit(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What its version can give up at a clean end, it does; and all of a kind do alike."""
    findings = Findings()
    versions = {}
    if isinstance(facts.versions, NotAvailable):
        findings.gap("the versions of those that elect a leader", facts.versions)
    else:
        versions = {(one.name, one.node): one.version for one in facts.versions}
    for name in ELECTED:
        by_way: dict[str, list[str]] = defaultdict(list)
        for one in running(name, facts, findings):
            match = re.match(r"v?(\d+)\.(\d+)\.", versions.get((name, one.node), ""))
            if match is None:
                findings.gap(f"{name} on {one.node}", "its version is not known")
                continue
            since = RELEASES[name]
            can = (int(match[1]), int(match[2])) >= since
            by_way[_way(one, can=can)].append(one.node)
        for way, on in by_way.items():
            switched = way.startswith(_OFF)
            where = f"{name} on {listed(on)} {way}"
            (findings.wrong if switched else findings.good).append(where)
        if len(by_way) > 1 and not findings.wrong:
            findings.wrong.append(f"{name} does not end alike everywhere: {listed(by_way)}")
    return findings.outcome()


_OFF = "is told to keep"


def _way(one: Component, *, can: bool) -> str:
    lease, _, retry = _settings(one)
    waits = f"the next leads after {told(lease)} to {told(lease + retry * JITTER)}"
    if one.name == SCHEDULER:
        return "gives its lease up at a clean end" if can else f"keeps its lease: {waits}"
    gates = dict(g.partition("=")[::2] for g in one.flags.get("feature-gates", "").split(","))
    if gates.get(GATE, "").lower() == "true":
        return "gives its lease up at a clean end"
    if can and gates.get(GATE, "").lower() == "false":
        return f"{_OFF} its lease at a clean end: {waits}"
    return f"keeps its lease at a clean end, as this version does: {waits}"
