"""Whether etcd's members are one cluster, each of them well, where they should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from chaos.cluster.facts import Declared, EtcdFacts, EtcdMember, EtcdStatus, Facts, NotAvailable
from chaos.conformance.etcd import name_of, silent
from chaos.conformance.etcd_running import by_name, members_that_run
from chaos.conformance.machines import CONTROL_PLANE, SPARE, is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered
from chaos.conformance.programs import ETCD

# Entries that a member may be behind while writes go on; a snapshot is sent at 5,000 and more.
LAG = 1000


def members_are_sound(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Each has started, answers, votes, and stands on a machine that is known."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    health = {h.endpoint: h.error for h in etcd.health if not h.healthy}
    for member in etcd.members:
        name = name_of(member)
        if not member.started:
            so = "it is no redundancy" if member.learner else "it counts as a voter lost"
            findings.wrong.append(f"{name} was added and never started: {so}")
            continue
        if member.learner:
            findings.wrong.append(f"{name} is a learner yet, without a vote: promote or remove it")
        if member.node is None:
            _homeless(member, facts, findings)
        if not etcd.answering(member):
            why = next((health[u] for u in member.client_urls if u in health), "no answer")
            findings.wrong.append(f"{name} does not answer ({why or 'it is not healthy'})")
        elif not member.learner and member.node is not None:
            findings.good.append(f"{name} on {member.node} answers and votes")
    if not etcd.members:
        findings.gap("etcd's members", "the list is empty")
    return findings.outcome()


def _homeless(member: EtcdMember, facts: Facts, findings: Findings) -> None:
    who = f"{name_of(member)} ({listed(member.peer_urls)})"
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    if not any(ETCD in node.roles for node in nodes):
        findings.gap(f"where {who} stands", "the inventory has no machine with the role etcd")
    elif by_name(member):
        findings.gap(f"where {who} stands", "no machine of the inventory is called so")
    else:
        findings.wrong.append(f"{who} stands on no machine of the inventory")


def stands_as_declared(facts: Facts, inventory: Declared) -> CheckOutcome:
    """Where the members are, and how they run, is the topology of the inventory."""
    etcd, topology = facts.etcd, inventory.etcd_topology
    if topology is None:
        return not_covered("etcd's topology", "the inventory says nothing of etcd")
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("the nodes", facts.nodes)
    findings = Findings()
    roles = {n.name: n for n in facts.nodes}
    on = {m.node for m in etcd.members if m.node}
    meant = {n.name for n in facts.nodes if ETCD in n.roles and SPARE not in n.roles}
    unknown = [name_of(m) for m in etcd.members if m.node is None and by_name(m)]
    for name in sorted(meant - on):
        if unknown:
            findings.gap(f"whether a member stands on {name}", f"{listed(unknown)} may")
        else:
            findings.wrong.append(f"{name} has the role etcd, and no member stands there")
    for name in sorted(on):
        node = roles.get(name)
        here = node is not None and (CONTROL_PLANE in node.roles or is_control_plane(node))
        if name not in meant and node is not None and SPARE not in node.roles:
            findings.wrong.append(f"a member stands on {name}, which has not the role etcd")
        elif topology == "external" and here:
            findings.wrong.append(f"a member stands on the control plane {name}: not external")
        elif topology != "external" and not here:
            findings.wrong.append(f"a member stands on {name}, no control plane: not {topology}")
        else:
            findings.good.append(f"a member stands on {name}")
    ran = {one.node for one in members_that_run(facts, findings)}
    for name in sorted(on - ran):
        if isinstance(facts.components.get(name), tuple):
            findings.wrong.append(f"no etcd runs on {name}, where a member should be")
    if not isinstance(facts.kubeadm, NotAvailable):
        external = bool(facts.kubeadm.etcd_endpoints)
        if external is (topology == "stacked"):
            says = "external" if external else "stacked"
            findings.wrong.append(f"it is {topology} by the inventory and {says} by kubeadm's")
    return findings.outcome()


def one_cluster(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """One cluster id, one version, one leader and one term, as every member tells it."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    _agree("the cluster id", etcd, lambda s: s.cluster or etcd.cluster_id, findings)
    _agree("the version", etcd, lambda s: s.version, findings)
    _agree("the term", etcd, lambda s: str(s.term), findings)
    _agree("the leader", etcd, lambda s: _leader(etcd, s), findings)
    silent(etcd, findings)
    return findings.outcome()


def _leader(etcd: EtcdFacts, status: EtcdStatus) -> str:
    if status.leader is None:
        return "none"
    member = etcd.member(status.leader)
    return name_of(member) if member else status.leader


def _agree(
    what: str, etcd: EtcdFacts, read: Callable[[EtcdStatus], str], findings: Findings
) -> None:
    by_value: dict[str, list[str]] = defaultdict(list)
    for status in etcd.statuses:
        by_value[read(status)].append(_who(etcd, status))
    if what == "the leader" and "none" in by_value:
        findings.wrong.append(f"{listed(by_value['none'])} know of no leader")
    elif len(by_value) > 1:
        told = "; ".join(f"{v} on {listed(on)}" for v, on in sorted(by_value.items()))
        findings.wrong.append(f"{what} is not one: {told}")
    elif by_value:
        findings.good.append(f"{what}: {next(iter(by_value))}")


def keep_up(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No member is far behind the furthest, in what it has and in what it has applied."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    top = max((s.index for s in etcd.statuses), default=0)
    for status in etcd.statuses:
        who, behind, waiting = _who(etcd, status), top - status.index, status.index - status.applied
        if behind > LAG:
            findings.wrong.append(f"{who} is {behind} entries behind, and {LAG} are allowed")
        elif waiting > LAG:
            findings.wrong.append(f"{who} has {waiting} entries that it has not applied yet")
        else:
            findings.good.append(f"{who} is {behind} entries behind")
    silent(etcd, findings)
    return findings.outcome()


def no_alarm(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Neither of the alarms that make it refuse writes is raised, and no member tells of errors."""
    etcd = facts.etcd
    if isinstance(etcd, NotAvailable):
        return not_covered("etcd's members", etcd)
    findings = Findings()
    if isinstance(etcd.alarms, NotAvailable):
        findings.gap("alarms", etcd.alarms)
    else:
        for alarm in etcd.alarms:
            member = etcd.member(alarm.member)
            who = name_of(member) if member else alarm.member
            findings.wrong.append(f"{who} has raised the alarm {alarm.kind}")
        if not etcd.alarms:
            findings.good.append("no alarm is raised")
    for status in etcd.statuses:
        if status.errors:
            findings.wrong.append(f"{_who(etcd, status)} tells of: {listed(status.errors)}")
    return findings.outcome()


def _who(etcd: EtcdFacts, status: EtcdStatus) -> str:
    member = etcd.member(status.member)
    return name_of(member) if member else status.endpoint
