"""Where the control plane stands."""

import pytest

from chaos.conformance import topology
from fixtures.item import Item


@pytest.mark.item(
    id="control-planes-over-zones",
    title="Three control planes or more stand over zones of which any may be lost",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_control_planes_over_zones(item: Item) -> None:
    """Looked at: the control planes that are Ready, their zones by inventory and by label
    (topology.kubernetes.io/zone), and the zones of etcd's voters.

    Expected: three or more, besides spare ones, in more than one zone; whichever zone is lost, a
    control plane and a quorum of etcd are left. Two zones never do for etcd's own machines: one
    of the two holds the quorum.

    Mend: move or join control planes so that no zone holds too many of etcd's voters; correct the
    label or the inventory where they name different zones.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Multi-zone node distribution"); Kubernetes High Availability, Best
    Practices for Kubernetes HA ("Distribute Across Failure Domains").
    """
    item.judge(topology.control_planes_over_zones)
