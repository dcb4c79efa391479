"""etcd's members."""

import pytest

from chaos.conformance import etcd
from fixtures.item import Item


@pytest.mark.item(
    id="etcd-odd-voters",
    title="etcd has an odd number of voters, three or more",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Production Checklist",
)
def test_odd_number_of_voters(item: Item) -> None:
    """Looked at: etcd's list of members, as a member gives it now.

    Expected: 3, 5 or 7 voters, of which 1, 2 or 3 may be lost. A fourth gains nothing: its quorum
    is 3, so that still only one may be lost, and there is one more that can fail. Learners do not
    count; a member that was added and never started does.

    Mend: join or remove one control plane (or member of etcd). Take one that is gone for good off
    the list: `etcdctl member list`, then `etcdctl member remove ID`.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Production Checklist ("Odd number of etcd nodes (3, 5, 7)") and Quorum Requirements.
    """
    item.judge(etcd.odd_number_of_voters)
