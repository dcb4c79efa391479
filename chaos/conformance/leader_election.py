"""Who leads among the control plane's programs of which only one may act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, Lease, Machine, NotAvailable
from chaos.conformance.machines import is_control_plane
from chaos.conformance.outcome import CheckOutcome, Findings, listed
from chaos.conformance.programs import is_off, setting

ELECTED = ("kube-controller-manager", "kube-scheduler")
# The apiserver's clock is known to the second.
_CLOCK = timedelta(seconds=1)


def one_fresh_holder_each(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Leader election is on everywhere, and each lease has a holder that renewed it in time."""
    findings = Findings()
    hosts = _hosts(facts)
    for name in ELECTED:
        _election_is_on(name, facts, findings)
        if isinstance(facts.leases, NotAvailable):
            findings.gap(f"the lease {name}", facts.leases)
            continue
        lease = next((one for one in facts.leases.leases if one.name == name), None)
        age = facts.leases.at - lease.renewed if lease and lease.renewed else None
        _lease(name, lease, age, hosts, findings)
    return findings.outcome()


def _election_is_on(name: str, facts: Facts, findings: Findings) -> None:
    on, seen = [], False
    for node, components in facts.components.items():
        if isinstance(components, NotAvailable):
            findings.gap(f"{name} on {node}", components)
            seen = True
            continue
        mine = [one for one in components if one.name == name]
        seen = seen or bool(mine)
        for one in mine:
            told = setting(one, "leader-elect")
            if isinstance(told, NotAvailable):
                findings.gap(f"leader election of {name} on {node}", told)
            elif not is_off(told or "true"):
                on.append(node)
            else:
                file = one.flags.get("config") if "leader-elect" not in one.flags else None
                how = f"leaderElect: false in {file}" if file else "--leader-elect=false"
                findings.wrong.append(f"{name} on {node} runs with {how}")
        if not mine and _belongs(node, facts):
            findings.wrong.append(f"{name} does not run on {node}")
    if not seen:
        findings.gap(name, "it was seen on no node")
    if on:
        findings.good.append(f"{name}: leader election is on, on {listed(on)}")


def _belongs(name: str, facts: Facts) -> bool:
    """Whether this node is a control plane, as far as that is known."""
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    return any(n.name == name and n.kubernetes and is_control_plane(n) for n in nodes)


def _lease(
    name: str,
    lease: Lease | None,
    age: timedelta | None,
    hosts: Mapping[str, str],
    findings: Findings,
) -> None:
    if lease is None:
        findings.wrong.append(f"there is no lease {name}: nobody elects a leader")
    elif not lease.holder:
        findings.wrong.append(f"nobody holds the lease {name}")
    elif age is None:
        findings.wrong.append(f"{lease.holder} never renewed the lease {name}")
    elif age > lease.duration + _CLOCK:
        findings.wrong.append(
            f"{lease.holder} renewed the lease {name} {age.total_seconds():.0f} s ago, and it "
            f"lasts {lease.duration.total_seconds():g} s: nobody leads"
        )
    elif hosts and not _among(lease, (*hosts, *hosts.values())):
        if unknown := [node for node, host in hosts.items() if not host]:
            why = f"how {listed(unknown)} calls itself is not known"
            findings.gap(f"whether {lease.holder}, who holds the lease {name}, is one of ours", why)
            return
        findings.wrong.append(f"{lease.holder} holds the lease {name} and is no control plane")
    else:
        seconds = max(0.0, age.total_seconds())
        findings.good.append(
            f"{lease.holder} holds the lease {name}, renewed {seconds:.0f} s before"
        )


def _hosts(facts: Facts) -> dict[str, str]:
    """How each control plane calls itself, which need not be its node's name."""
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    found = {}
    for node in nodes:
        if is_control_plane(node):
            machine = facts.machines.get(node.name)
            found[node.name] = machine.host if isinstance(machine, Machine) else ""
    return found


def _among(lease: Lease, names: Iterable[str]) -> bool:
    """Whether its holder, `HOST_UUID`, is one of these; the host may have a domain."""
    host = (lease.holder.rpartition("_")[0] or lease.holder).casefold()
    return any(
        name == host or name.startswith(f"{host}.") or host.startswith(f"{name}.")
        for name in map(str.casefold, filter(None, names))
    )
