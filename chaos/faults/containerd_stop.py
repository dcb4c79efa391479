"""containerd stops; the containers go on."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults import Requires
from chaos.faults._keeper_stop import KeeperStop


class ContainerdStop(KeeperStop):
    """Everything is expected to go on: each container belongs to its shim, not to containerd.

    kubelet loses its runtime: it can start and probe nothing, reports the node NotReady within
    its own status interval, and gets all containers back when containerd does. Probes that run a
    command in a container fail meanwhile; probes over the network do not need containerd.
    Source: containerd, "Runtime v2"; Kubernetes, "Node status".
    """

    name: ClassVar[str] = "containerd-stop"
    requires: ClassVar[Requires] = Requires(
        capabilities=frozenset({"systemd", "containerd"}), control_planes=1
    )
    unit: ClassVar[str] = "containerd"
