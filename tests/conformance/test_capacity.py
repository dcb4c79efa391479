"""Room for what was there, when something is gone; and sizes."""

import pytest

from chaos.conformance import capacity, headroom
from fixtures.item import Item


@pytest.mark.item(
    id="capacity-without-a-node",
    title="What ran on any node finds room on the others",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Node Scaling and Pod Replicas",
)
def test_room_without_a_node(item: Item) -> None:
    """Looked at: what every node has to give, what every Pod asks for, and where it is. Each
    node is taken away in thought, and its Pods are placed anew by requests, ports, taints, labels,
    affinity, spread and volumes; one that must be with other Pods is not worked out. A required
    spread counts the dead node, whose object is still there, as the scheduler does.

    Expected: every Pod that would be made anew finds a place.

    Mend: a node more, or smaller requests; a required anti-affinity among as many Pods as there
    are nodes leaves no place when one is gone: spread them instead. A required spread does so too,
    unless it has nodeTaintsPolicy: Honor: else the dead node is an empty place that must be filled.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Node Scaling and Pod Replicas ("Sized for N+1 Redundancy").
    """
    item.judge(capacity.room_without_a_node)


@pytest.mark.item(
    id="capacity-without-a-zone",
    title="What ran in any zone finds room in the others",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Nodes in HA Setup",
)
def test_room_without_a_zone(item: Item) -> None:
    """Looked at: the same, with each zone taken away.

    Expected: every Pod that would be made anew finds a place in the zones that are left.

    Mend: as much room in each zone as the largest of them needs, or an autoscaler that is fast
    enough, with a waiver that says so.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Nodes in HA Setup ("Running enough worker nodes to handle the failure of several
    nodes without capacity issues").
    """
    item.judge(capacity.room_without_a_zone)


@pytest.mark.item(
    id="capacity-headroom",
    title="Workers have half as much again as is asked of them",
    severity="low",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Worker Node Scaling and Pod Replicas",
)
def test_workers_have_headroom(item: Item) -> None:
    """Looked at: what all workers that are ready and not cordoned have allocatable (cpu, memory,
    how many Pods), and what the Pods on them ask for, a DaemonSet's too. So do those that wait for
    a place, or are on a worker that takes no more and would be made anew. Control planes count
    where no taint keeps Pods out. Who asks for nothing counts as a Pod alone (workloads-requests).

    Expected: 1.5 times what is asked for, of each. It is advice: whether one node or zone may be
    lost is worked out by capacity-without-a-node and capacity-without-a-zone.

    Mend: more workers, or smaller requests where monitoring says that they are too large; an
    autoscaler that is fast enough, with a waiver that says so.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Worker Node Scaling and Pod Replicas ("If you need capacity for 100 pods, design for 150 pods
    across multiple nodes so you can lose several nodes without capacity issues"); Worker Nodes in
    HA Setup ("Node Redundancy").
    """
    item.judge(headroom.workers_have_headroom)


@pytest.mark.item(
    id="node-sizes",
    title="Machines are as large as the sources advise",
    severity="low",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " Prerequisites Setup",
)
def test_sizes_are_as_advised(item: Item) -> None:
    """Looked at: the processors, memory and disk of control planes, workers and balancers.

    Expected: 2 processors and 4 GiB, with 20 GiB of disk for a control plane and 50 for a
    worker; 1 processor, 2 GiB and 10 GiB for a balancer. It is advice: waive it where the
    figures of your own monitoring say that less is enough.

    Mend: larger machines, one after another.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Prerequisites Setup ("Node Specifications").
    """
    item.judge(capacity.sizes_are_as_advised)


@pytest.mark.item(
    id="etcd-fits-size",
    title="A large cluster has its etcd apart",
    severity="low",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,"
    " HA Topology Decision Matrix",
)
def test_etcd_fits_the_size(item: Item) -> None:
    """Looked at: how many nodes there are, and where the inventory says that etcd runs.

    Expected: with more than 100 nodes, on machines of its own.

    Mend: an external etcd: take a snapshot, restore it there, point the apiservers to it;
    rehearse it first.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    HA Topology Decision Matrix ("Large clusters (>100 nodes)").
    """
    item.judge(capacity.etcd_fits_the_size)
