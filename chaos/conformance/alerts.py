"""Whether somebody is told of what the sources say must be told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from chaos.cluster.facts import AlertRule, Declared, Facts, MonitoringFacts, NotAvailable
from chaos.cluster.promql import Selector, selectors
from chaos.conformance import subjects
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.subjects import Subject
from chaos.conformance.times import told

# Prometheus evaluates once a minute by default: several must have been missed.
STALE, MISSED = timedelta(minutes=5), 3
# The sources wait 5 min for an apiserver; kube-prometheus, whose rules most have, waits 15.
LONGEST = timedelta(minutes=15)


def api_down(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """An apiserver that is down is told, and one that is no longer scraped as well."""
    return _told(facts, subjects.API, missing=True, longest=LONGEST)


def no_leader(facts: Facts, inventory: Declared) -> CheckOutcome:
    """An etcd without a leader is told."""
    return of_etcd(inventory, subjects.LEADER.what) or _told(
        facts, subjects.LEADER, longest=LONGEST
    )


def member_down(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A member of etcd that is down is told: the others still have a leader."""
    return of_etcd(inventory, subjects.MEMBER.what) or _told(facts, subjects.MEMBER)


def balancer_down(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A balancer that is down is told: the other still serves."""
    what = subjects.BALANCER.what
    if inventory.balancers == "other":
        return not_covered(what, "load_balancers.kind is other, which is not looked into")
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("which machines there are", facts.nodes)
    if not any("load-balancer" in node.roles for node in facts.nodes):
        return not_covered(what, "no machine has one")
    return _told(facts, subjects.BALANCER)


def failed_requests(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Requests to etcd that fail are told."""
    return of_etcd(inventory, subjects.REQUESTS.what) or _told(facts, subjects.REQUESTS)


def certificates(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Certificates that are about to expire are told."""
    return _told(facts, subjects.EXPIRY)


def backups(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Backups that are too old are told, and so is it when nobody knows of any."""
    return of_etcd(inventory, subjects.OLD_BACKUPS.what) or _told(
        facts, subjects.OLD_BACKUPS, missing=True
    )


def node_not_ready(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A node that is not Ready is told."""
    return _told(facts, subjects.NOT_READY)


def of_etcd(inventory: Declared, what: str) -> CheckOutcome | None:
    """The outcome where somebody else runs etcd, and sees to it."""
    if inventory.managed:
        return not_covered(what, f"{inventory.managed} runs etcd, out of sight")
    if inventory.etcd_topology is None:
        return not_covered(what, "the inventory has no section etcd: somebody else runs it")
    return None


def _told(
    facts: Facts, subject: Subject, *, missing: bool = False, longest: timedelta | None = None
) -> CheckOutcome:
    """Whether a rule for this exists, is evaluated, and finds series.

    Args:
        missing: whether it must also be told that the series are gone.
        longest: what a rule may wait before it alerts.
    """
    known = facts.monitoring
    if isinstance(known, NotAvailable):
        return not_covered(f"whether {subject.what} would be told", known)
    findings, sound, unsound, gaps = Findings(), [], [], []
    rules = rules_about(known, subject.told)
    for rule in rules:
        wrong, unknown = _looked_at(rule, known, subject, longest)
        if wrong:
            unsound.append(f"the rule {rule.name} {listed(wrong)}")
        elif unknown:
            gaps += [(f"whether the rule {rule.name} finds {text}", why) for text, why in unknown]
        else:
            sound.append(rule.name)
    misses = rules_about(known, subject.missed)
    if sound:
        findings.good.append(f"{subject.what}: {_names(sound)}")
        findings.good += [f"beside it, of no use: {one}" for one in unsound]
    elif gaps:
        for what, why in gaps:
            findings.gap(what, why)
    elif unsound:
        findings.wrong += unsound
    else:
        only = _names(rule.name for rule in misses)
        more = f": {only} only tells when nothing is left" if only else ""
        findings.wrong.append(f"no rule alerts on {subject.what}{more}")
    if missing and rules and not any(not _ill(rule, known, longest) for rule in misses):
        names = _names([*sound, *(rule.name for rule in rules)])
        findings.wrong.append(f"{names}: without absent() nobody is told when the target is gone")
    return findings.outcome()


def rules_about(
    known: MonitoringFacts, is_it: Callable[[Selector, MonitoringFacts], bool]
) -> list[AlertRule]:
    """The rules that have a selector which is it."""
    return [rule for rule in known.rules if any(is_it(one, known) for one in selectors(rule.query))]


def _names(names: Iterable[str]) -> str:
    return listed(dict.fromkeys(names))


def _looked_at(
    rule: AlertRule, known: MonitoringFacts, subject: Subject, longest: timedelta | None
) -> tuple[list[str], list[tuple[str, NotAvailable]]]:
    """Why a rule does not alert, and what could not be asked for; nothing where it does.

    Of alternatives with `or` between them one that tells is enough.
    """
    ill = list(_ill(rule, known, longest))
    found = selectors(rule.query)
    branches = dict.fromkeys(one.branch for one in found if subject.told(one, known))
    gone: list[str] = []
    unknown: list[tuple[str, NotAvailable]] = []
    for branch in branches:
        asked = [
            (one.text, rule.series.get(one.text, 0))
            for one in found
            if one.branch == branch and not one.absent and not one.spared
        ]
        here = [text for text, count in asked if count == 0]
        unsure = [(text, why) for text, why in asked if isinstance(why, NotAvailable)]
        if not here and not unsure:
            return ill, []
        gone += here
        unknown += unsure if not here else []
    if unknown:
        return ill, unknown
    told_of = (
        f"looks at {text}, and there is no such series: it can never alert"
        for text in dict.fromkeys(gone)
    )
    return [*ill, *told_of], []


def _ill(rule: AlertRule, known: MonitoringFacts, longest: timedelta | None) -> list[str]:
    """What keeps a rule from alerting in time, whatever it looks at."""
    found = []
    stale = max(STALE, MISSED * rule.interval) if rule.interval else STALE
    if rule.health == "err":
        found.append(f"fails: {rule.error or 'it does not say why'}")
    elif rule.evaluated is None or rule.health != "ok":
        found.append("was never evaluated")
    elif known.at - rule.evaluated > stale:
        found.append(f"was last evaluated {told(known.at - rule.evaluated)} ago")
    if longest and rule.duration and rule.duration > longest:
        found.append(f"waits {told(rule.duration)} before it alerts: {told(longest)} are enough")
    return found
