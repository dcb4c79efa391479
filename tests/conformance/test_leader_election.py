"""Who leads among those of which only one may act."""

import pytest

from chaos.conformance import leader_election, leader_settings
from fixtures.item import Item


@pytest.mark.item(
    id="leader-election",
    title="Leader election is on, with one fresh holder each",
    severity="critical",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025, "
    "Leader Election in Practice",
)
def test_one_fresh_holder_each(item: Item) -> None:
    """Looked at: the flags of every kube-controller-manager and kube-scheduler that runs, with the
    scheduler's configuration file where it has one, and their leases in kube-system against the
    apiserver's clock.

    Expected: both run on every control plane, none with --leader-elect=false, for two that act at
    once undo each other's work; each lease is held by a control plane that renewed it in time.

    Mend: --leader-elect=true in their manifests on every control plane. Where nobody leads, read
    their logs: mostly their kubeconfig or its certificate is the reason.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Leader Election in Practice.
    """
    item.judge(leader_election.one_fresh_holder_each)


@pytest.mark.item(
    id="leader-election-settings",
    title="Elections have settings that hold, the same everywhere",
    severity="high",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Leader Election in Practice",
)
def test_settings_are_sane(item: Item) -> None:
    """Looked at: lease duration, renew deadline and retry period of every kube-controller-manager
    and kube-scheduler that runs, and how long their leases last.

    Expected: lease > renew > retry × 1.2, which is what client-go adds at random; lease + retry ×
    1.2, after which another leads at the latest, within the objective for the API (30 s, or the
    inventory's); equal on all control planes; and the lease lasts what is declared. The source has
    15 s, 10 s and 2 s.

    Mend: the same three flags in controllerManager.extraArgs and scheduler.extraArgs, and in every
    manifest.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Leader Election in Practice (--leader-elect-lease-duration=15s,
    --leader-elect-renew-deadline=10s, --leader-elect-retry-period=2s; "automatically becomes the
    leader within seconds") and Results After HA Implementation ("under 30 seconds").
    """
    item.judge(leader_settings.settings_are_sane)


@pytest.mark.item(
    id="leader-election-release",
    title="A clean end hands the lead over as this version can",
    severity="medium",
    source="Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers "
    "2025, Leader Election in Practice",
)
def test_released_on_exit(item: Item) -> None:
    """Looked at: the versions and feature gates of every kube-controller-manager and kube-scheduler
    that runs.

    Expected: the scheduler gives its lease up when it is told to end; the controller-manager can
    since 1.36, with the gate ControllerManagerReleaseLeaderElectionLockOnExit, off by default.
    Neither is told not to, and all of a kind do alike. Where a lease is kept, what that costs is
    told.

    Mend: the same --feature-gates in every manifest.

    Source: Kubernetes High Availability Architecture: Complete Guide for DevOps Engineers 2025,
    Leader Election in Practice ("another instance automatically becomes the leader within
    seconds").
    """
    item.judge(leader_settings.released_on_exit)
