"""The nodes, as the API has them."""

from __future__ import annotations

from collections import Counter

from chaos.cluster.facts import Declared, Facts, KubernetesNode, NodeFact, NotAvailable
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
# With at most so many times the workers in one zone as in another, any of three zones takes no more
# than half of all with it.
UNEVEN = 2
OUTSIDE = {"load-balancer", "etcd"}


def _known(facts: Facts) -> list[tuple[NodeFact, KubernetesNode]]:
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    return [(node, node.kubernetes) for node in nodes if node.kubernetes is not None]


def nodes_are_ready(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every machine that is to be a node is one, and is Ready."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings, good = Findings(), []
    for node in facts.nodes:
        if node.kubernetes is None:
            if set(node.roles) - OUTSIDE:
                findings.wrong.append(f"the API has no node {node.name}")
        elif not node.kubernetes.ready:
            findings.wrong.append(f"{node.name} is not Ready")
        else:
            good.append(node.name)
    if good:
        findings.good.append(f"{counted(len(good), 'node')} Ready: {listed(good)}")
    return findings.outcome()


def nodes_have_no_pressure(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No node lacks memory, disk, processes or its network."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings, good = Findings(), []
    for node, known in _known(facts):
        if not known.conditions:
            findings.gap(f"the conditions of {node.name}", "it told none")
            continue
        pressed = [
            f"{name} {known.conditions[name]}"
            for name in PRESSURES
            if known.conditions.get(name, "False") != "False"
        ]
        if pressed:
            findings.wrong.append(f"{node.name}: {listed(pressed)}")
        else:
            good.append(node.name)
    if good:
        findings.good.append(f"nothing is short on {listed(good)}")
    return findings.outcome()


def nodes_are_labelled(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every node has a zone and a host name among its labels, and the zone is the inventory's."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings, zones = Findings(), Counter[str]()
    for node, known in _known(facts):
        if missing := [key for key in (ZONE, HOST) if not known.labels.get(key)]:
            findings.wrong.append(f"{node.name} has no label {listed(missing)}")
        elif node.zone and known.labels[ZONE] != node.zone:
            findings.wrong.append(
                f"{node.name} stands in {node.zone} by the inventory, and its label says "
                f"{known.labels[ZONE]}"
            )
        else:
            zones[known.labels[ZONE]] += 1
    if zones:
        told = listed(f"{zone} {count}" for zone, count in sorted(zones.items()))
        findings.good.append(f"nodes by their label of the zone: {told}")
    return findings.outcome()


def nodes_are_schedulable(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No node was cordoned and forgotten."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    cordoned = [node.name for node, known in _known(facts) if not known.schedulable]
    if cordoned:
        findings.wrong.append(f"cordoned: {listed(cordoned)}; nothing moves there when a node goes")
    elif known := _known(facts):
        findings.good.append(f"none of {counted(len(known), 'node')} is cordoned")
    return findings.outcome()


def workers_over_zones(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Two workers or more, over as many zones as the control planes, and nearly as many in each."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    nodes = _known(facts)
    workers = [n for n, known in nodes if not is_control_plane(n) and known.ready]
    # A cluster without workers runs everything on its control planes.
    if not any(not is_control_plane(n) for n, _ in nodes):
        workers = [n for n, known in nodes if known.ready]
    told = f"{counted(len(workers), 'worker')} ({listed(n.name for n in workers)})"
    if len(workers) < 2:
        findings.wrong.append(f"{told}: what runs there is gone with it")
        return findings.outcome()
    findings.good.append(told)
    zones = Counter(zone_of(n) or "" for n in workers)
    if "" in zones:
        bare = listed(n.name for n in workers if not zone_of(n))
        findings.wrong.append(f"nobody says which zone these stand in: {bare}")
        return findings.outcome()
    control = {zone_of(n) for n, _ in nodes if is_control_plane(n)} - {None}
    by_zone = listed(f"{zone} {count}" for zone, count in sorted(zones.items()))
    if len(zones) < 2:
        findings.wrong.append(f"all workers stand in the zone {next(iter(zones))}")
    elif bare_zones := sorted(str(z) for z in control - set(zones)):
        findings.wrong.append(f"no worker stands in {listed(bare_zones)}, and a control plane does")
    elif (most := max(zones.values())) > UNEVEN * min(zones.values()):
        zone = zones.most_common(1)[0][0]
        findings.wrong.append(
            f"workers by zone: {by_zone}: without {zone}, {most} of {len(workers)} are lost"
        )
    else:
        findings.good.append(f"workers by zone: {by_zone}")
    return findings.outcome()
