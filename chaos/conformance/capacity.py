"""Whether there is room for what was there, when a node or a zone is gone; and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaos.cluster.facts import Declared, Facts, NodeFact, NotAvailable, PodGroup
from chaos.conformance.machines import is_control_plane, zone_of
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed
from chaos.conformance.placing import homeless
from chaos.conformance.rooms import Room, rooms

GIB = 2**30
# A size is told in whole units, and a little of it is always taken: by firmware, by the kernel.
NEARLY = 0.9
LARGE, SMALL = 100, 50
# In so many nodes each is tried; in more, those on which most is lost.
EACH, SOME = 30, 10


@dataclass(frozen=True, slots=True)
class Size:
    """What the sources advise for a machine."""

    cpus: int
    memory: int
    disk: int


SIZES = {
    "control plane": Size(2, 4 * GIB, 20 * GIB),
    "worker": Size(2, 4 * GIB, 50 * GIB),
    "balancer": Size(1, 2 * GIB, 10 * GIB),
}


def room_without_a_node(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What ran on any one node, the largest first of all, finds room on the others."""
    findings = Findings()
    known = _known(facts, findings)
    if known is None:
        return findings.outcome()
    nodes, groups = known
    free = rooms(nodes, groups)
    ready = {name: room for name, room in free.items() if room.known.ready}
    tried = _fullest(ready, groups)
    for name in tried:
        _without(f"the node {name}", free, groups, frozenset({name}), findings)
    if tried and not findings.wrong:
        findings.good = [
            f"without any of {counted(len(tried), 'node')} ({listed(tried)}) all that moves finds "
            "another place"
        ]
    return findings.outcome()


def room_without_a_zone(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """What ran in any one zone finds room in the others."""
    findings = Findings()
    known = _known(facts, findings)
    if known is None:
        return findings.outcome()
    nodes, groups = known
    free, zones = rooms(nodes, groups), dict[str, set[str]]()
    for node in nodes:
        zone = zone_of(node)
        if zone is None:
            findings.gap(f"the zone of {node.name}", "nobody says it")
        else:
            zones.setdefault(zone, set()).add(node.name)
    if len(zones) == 1:
        findings.wrong.append(f"all nodes stand in the zone {next(iter(zones))}")
        return findings.outcome()
    for zone, names in sorted(zones.items()):
        _without(f"the zone {zone}", free, groups, frozenset(names), findings)
    return findings.outcome()


def _known(facts: Facts, findings: Findings) -> tuple[list[NodeFact], tuple[PodGroup, ...]] | None:
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the nodes", facts.nodes)
        return None
    if isinstance(facts.pods, NotAvailable):
        findings.gap("what runs, and what it asks for", facts.pods)
        return None
    nodes = [n for n in facts.nodes if n.kubernetes]
    bare = [n.name for n in nodes if n.kubernetes and not n.kubernetes.pods]
    if bare or not nodes:
        why = f"{listed(bare)} did not tell" if nodes else "there is none"
        findings.gap("what nodes have to give", why)
        return None
    for group in facts.pods:
        if group.moves and group.beside:
            over = listed(group.beside)
            findings.gap(f"a place for {group.owner}", f"it must be with other Pods, over {over}")
    return nodes, facts.pods


def _fullest(free: Mapping[str, Room], groups: tuple[PodGroup, ...]) -> list[str]:
    """The nodes to try: each of a few; of many, those on which most is asked for."""
    cpu, memory = dict.fromkeys(free, 0), dict.fromkeys(free, 0)
    for group in groups:
        for name in group.nodes if group.moves else ():
            if name in free:
                cpu[name] += group.cpu
                memory[name] += group.memory
    by_cpu = sorted(free, key=lambda name: (-cpu[name], name))
    if len(free) <= EACH:
        return by_cpu
    by_memory = sorted(free, key=lambda name: (-memory[name], name))
    return list(dict.fromkeys((*by_cpu[:SOME], *by_memory[:SOME])))


def _without(
    what: str,
    free: Mapping[str, Room],
    groups: tuple[PodGroup, ...],
    gone: frozenset[str],
    findings: Findings,
) -> None:
    lost = homeless(free, groups, gone)
    for one in lost:
        findings.wrong.append(
            f"without {what}, {counted(one.count, 'Pod')} of {one.owner} find no place: {one.why}"
        )
    if not lost:
        findings.good.append(f"without {what} all that moves finds another place")


def sizes_are_as_advised(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Machines are not smaller than the sources advise."""
    findings, good = Findings(), 0
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("the machines", facts.nodes)
        return findings.outcome()
    for node in facts.nodes:
        what, cpus, memory, disk = _size(node, facts)
        if what is None:
            continue
        advised = SIZES[what]
        if not cpus or not memory:
            findings.gap(f"the size of {node.name}", "it did not tell")
            continue
        small = []
        if cpus < advised.cpus:
            small.append(f"{counted(cpus, 'processor')} of {advised.cpus}")
        if memory < NEARLY * advised.memory:
            small.append(f"{memory / GIB:.1f} GiB of memory of {advised.memory // GIB}")
        if disk and disk < NEARLY * advised.disk:
            small.append(f"{disk / GIB:.0f} GiB of disk of {advised.disk // GIB}")
        if small:
            findings.wrong.append(f"{node.name} ({what}) has {listed(small)}")
        else:
            good += 1
    if good:
        findings.good.append(f"{counted(good, 'machine')} of the advised size or larger")
    return findings.outcome()


def _size(node: NodeFact, facts: Facts) -> tuple[str | None, int, int, int]:
    """What a machine is, and its processors, bytes of memory and of disk."""
    machine = facts.machines.get(node.name)
    known = node.kubernetes
    if known is not None:
        what = "control plane" if is_control_plane(node) else "worker"
        return what, known.capacity_cpu // 1000, known.capacity_memory, known.capacity_disk
    if "load-balancer" not in node.roles:
        return None, 0, 0, 0
    if machine is None or isinstance(machine, NotAvailable):
        return "balancer", 0, 0, 0
    disks = () if isinstance(machine.disks, NotAvailable) else machine.disks
    disk = max((one.size for one in disks), default=0)
    return "balancer", machine.cpus or 0, machine.memory or 0, disk


def etcd_fits_the_size(facts: Facts, inventory: Declared) -> CheckOutcome:
    """A cluster of more than 100 nodes has its etcd on machines of its own."""
    findings = Findings()
    if isinstance(facts.nodes, NotAvailable):
        findings.gap("how many nodes there are", facts.nodes)
        return findings.outcome()
    if inventory.etcd_topology is None:
        findings.gap("where etcd runs", "the inventory says nothing of it")
        return findings.outcome()
    count = sum(node.kubernetes is not None for node in facts.nodes)
    told = f"{counted(count, 'node')}, and etcd is {inventory.etcd_topology}"
    if count > LARGE and inventory.etcd_topology != "external":
        findings.wrong.append(f"{told}: with more than {LARGE} it competes with its apiserver")
    elif count < SMALL and inventory.etcd_topology == "external":
        findings.good.append(f"{told}, which is more than so few need")
    else:
        findings.good.append(told)
    return findings.outcome()
