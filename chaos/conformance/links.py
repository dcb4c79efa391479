"""Over how many links machines reach the network."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, NotAvailable
from chaos.conformance.node_services import asked
from chaos.conformance.outcome import CheckOutcome, Findings, listed

ENOUGH = 2


def paths_are_redundant(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No machine's way out hangs on one link, and no link of a bond is down."""
    findings, good = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=False):
        found, what = machine.uplinks, f"over which links {node.name} is reached"
        if isinstance(found, NotAvailable):
            findings.gap(what, found)
        elif found.virtual is None:
            findings.gap(what, "whether it is a virtual machine was not told")
        elif found.virtual:
            findings.gap(what, f"it is virtual ({found.virtual}): its network is its host's")
        elif not found.routes:
            findings.gap(what, "it has no default route")
        elif not found.links:
            findings.gap(what, f"no network card is seen below {listed(found.routes)}")
        elif down := [
            f"{one.name} of {one.team}" for one in found.links if one.team and not one.up
        ]:
            findings.wrong.append(f"{node.name}: down: {listed(down)}")
        elif len(up := [one.name for one in found.links if one.up]) < ENOUGH:
            over = f"{listed(up)} alone" if up else "no link that is up"
            findings.wrong.append(f"{node.name}: its default route leads over {over}")
        else:
            good.append(f"{node.name} ({listed(up)})")
    if good:
        findings.good.append(f"two links or more are up: {listed(good)}")
    return findings.outcome()
