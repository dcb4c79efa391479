"""The address that clients use: who holds it, who takes it over, and when."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import (
    Balancer,
    Declared,
    Facts,
    KeepalivedConfig,
    NotAvailable,
    VrrpInstance,
)
from chaos.conformance.machines import zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered
from chaos.conformance.times import told as _s

FEWEST = 2
# Of a cluster's own names: it would have to run before it could be found.
INSIDE = (".svc", ".cluster.local", ".cluster.local.")


def no_single_point(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Two balancers or more, not all in one zone, and each able to take the address."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the machines", facts.nodes)
    findings = Findings()
    at = inventory.endpoint_address
    alone = next((n for n in facts.nodes if at and n.address == at), None)
    if alone is not None:
        findings.wrong.append(f"the endpoint {at} is {alone.name} itself: it is lost with it")
        return findings.outcome()
    if isinstance(facts.balancers, NotAvailable):
        return not_covered("the balancers", facts.balancers)
    names = [balancer.node for balancer in facts.balancers]
    told = f"{counted(len(names), 'balancer')} ({listed(names)})"
    (findings.good if len(names) >= FEWEST else findings.wrong).append(told)
    zones = {zone_of(n) for n in facts.nodes if n.name in names} - {None}
    if len(names) >= FEWEST and len(zones) == 1:
        findings.wrong.append(f"all of them stand in the zone {next(iter(zones))}")
    elif len(zones) > 1:
        findings.good.append(f"they stand in the zones {listed(sorted(str(z) for z in zones))}")
    if at is None:
        return findings.outcome()
    for balancer in facts.balancers if len(names) >= FEWEST else ():
        if isinstance(balancer.keepalived, NotAvailable):
            findings.gap(f"whether {balancer.node} takes {at} over", balancer.keepalived)
        elif balancer.keepalived is None:
            why = "the inventory names no keepalived: nobody is known to move it"
            findings.gap(f"whether {balancer.node} takes {at} over", why)
        elif not any(at in one.addresses for one in balancer.keepalived.instances):
            findings.wrong.append(f"keepalived of {balancer.node} does not know {at}")
    return findings.outcome()


def one_holder(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The endpoint's address is on exactly one balancer."""
    if isinstance(facts.balancers, NotAvailable):
        return not_covered("who holds the address", facts.balancers)
    at, findings = inventory.endpoint_address, Findings()
    if at is None:
        return not_covered("who holds the address", "the endpoint has no fixed address")
    holders = [b.node for b in facts.balancers if b.holds_address is True]
    for balancer in facts.balancers:
        if isinstance(balancer.holds_address, NotAvailable):
            findings.gap(f"whether {balancer.node} holds {at}", balancer.holds_address)
    if len(holders) > 1:
        findings.wrong.append(f"{listed(holders)} all hold {at}: who answers is chance")
    elif holders:
        findings.good.append(f"{holders[0]} holds {at}, and nobody else")
    elif not findings.gaps:
        findings.wrong.append(f"no balancer holds {at}")
    return findings.outcome()


def _moved(
    facts: Facts, inventory: Declared, findings: Findings
) -> Iterator[tuple[Balancer, KeepalivedConfig, VrrpInstance]]:
    """The instances that move the endpoint's address; what cannot be seen is noted."""
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return
    at = inventory.endpoint_address
    if at is None:
        findings.gap("who moves the address", "the endpoint has no fixed address")
        return
    for balancer in facts.balancers:
        config = balancer.keepalived
        if config is None or isinstance(config, NotAvailable):
            why = config or "the inventory names no configuration of it"
            findings.gap(f"keepalived of {balancer.node}", why)
            continue
        mine = [one for one in config.instances if at in one.addresses]
        if not mine:
            findings.wrong.append(f"keepalived of {balancer.node} does not know {at}")
        for instance in mine:
            yield balancer, config, instance


def moves_in_time(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Who takes the address over does so in time, by keepalived's settings."""
    findings, budget = Findings(), inventory.objectives.service
    for balancer, config, instance in _moved(facts, inventory, findings):
        skew = (256 - instance.priority) / 256 * instance.advert
        power = 3 * instance.advert + skew
        times = [power]
        for script in config.scripts:
            if script.name in instance.scripts:
                # One may just have gone well; then comes each failure, and its time.
                check = script.timeout or script.interval
                times.append(script.fall * (script.interval + check) + power)
        told = (
            f"{balancer.node}: {_s(power)} after its holder falls silent, {_s(max(times))} at most "
            f"after its scripts find it sick (advert {_s(instance.advert)})"
        )
        if max(times) > budget:
            findings.wrong.append(f"{told}; {_s(budget)} are allowed")
        else:
            findings.good.append(told)
    return findings.outcome()


def holder_is_watched(facts: Facts, inventory: Declared) -> CheckOutcome:
    """keepalived asks whether the balancer on its machine works, not only whether it is there."""
    findings = Findings()
    for balancer, config, instance in _moved(facts, inventory, findings):
        known = {script.name for script in config.scripts}
        heeded = [name for name in instance.scripts if name in known]
        unknown = [name for name in instance.scripts if name not in known]
        where = f"{balancer.node}, instance {instance.name}"
        if unknown:
            findings.wrong.append(f"{where}: there is no script {listed(unknown)}")
        elif not heeded:
            findings.wrong.append(f"{where}: no script: it keeps the address with HAProxy dead")
        else:
            findings.good.append(f"{where} heeds {listed(heeded)}")
    return findings.outcome()


def outside_the_cluster(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The endpoint is no Service of the very cluster whose API it leads to."""
    name, at = inventory.endpoint_name, inventory.endpoint_address
    findings = Findings()
    if name.endswith(INSIDE):
        findings.wrong.append(f"{name} is a name of the cluster's own DNS")
    if isinstance(facts.services, NotAvailable):
        findings.gap("the cluster's Services", facts.services)
        return findings.outcome()
    mine = [service for service in facts.services if {at, name} & set(service.addresses)]
    for service in mine:
        findings.wrong.append(
            f"{at or name} is an address of the Service {service} ({service.kind}): without the "
            "API nobody brings it back, and without it nobody reaches the API"
        )
    if not mine:
        many = counted(len(facts.services), "Service")
        findings.good.append(f"{at or name} is an address of none of {many}")
    return findings.outcome()
