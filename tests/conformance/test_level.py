"""Where the cluster stands on the ladder of availability."""

import pytest

from chaos.conformance import level
from fixtures.item import Item


@pytest.mark.item(
    id="cluster-level",
    title="The cluster can lose a machine of its control plane",
    severity="high",
    source="Kubernetes High Availability: Tutorial & Instructions, Summary: Relative Kubernetes "
    "High Availability",
)
def test_level(item: Item) -> None:
    """Looked at: how many nodes, control planes that are Ready, voters of etcd that answer, zones
    and regions there are.

    Expected: three control planes and three voters or more, of which one may be lost now. Zones and
    regions count where none of them takes the quorum with it. The evidence names the rung on
    which the cluster stands (one node, one control plane, several in one place, over zones,
    over regions) and the next step up.

    Mend: take the step that the evidence names; whether a further one is worth its cost is a
    decision of the business.

    Source: Kubernetes High Availability: Tutorial & Instructions, Summary: Relative Kubernetes
    High Availability ("Relative High Availability Models").
    """
    item.judge(level.level)
