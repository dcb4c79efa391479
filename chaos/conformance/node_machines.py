"""What lies below a node: its kernel, packages, clock and disks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chaos.cluster.facts import Clock, Declared, Disk, Facts, Kernel, NotAvailable
from chaos.conformance.node_services import asked
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.times import told

FORWARD = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}
BRIDGE = ("net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")
MODULE = "br_netfilter"
PACKAGES = ("kubelet", "kubeadm", "kubectl")
APART = timedelta(milliseconds=500)
# kubelet evicts Pods below 10 % (15 % for images) and 5 % of the inodes.
ROOM, INODES = 0.15, 0.10


def forwarding_is_on(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Nodes pass Pods' packets on, now and after the next boot."""
    findings, good = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=True):
        if isinstance(machine.kernel, NotAvailable):
            findings.gap(f"the kernel of {node.name}", machine.kernel)
            continue
        families = node.kubernetes.families if node.kubernetes else ()
        names = [FORWARD[family] for family in families or (4,)]
        wrong = [told for name in names if (told := _forgets(machine.kernel, name))]
        findings.wrong += [f"{node.name} has {told}" for told in wrong]
        if not wrong:
            good.append(f"{node.name} ({listed(names)})")
    if good:
        findings.good.append(f"1, now and after a boot: {listed(good)}")
    return findings.outcome()


def _forgets(kernel: Kernel, name: str) -> str:
    """What is wrong with a setting that must be 1, now or after a boot; empty if nothing is."""
    live, later = kernel.live.get(name), kernel.persistent.get(name)
    if live != "1":
        return f"{name} = {live or 'nothing'} now"
    if later != "1":
        how = f"sets it to {later}" if later else "does not set it"
        return f"{name} = 1, and the next boot {how}"
    return ""


def bridges_are_filtered(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Where Pods are plugged into a bridge, its packets meet the rules of Services, for good."""
    findings, good, bare = Findings(), [], []
    for node, machine in asked(facts, findings, kubernetes=True):
        kernel = machine.kernel
        if isinstance(kernel, NotAvailable):
            findings.gap(f"the kernel of {node.name}", kernel)
            continue
        if not kernel.bridges:
            bare.append(node.name)
            continue
        where = f"{node.name} (bridge {listed(kernel.bridges)})"
        off = [name for name in BRIDGE if kernel.live.get(name) != "1"]
        gone = [name for name in BRIDGE if kernel.persistent.get(name) != "1"]
        if off:
            findings.wrong.append(f"{where}: not 1 now: {listed(off)}")
        elif gone or MODULE not in kernel.modules:
            lost = [*gone, *([] if MODULE in kernel.modules else [f"the module {MODULE}"])]
            findings.wrong.append(f"{where}: lost at the next boot: {listed(lost)}")
        else:
            good.append(where)
    if good:
        findings.good.append(f"bridges are filtered, now and after a boot: {listed(good)}")
    if bare:
        findings.good.append(f"no bridge carries Pods: {listed(bare)}")
    return findings.outcome()


def packages_are_held(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No package manager replaces kubelet, kubeadm or kubectl by itself."""
    findings, good = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=True):
        if isinstance(machine.packages, NotAvailable):
            findings.gap(f"the packages of {node.name}", machine.packages)
            continue
        loose = [name for name, held in sorted(machine.packages.items()) if not held]
        if loose:
            findings.wrong.append(f"{node.name} lets its packages be upgraded: {listed(loose)}")
        elif machine.packages:
            good.append(f"{node.name} ({listed(sorted(machine.packages))})")
        else:
            findings.gap(f"the packages of {node.name}", f"none of {listed(PACKAGES)} is of one")
    if good:
        findings.good.append(f"held: {listed(good)}")
    return findings.outcome()


def clocks_are_kept(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Something keeps every machine's clock."""
    findings, good = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=False):
        clock = machine.clock
        if isinstance(clock, NotAvailable):
            findings.gap(f"the clock of {node.name}", clock)
        elif clock.synchronised is False:
            findings.wrong.append(f"{node.name}: {listed(clock.keepers)} is not synchronised")
        elif clock.keepers and clock.synchronised is None:
            gap = f"whether {listed(clock.keepers)} of {node.name} is synchronised"
            findings.gap(gap, "it was not told")
        elif clock.keepers:
            good.append(f"{node.name} ({listed(clock.keepers)})")
        elif clock.container:
            why = f"it is a container ({clock.container}): its clock is its host's"
            findings.gap(f"who keeps the clock of {node.name}", why)
        else:
            findings.wrong.append(f"nothing keeps the clock of {node.name}")
    if good:
        findings.good.append(f"kept: {listed(good)}")
    return findings.outcome()


def clocks_agree(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No two machines' clocks are more than 500 ms apart, as measured."""
    findings = Findings()
    clocks: dict[str, Clock] = {}
    for node, machine in asked(facts, findings, kubernetes=False):
        if isinstance(machine.clock, NotAvailable):
            findings.gap(f"the clock of {node.name}", machine.clock)
        else:
            clocks[node.name] = machine.clock
    if not clocks:
        return findings.outcome()
    # The earliest that a clock may be behind, and the latest that another may be ahead.
    ahead = max(clocks, key=lambda name: clocks[name].least)
    behind = min(clocks, key=lambda name: clocks[name].most)
    proved = clocks[ahead].least - clocks[behind].most
    if proved > APART:
        findings.wrong.append(
            f"the clock of {ahead} is {told(proved)} or more ahead of that of {behind}: "
            f"{told(APART)} are allowed"
        )
        return findings.outcome()
    apart, first, second = _possible(clocks)
    if apart > APART:
        why = f"they may be {told(apart)} apart: nobody could read them more closely"
        findings.gap(f"the clocks of {first} and {second}", why)
    else:
        shown = max(timedelta(), proved)
        findings.good.append(
            f"{len(clocks)} clocks: no two are seen more than {told(shown)} apart, nor can be more "
            f"than {told(apart)}"
        )
    return findings.outcome()


def _possible(clocks: Mapping[str, Clock]) -> tuple[timedelta, str, str]:
    """How far two clocks may be apart at most, and which."""
    last = sorted(clocks, key=lambda name: clocks[name].most)[-2:]
    first = sorted(clocks, key=lambda name: clocks[name].least)[:2]
    pairs = [(clocks[a].most - clocks[b].least, a, b) for a in last for b in first if a != b]
    return max(pairs, default=(timedelta(), "", ""))


def disks_have_room(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Where Kubernetes, etcd and logs are written there is room for more."""
    findings, least = Findings(), []
    for node, machine in asked(facts, findings, kubernetes=False):
        if isinstance(machine.disks, NotAvailable):
            findings.gap(f"the disks of {node.name}", machine.disks)
            continue
        for disk in machine.disks:
            wrong = _full(disk)
            findings.wrong += [f"{node.name}: {disk.path} {what}" for what in wrong]
            if not wrong:
                least.append((disk.free / max(1, disk.size), f"{disk.path} of {node.name}"))
    if least:
        share, where = min(least)
        findings.good.append(
            f"{len(least)} file systems; the fullest, {where}, is {share:.0%} free"
        )
    return findings.outcome()


def _full(disk: Disk) -> list[str]:
    wrong = []
    if disk.free < ROOM * disk.size:
        wrong.append(f"has {disk.free / max(1, disk.size):.0%} free, and {ROOM:.0%} are needed")
    if disk.inodes and disk.inodes_free < INODES * disk.inodes:
        share = disk.inodes_free / disk.inodes
        wrong.append(f"has {share:.0%} of its inodes free, and {INODES:.0%} are needed")
    return wrong
