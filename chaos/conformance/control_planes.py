"""How many control planes there are, what they stand on, and what is kept off them."""

from __future__ import annotations

from collections import defaultdict

from chaos.cluster.facts import Declared, EtcdFacts, Facts, NodeFact, NotAvailable
from chaos.conformance.etcd import MANY, name_of
from chaos.conformance.machines import SPARE, control_planes, is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered
from chaos.conformance.standing import Standing, by_host, held_by, left_without

FEWEST = 3
ELSEWHERE = "somebody else runs them"
TAINT = "node-role.kubernetes.io/control-plane"


def odd_number(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Three or more that serve, and an odd number where etcd stands on them."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    if elsewhere(facts.nodes, inventory):
        return not_covered("the control planes", ELSEWHERE)
    findings = Findings()
    serving = [n for n in control_planes(facts.nodes) if n.kubernetes]
    count = len(serving)
    etcd, stacked = facts.etcd, _stacked(facts, inventory)
    # Those of spare control planes vote as well.
    voters = count if isinstance(etcd, NotAvailable) else len(etcd.voters)
    may = f"{max(count - 1, 0)} may be lost"
    if stacked is not False:
        may += f", and {max(voters - 1, 0) // 2} of etcd's {counted(voters, 'voter')}"
    told = f"{counted(count, 'control plane')} ({listed(n.name for n in serving)}): {may}"
    even = count % 2 == 0 and not (voters % 2 and voters > count)
    if count < FEWEST:
        findings.wrong.append(told if count > 1 else f"{told}, for there is no other")
    elif stacked is None and (even or count > MANY):
        findings.gap(told, "whether etcd stands on them, and asks for an odd number, nobody says")
    elif stacked and even:
        findings.wrong.append(f"{told}, no more than with {count - 1}: the last one gains nothing")
    elif stacked and count > MANY:
        findings.wrong.append(f"{told}; with more than {MANY} each write waits for more of them")
    else:
        findings.good.append(told)
    if spare := [n.name for n in facts.nodes if SPARE in n.roles and is_control_plane(n)]:
        findings.good.append(f"spare, and not counted: {listed(spare)}")
    return findings.outcome()


def _stacked(facts: Facts, inventory: Declared) -> bool | None:
    """Whether etcd stands on the control planes; None where nobody says it."""
    if inventory.etcd_topology is not None:
        return inventory.etcd_topology != "external"
    if isinstance(facts.kubeadm, NotAvailable):
        return None
    return not facts.kubeadm.etcd_endpoints


def over_hosts(facts: Facts, inventory: Declared) -> CheckOutcome:
    """No two are one machine, and no host of the inventory holds too many."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    if elsewhere(facts.nodes, inventory):
        return not_covered("the control planes", ELSEWHERE)
    findings = Findings()
    serving = [n for n in control_planes(facts.nodes) if n.kubernetes]
    if not serving:
        findings.gap("the control planes", "the API has none")
        return findings.outcome()
    for what, ids in (
        ("the machine id", {n.name: n.kubernetes.machine for n in serving if n.kubernetes}),
        ("the boot id", {n.name: n.kubernetes.boot for n in serving if n.kubernetes}),
    ):
        _told_apart(what, ids, findings)
    hosts = by_host(facts.nodes)
    voters = () if isinstance(facts.etcd, NotAvailable) else facts.etcd.voters
    meant = dict.fromkeys((*(n.name for n in serving), *(m.node for m in voters if m.node)))
    if not any(hosts.get(name) for name in meant):
        findings.good.append("the inventory names no hosts: machines are told apart by their ids")
    else:
        for name in [name for name in meant if not hosts.get(name)]:
            findings.gap(f"the host of {name}", "the inventory does not say it")
        _hosts(hosts, [n.name for n in serving], facts, findings)
    return findings.outcome()


def _told_apart(what: str, ids: dict[str, str], findings: Findings) -> None:
    same: dict[str, list[str]] = defaultdict(list)
    for name, one in ids.items():
        if one:
            same[one].append(name)
        else:
            findings.gap(f"{what} of {name}", "the API does not have it")
    shared = [names for names in same.values() if len(names) > 1]
    for names in shared:
        findings.wrong.append(f"{listed(names)} have {what} in common: one machine, or its copies")
    if same and not shared:
        findings.good.append(f"{what} differs on {listed(ids)}")


def _hosts(hosts: Standing, serving: list[str], facts: Facts, findings: Findings) -> None:
    etcd = facts.etcd
    on: dict[str, list[str]] = defaultdict(list)
    for name in serving:
        if host := hosts[name]:
            on[host].append(name)
    if isinstance(etcd, NotAvailable):
        findings.gap("which hosts etcd's voters stand on", etcd)
    else:
        for member in etcd.voters:
            if member.node is None:
                findings.gap(f"the host of {name_of(member)}", "it is no machine of the inventory")
            elif host := hosts.get(member.node):
                on[host] += [] if member.node in on[host] else [member.node]
    for host, names in sorted(on.items()):
        if set(serving) <= set(names):
            findings.wrong.append(f"all control planes ({listed(serving)}) stand on {host}")
        elif isinstance(etcd, EtcdFacts) and left_without(host, hosts, etcd) < etcd.quorum:
            left = left_without(host, hosts, etcd)
            findings.wrong.append(
                f"{host} holds {listed(held_by(host, hosts, etcd)) or 'none'} of etcd: "
                f"without it {left} are left of {etcd.quorum}"
            )
        else:
            findings.good.append(f"{host} holds {listed(names)}; without it a quorum is left")


def tainted(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Workloads are kept off them, unless there is nobody else."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    if elsewhere(facts.nodes, inventory):
        return not_covered("the control planes", ELSEWHERE)
    findings = Findings()
    known = [n for n in facts.nodes if n.kubernetes]
    if not any(not is_control_plane(n) for n in known):
        findings.good.append("there is no worker: workloads have nowhere else to go")
        return findings.outcome()
    for node in known:
        if is_control_plane(node) and node.kubernetes:
            keeps = [t for t in node.kubernetes.taints if t.endswith((":NoSchedule", ":NoExecute"))]
            own = [t for t in keeps if t.startswith(f"{TAINT}=")]
            if own:
                findings.good.append(f"{node.name} has the taint {own[0]}")
            else:
                findings.wrong.append(f"{node.name} has no taint {TAINT}: anything is put there")
    return findings.outcome()


def spares(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A spare control plane is joined, Ready, and takes no traffic."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    spare = [n for n in facts.nodes if SPARE in n.roles and is_control_plane(n)]
    for node in spare:
        _spare(node, facts, findings)
    if not spare:
        findings.good.append("the inventory names no spare control plane")
    return findings.outcome()


def _spare(node: NodeFact, facts: Facts, findings: Findings) -> None:
    if node.kubernetes is None:
        findings.wrong.append(f"{node.name} is spare and has not joined: it would take as long")
    elif not node.kubernetes.ready:
        findings.wrong.append(f"{node.name} is spare and not Ready")
    elif not node.kubernetes.control_plane:
        findings.wrong.append(f"{node.name} is spare and no control plane by its label")
    else:
        findings.good.append(f"{node.name} is joined, Ready and spare")
    if isinstance(facts.balancers, NotAvailable):
        findings.gap(f"whether {node.name} is behind a balancer", facts.balancers)
        return
    for one in facts.balancers:
        if isinstance(one.config, NotAvailable):
            findings.gap(f"whether {node.name} is behind {one.node}", one.config)
            continue
        servers = [s for b in one.config.backends for s in b.servers if s.host == node.address]
        if any(not s.backup and "disabled" not in s.options for s in servers):
            findings.wrong.append(
                f"{node.name} is spare by the inventory, and {one.node} sends clients to it"
            )


def elsewhere(nodes: tuple[NodeFact, ...], inventory: Declared) -> bool:
    """Whether the control plane is somebody else's: none of it is among the machines."""
    theirs = inventory.managed is not None or inventory.etcd_topology is None
    return theirs and not any(is_control_plane(n) for n in nodes)
