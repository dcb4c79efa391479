"""Whether what the cluster itself runs as Pods is well."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from chaos.cluster.facts import Declared, Facts, NotAvailable, SystemPod
from chaos.conformance.outcome import CheckOutcome, Findings, counted, not_covered
from chaos.conformance.times import told

# Why a container waits that was tried more than once already.
IN_VAIN = ("CrashLoopBackOff", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")
SETTLES = timedelta(minutes=1)
"""Within which a Pod that starts, or whose kubelet does, becomes ready."""


def system_pods_are_ready(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """All are ready that should be, and every node has its own of each DaemonSet.

    What stands on a node that is not Ready is that node's matter, and not looked at here.
    """
    if isinstance(facts.system, NotAvailable):
        return not_covered("the Pods of kube-system", facts.system)
    findings = Findings()
    nodes = () if isinstance(facts.nodes, NotAvailable) else facts.nodes
    silent = {n.name for n in nodes if n.kubernetes and not n.kubernetes.ready}
    ready: Counter[str] = Counter()
    told_of: Counter[str] = Counter()
    for pod in facts.system.pods:
        well = _looked_at(pod, silent, findings)
        (ready if well else told_of)[pod.owner] += 1
    for one in facts.system.daemonsets:
        has = ready[str(one)]
        if one.wanted - has > told_of[str(one)]:
            findings.wrong.append(f"{one} is ready on {has} of {counted(one.wanted, 'node')}")
        elif has >= one.wanted:
            findings.good.append(f"{one} is ready on {counted(has, 'node')}")
    if number := sum(ready.values()):
        findings.good.append(f"{counted(number, 'Pod')} of kube-system or of nodes' own are ready")
    return findings.outcome()


def _looked_at(pod: SystemPod, silent: set[str], findings: Findings) -> bool:
    """Whether it is ready, or need not be; else that is noted."""
    where = f"{pod.name} on {pod.node}" if pod.node else f"{pod.name}, which has no node,"
    if pod.waiting in IN_VAIN and pod.node not in silent:
        findings.wrong.append(f"{where} does not run: {pod.waiting}")
    elif pod.ready or pod.owner.startswith("Job "):
        return True
    elif pod.node in silent:
        findings.gap(pod.name, f"{pod.node} is not Ready")
    elif pod.since is None or pod.since < SETTLES:
        since = "nobody says since when" if pod.since is None else f"for {told(pod.since)} alone"
        findings.gap(f"{where} is not ready", since)
    else:
        why = f" ({pod.waiting})" if pod.waiting else ""
        findings.wrong.append(f"{where} has not been ready for {told(pod.since)}{why}")
    return False
