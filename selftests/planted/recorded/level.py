"""Where the cluster stands on the ladder."""

from __future__ import annotations

from chaos.cluster.facts import Facts
from selftests.planted.recorded import changes as the
from selftests.planted.recording import recorded


@recorded(
    "cluster-level",
    r"^one control plane: 2 control planes Ready \(cp-1, cp-2\), 3 voters of etcd: three are",
    also=["nodes-ready", "control-planes-over-zones"],
)
def third_control_plane_silent(facts: Facts) -> Facts:
    """The third control plane's kubelet has been dead for days: no further machine may be lost.

    It is a node that is not Ready, and none of the control planes that zones are counted by.
    """
    return the.kubernetes("cp-3", ready=False)(facts)
