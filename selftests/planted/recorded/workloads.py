"""Workloads: what depends on storage or on a state that the lab does not come into."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster import facts as f
from selftests.planted.recorded import changes as the
from selftests.planted.recording import Change, recorded

LOCATION = "csi.example.test/location"


def _web(**changes: object) -> Change:
    """With the Deployment shop/web being otherwise."""
    return the.among("workloads", lambda one: str(one) == "Deployment shop/web", **changes)


@recorded(
    "workloads-storage", r"^Deployment shop/web: the volume of data is bound by csi\.\S+ to no"
)
def volume_of_a_place_that_is_gone(facts: f.Facts) -> f.Facts:
    """A volume can be attached where no node stands any more, by a label of its driver's own."""
    where = f.Requirement(key=LOCATION, operator="In", values=("elsewhere",))
    data = f.Volume(kind="claim", name="data", modes=("ReadWriteMany",), reach=((where,),))
    return _web(volumes=(data,))(facts)


@recorded(
    "drains-not-blocked", r"^PodDisruptionBudget shop/web never lets a Pod go: all is over the"
)
def two_budgets_over_one_pod(facts: f.Facts) -> f.Facts:
    """A budget over a whole namespace beside a workload's own: each eviction is an error."""
    own = the.among("disruption_budgets", lambda one: one.name == "web", overlaps=("all",))
    return own(facts)


@recorded("drains-not-blocked", r"^PodDisruptionBudget shop/jobs never .* \(SyncFailed\)")
def budget_that_cannot_count(facts: f.Facts) -> f.Facts:
    """A budget over Pods whose controller has no scale: it counts none, and lets none go."""
    jobs = f.DisruptionBudget(
        namespace="shop",
        name="jobs",
        selects=(),
        min_available="1",
        max_unavailable=None,
        allowed=0,
        healthy=0,
        desired=0,
        expected=0,
        reason="SyncFailed",
    )
    return replace(facts, disruption_budgets=(*the.known(facts.disruption_budgets), jobs))
