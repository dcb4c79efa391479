"""What Pods may reach: as NetworkPolicies declare it, and as it was tried."""

from __future__ import annotations

from chaos.cluster.facts import Declared, Facts, FromPod, NotAvailable
from chaos.conformance.outcome import CheckOutcome, Findings, listed, not_covered

INGRESS, EGRESS = "Ingress", "Egress"


def policies_are_declared(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every critical namespace refuses, by default, whoever is not expected."""
    if isinstance(facts.network, NotAvailable):
        return not_covered("the NetworkPolicies", facts.network)
    findings = Findings()
    if not facts.network.namespaces:
        findings.gap("critical namespaces", "the inventory names none, and none has the label")
    for namespace in facts.network.namespaces:
        policies = [one for one in facts.network.policies if one.namespace == namespace]
        closed = [one.name for one in policies if one.everyone and INGRESS in one.denies]
        opened = [one.name for one in policies if one.everyone and INGRESS in one.opens]
        # A policy that lets no packet out breaks name resolution first: that it is missing is told.
        limited = any(one.everyone and EGRESS in one.denies for one in policies)
        if not policies:
            findings.wrong.append(f"the namespace {namespace} has no NetworkPolicy")
        elif not closed:
            names = listed(one.name for one in policies)
            findings.wrong.append(
                f"the namespace {namespace} has no NetworkPolicy that selects all its Pods and "
                f"allows nobody in ({names})"
            )
        elif opened:
            findings.wrong.append(
                f"the namespace {namespace}: {listed(opened)} lets everybody in to all its Pods, "
                f"whatever {listed(closed)} says: policies add up"
            )
        else:
            out = "" if limited else "; whom its Pods call is not limited by default"
            findings.good.append(f"{namespace}: {listed(closed)} lets nobody in by default{out}")
    return findings.outcome()


def policies_are_enforced(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """A connection that the policies forbid does not come about."""
    tried = _tried(facts, "policy")
    if isinstance(tried, NotAvailable):
        return not_covered("connections between Pods", tried)
    findings = Findings()
    if not tried:
        findings.gap("what the policies forbid", "no connection was found that they should refuse")
    proved = {space for o in tried if o.control and not o.connected for space in _spaces(o)}
    for one in tried:
        told = f"{one.source} to {one.target}, which {listed(one.because)} forbids"
        if one.connected:
            findings.wrong.append(f"{told}: it was connected")
        elif not one.control:
            # A port that a Pod declares and does not serve is no matter where others prove it.
            if not _spaces(one) & proved:
                findings.gap(told, "nobody answers there at all, so that it failed proves nothing")
        else:
            findings.good.append(f"{told}: refused, and the Pod's own node is answered")
    return findings.outcome()


def _spaces(one: FromPod) -> set[str]:
    """The namespaces of the policies that forbid it."""
    return {policy.rpartition(" ")[2].partition("/")[0] for policy in one.because}


def etcd_is_closed(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No Pod can connect to etcd."""
    return _closed(facts, "etcd", "etcd")


def kubelets_are_closed(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No Pod can connect to a kubelet."""
    return _closed(facts, "kubelet", "a kubelet")


def balancers_are_closed(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """No Pod can connect to a balancer, but for the API."""
    findings, bare = Findings(), True
    if isinstance(facts.balancers, NotAvailable):
        return not_covered("the balancers", facts.balancers)
    for one in facts.balancers:
        if isinstance(one.config, NotAvailable):
            findings.gap(f"the ports of {one.node}", one.config)
        elif one.config.pages:
            bare = False
        else:
            findings.good.append(f"HAProxy on {one.node} has no page that is not for it alone")
    if bare and facts.balancers:
        return findings.outcome()
    return _closed(facts, "balancer", "a balancer's own port", findings)


def _closed(facts: Facts, what: str, name: str, findings: Findings | None = None) -> CheckOutcome:
    tried, findings = _tried(facts, what), findings or Findings()
    if isinstance(tried, NotAvailable):
        findings.gap(f"whether Pods reach {name}", tried)
        return findings.outcome()
    if not tried:
        why = "nothing was tried: no Pod to try it from, or no port to be closed"
        findings.gap(f"whether Pods reach {name}", why)
    refused = []
    for one in tried:
        if one.connected:
            findings.wrong.append(f"a Pod on {one.source} was connected to {name}, {one.target}")
        elif not one.control:
            findings.gap(f"{name}, {one.target}", "nobody answers there at all")
        else:
            refused.append(f"{one.target} (from {one.source})")
    if refused:
        findings.good.append(f"closed to Pods: {listed(refused)}")
    return findings.outcome()


def _tried(facts: Facts, what: str) -> list[FromPod] | NotAvailable:
    if isinstance(facts.from_pods, NotAvailable):
        return facts.from_pods
    return [one for one in facts.from_pods if one.what == what]
