"""Control planes that somebody else runs (EKS, GKE, AKS): what can be seen from outside."""

import pytest

from chaos.conformance import managed
from fixtures.item import Item


@pytest.mark.item(
    id="managed-regional",
    title="A managed control plane stands in several zones",
    severity="high",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, Choosing a regional "
    "or zonal control plane",
)
def test_control_plane_is_regional(item: Item) -> None:
    """Looked at: what the inventory says of a managed control plane (cluster.managed, regional):
    from outside nothing shows its zones. EKS has every one in several.

    Expected: several zones: a zonal one is down while it is upgraded, and when its zone is.
    Where nobody else runs the control plane this asks for nothing.

    Mend: a regional cluster (GKE: --region; AKS: --zones), into which workloads move: a zonal
    one cannot be made regional.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, Choosing a regional
    or zonal control plane ("Regional clusters are more suited for high availability").
    """
    item.judge(managed.control_plane_is_regional)


@pytest.mark.item(
    id="managed-pools",
    title="Node pools are even over the zones",
    severity="medium",
    source="Building Kubernetes High Availability Clusters: Easy Guide 101, Choosing multi-zonal"
    " or single-zone node pools",
)
def test_pools_are_even(item: Item) -> None:
    """Looked at: the nodes of each pool, by zone, and their kubelets' versions.

    Expected: several zones, and none with more than one node more than another; pools of one
    zone each are counted together. No kubelet more than one minor version behind the API.

    Mend: the zones of the pool (--node-locations, --zones, subnets of the node group), and an
    autoscaler that balances them; upgrade a pool after its control plane.

    Source: Building Kubernetes High Availability Clusters: Easy Guide 101, Choosing multi-zonal
    or single-zone node pools ("distributing nodes equally across zones").
    """
    item.judge(managed.pools_are_even)
