"""Where the control plane stands, and in which versions."""

from __future__ import annotations

from dataclasses import replace

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded

LOST = "cp-3"
OLD = "v1.32.9"


@recorded(
    "control-planes-odd",
    r"^2 control planes \(cp-1, cp-2\): 1 may be lost, and 1 of etcd's 3 voters",
    also=["control-planes-over-zones", "cluster-level", "nodes-ready"],
)
def a_control_plane_was_deleted(facts: Facts) -> Facts:
    """Somebody has deleted the node of the third control plane, and joined no other.

    Two are too few over zones as well, and the ladder's lower rung; and a node is missing.
    """
    return the.node(LOST, kubernetes=None)(facts)


@recorded("kubernetes-service-endpoints", r"^it does not send to \S+ \(cp-3\), which answers")
def apiserver_without_endpoint(facts: Facts) -> Facts:
    """One apiserver serves, and the Service kubernetes does not know it: its lease is not kept."""
    (address,) = (
        one.address
        for one in the.known(facts.served_certificates)
        if (one.what, one.node) == ("apiserver", LOST)
    )
    left = tuple(one for one in the.known(facts.apiservers) if one != address)
    return replace(facts, apiservers=left)


@recorded("version-skew", rf"^kubelet on worker-2 is {OLD}, more than 3 behind")
def kubelet_left_behind(facts: Facts) -> Facts:
    """One worker was left out of four upgrades: its kubelet is older than apiservers support."""
    return the.kubernetes("worker-2", kubelet=OLD)(facts)


@recorded(
    "control-plane-versions-equal",
    r"^kube-scheduler has several versions: (.*; )?\S+-rc\.0 on cp-3",
)
def upgrade_half_done(facts: Facts) -> Facts:
    """An upgrade of the control plane stopped before the last scheduler."""
    versions = the.known(facts.versions)
    (now,) = {one.version for one in versions if one.name == "kube-scheduler"}
    older = the.where(
        versions,
        lambda one: (one.name, one.node) == ("kube-scheduler", LOST),
        version=f"{now}-rc.0",
    )
    return replace(facts, versions=older)
