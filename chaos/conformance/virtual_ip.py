"""The address that clients use: who holds it, who takes it over, and when."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import (
    Balancer,
    Declared,
    Facts,
    KeepalivedConfig,
    NodeFact,
    NotAvailable,
    VrrpInstance,
)
from chaos.conformance.endpoint_name import is_address
from chaos.conformance.machines import zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

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
    if len(names) >= FEWEST:
        _apart([n for n in facts.nodes if n.name in names], findings)
    if at is None:
        return findings.outcome()
    for balancer in facts.balancers if len(names) >= FEWEST else ():
        if isinstance(balancer.keepalived, NotAvailable):
            findings.gap(f"whether {balancer.node} takes {at} over", balancer.keepalived)
        elif balancer.keepalived is None:
            why = "the inventory names no keepalived: nobody is known to move it"
            findings.gap(f"whether {balancer.node} takes {at} over", why)
        elif not instances_of(balancer.keepalived, at):
            _unknown(findings, balancer, balancer.keepalived, at)
    return findings.outcome()


def _apart(machines: list[NodeFact], findings: Findings) -> None:
    """Note in which zones balancers stand, and whether one machine carries them all."""
    hosts = {node.host for node in machines}
    if len(hosts) == 1 and None not in hosts:
        findings.wrong.append(f"all of them stand on the host {next(iter(hosts))}")
    zones = {zone for node in machines if (zone := zone_of(node))}
    unknown = [node.name for node in machines if not zone_of(node)]
    if len(zones) > 1:
        findings.good.append(f"they stand in the zones {listed(sorted(zones))}")
    elif zones and unknown:
        why = f"the inventory names none, and the others stand in {next(iter(zones))}"
        findings.gap(f"the zone of {listed(unknown)}", why)
    elif zones:
        findings.wrong.append(f"all of them stand in the zone {next(iter(zones))}")


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


def moved(
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
        mine = instances_of(config, at)
        if not mine:
            _unknown(findings, balancer, config, at)
        for instance in mine:
            yield balancer, config, instance


def _unknown(findings: Findings, balancer: Balancer, config: KeepalivedConfig, at: str) -> None:
    """Note that a configuration has not got the address, if all of it could be read."""
    macros = [a for one in config.instances for a in one.addresses if "$" in a]
    if config.includes or macros:
        unread = listed([*config.includes, *macros])
        findings.gap(f"whether keepalived of {balancer.node} has {at}", f"not read: {unread}")
    else:
        findings.wrong.append(f"keepalived of {balancer.node} does not know {at}")


def instances_of(config: KeepalivedConfig, at: str) -> list[VrrpInstance]:
    """The instances that move this address."""
    return [one for one in config.instances if at in one.addresses]


def _resolved(facts: Facts) -> set[str]:
    """What the endpoint's name leads to, by all machines that told it."""
    answers = [
        answer
        for machine in facts.machines.values()
        if not isinstance(machine, NotAvailable) and not isinstance(machine.resolved, NotAvailable)
        for answer in machine.resolved
    ]
    return {address for answer in answers for address in answer.addresses}


def outside_the_cluster(facts: Facts, inventory: Declared) -> CheckOutcome:
    """The endpoint is no Service of the very cluster whose API it leads to."""
    name, at = inventory.endpoint_name, inventory.endpoint_address
    findings = Findings()
    if name.endswith(INSIDE):
        findings.wrong.append(f"{name} is a name of the cluster's own DNS")
    if isinstance(facts.services, NotAvailable):
        findings.gap("the cluster's Services", facts.services)
        return findings.outcome()
    found = _resolved(facts)
    if at is None and not found and not is_address(name) and not inventory.managed:
        findings.gap(f"where {name} leads", "no machine told what it resolves to")
        return findings.outcome()
    mine = [one for one in facts.services if {at, name, *found} & set(one.addresses)]
    for service in mine:
        findings.wrong.append(
            f"{at or name} is an address of the Service {service} ({service.kind}): without the "
            "API nobody brings it back, and without it nobody reaches the API"
        )
    if not mine:
        many = counted(len(facts.services), "Service")
        findings.good.append(f"{at or name} is an address of none of {many}")
    return findings.outcome()
