"""What kubelet's and containerd's end have in common: they keep what serves, and do not serve."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from chaos.faults import KILL, SILENT, Blast, Fault, Scene, TargetNode
from chaos.faults._units import pause, stop
from chaos.measure.budget import Budget
from chaos.safety.plan import NodeAction


class KeeperStop(Fault):
    """A unit that keeps containers is stopped, or its main process paused.

    Never its descendants: they are what it keeps.

    Attributes:
        unit: what it is called where the cluster does not call it otherwise.
    """

    unit: ClassVar[str]
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
        """The unit is stopped, or its main process paused."""
        unit = scene.unit(self.unit)
        if variant == SILENT:
            return pause(target.name, [unit], whole=False)
        return stop(target.name, unit)
