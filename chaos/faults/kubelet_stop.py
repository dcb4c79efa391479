"""kubelet stops; what it started goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from chaos.faults import KILL, SILENT, Blast, Fault, Requires, Scene, TargetNode
from chaos.faults._units import pause, stop
from chaos.measure.budget import Budget
from chaos.safety.plan import NodeAction


class KubeletStop(Fault):
    """Everything is expected to go on: the node's containers do not need kubelet to run.

    Its static Pods (apiserver, etcd) go on and serve, so clients notice nothing. The node's Lease
    is not renewed, so after node-monitor-grace-period (50 s by default) the node is NotReady and
    its Pods leave the endpoints of Services; after their toleration (300 s) they are evicted.
    Source: Kubernetes, "Nodes", "Node-pressure and taint based evictions".
    """

    name: ClassVar[str] = "kubelet-stop"
    requires: ClassVar[Requires] = Requires(control_planes=1)
    targets: ClassVar[tuple[str, ...]] = ("one control plane", "one worker")
    variants: ClassVar[tuple[str, ...]] = (KILL, SILENT)
    # What serves does not depend on it: an outage would be somebody else's, and no small one.
    budget: ClassVar[Budget] = Budget(
        longest_outage=timedelta(seconds=2), recover=timedelta(seconds=5)
    )

    def blast(self, scene: Scene) -> Blast:
        """Control planes are without their keeper, though their components run."""
        names = frozenset(node.name for node in scene.targets if node.is_control_plane)
        return Blast(control_planes=names)

    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:
        """The unit is stopped, or its process paused."""
        unit = scene.unit("kubelet")
        if variant == SILENT:
            return pause(target.name, [unit], whole=False)
        return stop(target.name, unit)
