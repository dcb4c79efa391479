"""Which nodes the scheduler may put a workload's Pods on."""

from __future__ import annotations

from chaos.cluster.facts import KubernetesNode, Workload


def takes(node: KubernetesNode, workload: Workload) -> bool:
    """Whether the scheduler may put a Pod of it there, by labels and taints."""
    if not node.schedulable or any(node.labels.get(k) != v for k, v in workload.selector.items()):
        return False
    if workload.anywhere and not any(
        all(one.holds(node.labels) for one in term) for term in workload.anywhere
    ):
        return False
    hard = [taint for taint in node.taints if not taint.endswith(":PreferNoSchedule")]
    return all(any(t.tolerates(taint) for t in workload.tolerations) for taint in hard)
