"""Workloads that must survive: the cluster's DNS, and what the inventory calls critical."""

import pytest

from chaos.conformance import (
    workload_failover,
    workload_places,
    workload_pods,
    workload_rollout,
    workload_storage,
    workloads,
)
from fixtures.item import Item


@pytest.mark.item(
    id="workloads-apart",
    title="Critical workloads are kept apart, and really are",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Node Scaling and Pod Replicas",
)
def test_replicas_are_apart(item: Item) -> None:
    """Looked at: the anti-affinity and spread of the cluster's DNS and of every Deployment and
    StatefulSet in a critical namespace, the labels of the nodes, and where their Pods are.

    Expected: a rule that selects the workload's own Pods, over a label that the nodes have which
    take them; and two or more ready Pods, of which no node holds more than half, and no zone all.
    A rule that only prefers does, while they are apart, and is told as such.

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
    """Looked at: the PodDisruptionBudgets that select the Pods of the cluster's DNS and of
    every workload in a critical namespace, and what their status allows now.

    Expected: exactly one each, for with two no eviction is allowed. It lets a Pod go now, else
    it blocks every drain, and it does not let all go at once.

    Mend: a PodDisruptionBudget with maxUnavailable: 1 and the workload's own labels, and two
    replicas or more; remove the second where there are two.

    Source: High availability cluster setup in Kubernetes - Deep Dive ("Pod disruption budgets
    help control how many pods can be down during maintenance").
    """
    item.judge(workloads.budgets_let_one_go)


@pytest.mark.item(
    id="drains-not-blocked",
    title="No PodDisruptionBudget blocks every drain for ever",
    severity="medium",
    source="High availability cluster setup in Kubernetes - Deep Dive",
)
def test_budgets_block_no_drain(item: Item) -> None:
    """Looked at: every PodDisruptionBudget of the cluster, critical or not, its status and the Pods
    that it selects.

    Expected: none that wants as many healthy as there are, whether they are or not; none whose
    Pods cannot be counted (SyncFailed); no two over one Pod. A node with such Pods can never be
    drained, so never be upgraded.

    Mend: maxUnavailable: 1, or one replica more than minAvailable says; one budget for a Pod, and
    a selector of Pods whose controller can be scaled.

    Source: High availability cluster setup in Kubernetes - Deep Dive ("balancing availability
    and updates").
    """
    item.judge(workloads.budgets_block_no_drain)


@pytest.mark.item(
    id="workloads-replicas",
    title="Critical workloads have two replicas or more, all of them ready",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Node Scaling and Pod Replicas",
)
def test_replicas_are_there(item: Item) -> None:
    """Looked at: how many replicas each wants, and how many are ready; whether other Pods are in
    a critical namespace.

    Expected: two or more, and as many ready as are wanted. What is scaled to 0 proves nothing,
    but a cluster without its DNS is wrong. Pods of DaemonSets and of operators' own kinds, and
    lone ones, are looked at by no item: they are named here, and not covered.

    Mend: `kubectl scale --replicas=3`, and see what the Pods that are not ready wait for.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Node Scaling and Pod Replicas ("Pod Replicas").
    """
    item.judge(workload_places.replicas_are_there)


@pytest.mark.item(
    id="workloads-survive-node",
    title="Critical workloads survive the loss of any node",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Nodes in HA Setup",
)
def test_any_node_may_go(item: Item) -> None:
    """Looked at: on which node each ready Pod is; then each node is taken away in thought.

    Expected: a ready Pod is left of each workload, whichever node is gone.

    Mend: more replicas, kept apart over kubernetes.io/hostname, and `kubectl rollout restart`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Nodes in HA Setup ("ensure service continuity during node failures").
    """
    item.judge(workload_places.any_node_may_go)


@pytest.mark.item(
    id="workloads-survive-zone",
    title="Critical workloads survive the loss of any zone",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Nodes in HA Setup",
)
def test_any_zone_may_go(item: Item) -> None:
    """Looked at: in which zone each ready Pod is; then each zone is taken away in thought.

    Expected: a ready Pod is left of each workload, whichever zone is gone.

    Mend: topologySpreadConstraints over topology.kubernetes.io/zone, workers in every zone, and
    `kubectl rollout restart`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Nodes in HA Setup ("Multi-Zone Distribution").
    """
    item.judge(workload_places.any_zone_may_go)


@pytest.mark.item(
    id="workloads-rollout",
    title="A release of a critical workload leaves some of it",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Real-World Case Study: E-commerce Platform Outage Prevention",
)
def test_releases_leave_some(item: Item) -> None:
    """Looked at: the strategy of each Deployment and StatefulSet, and of how many replicas it may
    make how many unavailable.

    Expected: RollingUpdate with a maxUnavailable below the replicas, or OnDelete. Recreate, or
    100 %, is an outage at each release, and no PodDisruptionBudget holds a release back.

    Mend: `strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 1}}`, and
    two replicas or more.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Real-World Case Study: E-commerce Platform Outage Prevention ("type: RollingUpdate",
    "maxUnavailable: 2" of 12 replicas).
    """
    item.judge(workload_rollout.releases_leave_some)


@pytest.mark.item(
    id="workloads-failover-time",
    title="A Pod of a dead node is back elsewhere within its budget",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Results After HA Implementation",
)
def test_away_in_time(item: Item) -> None:
    """Looked at: the controller-manager's node-monitor-grace-period, how long each workload's
    Pods tolerate an unreachable node, how long they took from having a node until they ran and
    until their newest release was complete, and the access modes of their claims.

    Expected: together within 6 minutes, or the inventory's objective. With the defaults they
    are 350 s and the start: nothing of what one does to the control plane shortens that. The 30 s
    of the source are read as the API's budget, for with Kubernetes' own defaults no Pod keeps
    them; 6 minutes follow from these: 40 to 50 s of grace, 300 s of toleration, and a start. A
    claim that one node alone has (ReadWriteOnce) may be taken from the dead one only 6 minutes
    later, by its driver: that is not covered.

    Mend: tolerationSeconds: 30 for node.kubernetes.io/unreachable and
    node.kubernetes.io/not-ready in the Pod's template.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Results After HA Implementation ("Recovery time reduced from 45 minutes to under 30 seconds
    for node failures").
    """
    item.judge(workload_failover.away_in_time)


@pytest.mark.item(
    id="workloads-requests",
    title="Critical workloads ask for processor and memory",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_requests_are_set(item: Item) -> None:
    """Looked at: the requests of every container and sidecar of every critical workload, as its
    newest Pod has them: with the defaults of the API and of a LimitRange, and those of the Pod.

    Expected: cpu and memory in each: Pods that ask for nothing are put anywhere, and killed
    first.

    Mend: `resources.requests` from what they were seen to use.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Resource requests/limits on critical pods").
    """
    item.judge(workload_pods.requests_are_set)


@pytest.mark.item(
    id="workloads-limits",
    title="Critical workloads have a limit of memory",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Production Checklist",
)
def test_memory_is_limited(item: Item) -> None:
    """Looked at: the limits of every container and sidecar of every critical workload, as its
    newest Pod has them, or the Pod as a whole.

    Expected: a limit of memory in each, so that a leak ends the Pod and not its node. A limit
    of processor time is not asked for: it slows down without saving anybody.

    Mend: `resources.limits.memory`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Resource requests/limits on critical pods").
    """
    item.judge(workload_pods.memory_is_limited)


@pytest.mark.item(
    id="workloads-probes",
    title="Critical workloads say whether they are ready and alive",
    severity="high",
    source="kubernetes.io, Configure Liveness, Readiness and Startup Probes",
)
def test_probes_are_set(item: Item) -> None:
    """Looked at: the readiness and liveness probes of every container and sidecar of the
    template.

    Expected: both in each: without the first Services send to what does not serve, without the
    second what hangs stays.

    Mend: a readinessProbe that asks what a client would ask, and a livenessProbe that asks
    less.

    Source: kubernetes.io, Configure Liveness, Readiness and Startup Probes.
    """
    item.judge(workload_pods.probes_are_set)


@pytest.mark.item(
    id="workloads-priority",
    title="Critical workloads come before others",
    severity="medium",
    source="Experience: when a zone is gone places are few",
)
def test_priority_is_set(item: Item) -> None:
    """Looked at: the PriorityClass of each, and what it is worth.

    Expected: more than 0, which all others have: the scheduler then makes room for them.

    Mend: a PriorityClass of your own and `priorityClassName` in the template.

    Source: Experience: when a zone is gone places are few.
    """
    item.judge(workload_pods.priority_is_set)


@pytest.mark.item(
    id="workloads-images",
    title="Images are on the nodes that Pods would move to",
    severity="medium",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, What are Container "
    "Images?",
)
def test_images_are_there(item: Item) -> None:
    """Looked at: the images that each node tells that it has, for every node that may take a
    Pod by taints and labels, those of sidecars and init containers too; and Pods that wait for an
    image.

    Expected: every image is there, or nobody knows better: a registry that runs in the zone
    that is gone serves nobody. Where one is missing and could be pulled, this is not covered;
    where it is never pulled it is wrong.

    Mend: a DaemonSet that keeps them, or a registry (or mirror) outside what may be lost.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, What are Container
    Images? ("already accessible on the required hosts").
    """
    item.judge(workload_pods.images_are_there)


@pytest.mark.item(
    id="workloads-storage",
    title="What critical workloads keep can follow them",
    severity="high",
    source="High availability cluster setup in Kubernetes - Deep Dive",
)
def test_data_follow(item: Item) -> None:
    """Looked at: the volumes of each: folders of a node that it writes to, claims, the volumes and
    classes behind them, and which of the nodes that take its Pods can attach them.

    Expected: no hostPath, two nodes or more for each volume, none that several replicas have in
    common and one node at a time can attach, and no class that binds a zone's volume before the
    Pod has a place.

    Mend: storage that other nodes can attach, with volumeBindingMode: WaitForFirstConsumer.

    Source: High availability cluster setup in Kubernetes - Deep Dive ("Storage must be
    accessible from multiple nodes").
    """
    item.judge(workload_storage.data_follow)
