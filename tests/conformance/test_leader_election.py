"""Who leads among those of which only one may act."""

import pytest

from chaos.conformance import leader_election
from fixtures.item import Item


@pytest.mark.item(
    id="leader-election",
    title="Leader election is on, with one fresh holder each",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Leader Election in Practice",
)
def test_one_fresh_holder_each(item: Item) -> None:
    """Looked at: the flags of every kube-controller-manager and kube-scheduler that runs, and their
    leases in kube-system against the apiserver's clock.

    Expected: both run on every control plane, none with --leader-elect=false, for two that act at
    once undo each other's work; each lease is held by a control plane that renewed it in time.

    Mend: --leader-elect=true in their manifests on every control plane. Where nobody leads, read
    their logs: mostly their kubeconfig or its certificate is the reason.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Leader Election in Practice.
    """
    item.judge(leader_election.one_fresh_holder_each)
