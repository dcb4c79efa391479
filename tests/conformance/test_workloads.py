"""Workloads that must survive: the cluster's DNS, and what the inventory calls critical."""

import pytest

from chaos.conformance import workloads
from fixtures.item import Item


@pytest.mark.item(
    id="workloads-apart",
    title="Critical workloads are kept apart, and really are",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Worker Node Scaling and Pod Replicas",
)
def test_replicas_are_apart(item: Item) -> None:
    """Looked at: the anti-affinity and spread of the cluster's DNS and of every Deployment and
    StatefulSet in a critical namespace, the labels of the nodes, and where their Pods are.

    Expected: a rule that selects the workload's own Pods, over a label that the nodes have; and two
    or more ready Pods, of which no node holds more than half, and no zone all.

    Mend: two replicas or more, with a podAntiAffinity over kubernetes.io/hostname and
    topologySpreadConstraints over topology.kubernetes.io/zone, the labels on every node; then
    `kubectl rollout restart`, for Pods that run are never moved apart.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Node Scaling and Pod Replicas ("Example Deployment with Anti-Affinity").
    """
    item.judge(workloads.replicas_are_apart)


@pytest.mark.item(
    id="disruption-budgets",
    title="Critical workloads have a PodDisruptionBudget that lets one Pod go",
    severity="high",
    source="High availability cluster setup in Kubernetes - Deep Dive",
)
def test_disruption_budgets(item: Item) -> None:
    """Looked at: the PodDisruptionBudgets that select the Pods of the cluster's DNS and of every
    workload in a critical namespace, and what their status allows now.

    Expected: exactly one each, for with two no eviction is allowed. It lets a Pod go now, else it
    blocks every drain, and it does not let all go at once.

    Mend: a PodDisruptionBudget with maxUnavailable: 1 and the workload's own labels, and two
    replicas or more; remove the second where there are two.

    Source: High availability cluster setup in Kubernetes - Deep Dive ("Pod disruption budgets help
    control how many pods can be down during maintenance").
    """
    item.judge(workloads.budgets_let_one_go)
