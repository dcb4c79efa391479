"""kubelet stops; what it started goes on."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults import Requires
from chaos.faults._keeper_stop import KeeperStop


class KubeletStop(KeeperStop):
    """Everything is expected to go on: the node's containers do not need kubelet to run.

    Its static Pods (apiserver, etcd) go on and serve, so clients notice nothing. The node's Lease
    is not renewed, so after node-monitor-grace-period (50 s by default) the node is NotReady and
    its Pods leave the endpoints of Services; after their toleration (300 s) they are evicted.
    Source: Kubernetes, "Nodes", "Node-pressure and taint based evictions".
    """

    name: ClassVar[str] = "kubelet-stop"
    requires: ClassVar[Requires] = Requires(control_planes=1)
    unit: ClassVar[str] = "kubelet"
