"""The services that make a machine a node or a balancer."""

from __future__ import annotations

from collections.abc import Iterator

from chaos.cluster.facts import Declared, Facts, Machine, NodeFact, NotAvailable, Unit
from chaos.conformance.outcome import CheckOutcome, Findings, listed

# Its service, by the name that a runtime gives itself.
RUNTIMES = {"containerd": "containerd", "cri-o": "crio", "docker": "docker"}
RESTARTED = ("always", "on-failure", "on-abnormal", "on-abort", "on-watchdog")
# What starts at a boot, or is started by what does.
STARTS = ("enabled", "enabled-runtime", "static", "indirect", "generated", "alias")


def asked(
    facts: Facts, findings: Findings, *, kubernetes: bool
) -> Iterator[tuple[NodeFact, Machine]]:
    """The machines that told of themselves; those that did not are noted.

    Args:
        kubernetes: only those that the API has as nodes, else all that the inventory has.
    """
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("which machines there are", facts.nodes)
        return
    for node in facts.nodes:
        if kubernetes and node.kubernetes is None:
            continue
        missing = "it was not asked" if node.declared else "the inventory does not have it"
        machine = facts.machines.get(node.name, NotAvailable(missing))
        if isinstance(machine, NotAvailable):
            findings.gap(node.name, machine)
        else:
            yield node, machine


def nodes_run(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """kubelet and the container runtime start at a boot, run, and are started again."""
    findings, good = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=True):
        if isinstance(machine.units, NotAvailable):
            findings.gap(f"the services of {node.name}", machine.units)
            continue
        # What kubelet says that it uses; another may be left over.
        used = RUNTIMES.get(node.kubernetes.runtime.partition(":")[0]) if node.kubernetes else None
        names = (used,) if used else tuple(RUNTIMES.values())
        runtime = next((u for u in machine.units if u.name in names), None)
        units = {"kubelet": machine.unit("kubelet"), "container runtime": runtime}
        wrong = [
            f"{node.name} has no unit of its {what}" if unit is None else f"{node.name}: {why}"
            for what, unit in units.items()
            if unit is None or (why := unsound(unit, restarted=True))
        ]
        findings.wrong += wrong
        if not wrong and runtime:
            good.append(f"{node.name} ({runtime.name})")
    if good:
        findings.good.append(f"kubelet and the runtime are enabled, run, restart: {listed(good)}")
    return findings.outcome()


def unsound(unit: Unit, *, restarted: bool) -> str:
    """What is wrong with a unit that must always run; empty if nothing is."""
    what = []
    if unit.enabled not in STARTS:
        what.append(f"is {unit.enabled or 'not enabled'}: it does not start at a boot")
    if not unit.active:
        what.append("does not run")
    if restarted and unit.restart not in RESTARTED:
        what.append(f"has Restart={unit.restart or 'no'}: once it fails it stays away")
    return f"{unit.name} {' and '.join(what)}" if what else ""


def balancers_run(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """HAProxy and keepalived start at a boot and run; HAProxy is started again."""
    findings = Findings()
    if isinstance(facts.balancers, NotAvailable):
        findings.gap("the balancers", facts.balancers)
        return findings.outcome()
    for balancer in facts.balancers:
        machine = facts.machines.get(balancer.node, NotAvailable("it was not asked"))
        units = machine if isinstance(machine, NotAvailable) else machine.units
        if isinstance(units, NotAvailable):
            findings.gap(f"the services of {balancer.node}", units)
            continue
        by_name = {unit.name: unit for unit in units}
        wanted = ["haproxy"] + ([] if balancer.keepalived is None else ["keepalived"])
        sound = []
        for name in wanted:
            unit = by_name.get(name)
            if unit is None:
                findings.gap(f"{name} on {balancer.node}", "systemd has no unit of that name")
            elif why := unsound(unit, restarted=name == "haproxy"):
                findings.wrong.append(f"{balancer.node}: {why}")
            else:
                sound.append(name)
        if sound:
            findings.good.append(f"{balancer.node}: {listed(sound)} enabled and running")
    return findings.outcome()
