"""containerd stops; the containers go on."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from chaos.faults import KILL, SILENT, Blast, Fault, Requires, Scene, TargetNode
from chaos.faults._units import pause, stop
from chaos.measure.budget import Budget
from chaos.safety.plan import NodeAction


class ContainerdStop(Fault):
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
    targets: ClassVar[tuple[str, ...]] = ("one control plane", "one worker")
    variants: ClassVar[tuple[str, ...]] = (KILL, SILENT)
    # What serves does not depend on it: an outage would be somebody else's, and no small one.
    budget: ClassVar[Budget] = Budget(
        longest_outage=timedelta(seconds=2), recover=timedelta(seconds=5)
    )

    def blast(self, scene: Scene) -> Blast:
        """Control planes cannot restart anything, though their components run."""
        names = frozenset(node.name for node in scene.targets if node.is_control_plane)
        return Blast(control_planes=names)

    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:
        """The unit is stopped, or its main process paused; never the shims, its descendants."""
        unit = scene.unit("containerd")
        if variant == SILENT:
            return pause(target.name, [unit], whole=False)
        return stop(target.name, unit)
