"""Whether each apiserver gets to each kubelet, where logs, exec and port-forward come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from chaos.cluster.facts import Declared, Facts, KubeletReach, NodeFact, NotAvailable
from chaos.conformance.machines import control_planes
from chaos.conformance.outcome import CheckOutcome, Findings, counted, listed, not_covered

# What kubelet says with 500 when it cannot learn whether the apiserver may ask.
UNDECIDED = "Authorization error"


def apiservers_reach_kubelets(facts: Facts, _inventory: Declared) -> CheckOutcome:
    """Every apiserver that serves is answered by the kubelet of every Ready node."""
    if isinstance(facts.nodes, NotAvailable):
        return not_covered("which nodes there are", facts.nodes)
    if isinstance(facts.kubelet_reach, NotAvailable):
        return not_covered("whether apiservers reach kubelets", facts.kubelet_reach)
    findings = Findings()
    ready = {n.name for n in facts.nodes if n.kubernetes and n.kubernetes.ready}
    if not ready:
        findings.gap("whether apiservers reach kubelets", "no node is Ready")
        return findings.outcome()
    asked = defaultdict[str | None, list[KubeletReach]](list)
    for one in facts.kubelet_reach:
        if one.node in ready:
            asked[one.apiserver].append(one)
    for who, answers in asked.items():
        _one(who, answers, ready, findings)
    _others(facts.nodes, asked, findings)
    return findings.outcome()


def _one(
    who: str | None, answers: list[KubeletReach], ready: Collection[str], findings: Findings
) -> None:
    """What one of them was told."""
    name = f"the apiserver of {who}" if who else "the apiserver that the endpoint chose"
    reached, may_not = [], defaultdict[str, list[str]](list)
    for one in answers:
        said = f"{one.code}: {one.said}" if one.code else one.said
        if one.by == "kubelet" and (one.code in (401, 403) or one.said.startswith(UNDECIDED)):
            findings.wrong.append(f"{name} is refused by the kubelet of {one.node} ({said})")
        elif one.by == "kubelet":
            reached.append(one.node)
        elif _may_not_tell(one):
            may_not[said].append(one.node)
        else:
            findings.wrong.append(f"{name} does not reach the kubelet of {one.node} ({said})")
    for said, nodes in may_not.items():
        findings.gap(f"whether {name} reaches the kubelet of {listed(nodes)}", said)
    told = f"{len(reached)} of {counted(len(ready), 'Ready node')}"
    if reached:
        findings.good.append(f"{name} is answered by the kubelets of {told}")
    unasked = sorted(set(ready) - {one.node for one in answers})
    if unasked and len(answers) < KubeletReach.MOST:
        findings.gap(f"whether {name} reaches the kubelet of {listed(unasked)}", "nobody asked")


def _may_not_tell(one: KubeletReach) -> bool:
    """Whether the answer says nothing of the way to the kubelet: 4xx, or etcd behind the API."""
    if one.by == "nobody":
        return True
    return one.code is not None and (one.code < 500 or one.said.startswith("etcdserver:"))


def _others(nodes: tuple[NodeFact, ...], asked: Collection[str | None], findings: Findings) -> None:
    """Those that nobody asked."""
    planes = [node.name for node in control_planes(nodes)]
    if missing := [name for name in planes if name not in asked]:
        why = "it was not asked: it does not say that it is ready, or is not in the inventory"
        findings.gap(f"whether the apiserver of {listed(missing)} reaches kubelets", why)
    elif not planes and None in asked:
        findings.good.append(
            "no machine of an apiserver is known: the endpoint chose which one was asked"
        )
    elif not asked:
        findings.gap("whether apiservers reach kubelets", "none was asked")
