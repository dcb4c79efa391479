"""One member of etcd stops."""

from __future__ import annotations

from typing import ClassVar

from chaos.faults import KILL, SILENT, Blast, Fault, Requires, Scene, TargetNode, _static_etcd
from chaos.faults._units import pause, stop
from chaos.safety.plan import NodeAction


class EtcdStop(Fault):
    """Reads and writes through the endpoint are expected to go on: a majority of voters is left.

    A follower's end costs nothing; the leader's an election, within [1, 2) × election-timeout of
    its last heartbeat. Where etcd is stacked, the apiserver beside it knows no other member: it
    stops being ready, and the balancer must notice. `silent`: the member's sockets stay open and
    nobody answers, so its clients wait for their own time-outs, and its leader's lease must run
    out before the others elect.
    Source: etcd, "Failure modes", "Tuning"; kubeadm, "Options for Highly Available Topology".
    """

    name: ClassVar[str] = "etcd-stop"
    requires: ClassVar[Requires] = Requires(control_planes=3)
    targets: ClassVar[tuple[str, ...]] = ("etcd_leader", "etcd_follower", "one etcd member")
    variants: ClassVar[tuple[str, ...]] = (KILL, SILENT)

    def blast(self, scene: Scene) -> Blast:
        """A voter each, and where etcd is stacked the control plane with it."""
        names = frozenset(node.name for node in scene.targets)
        stacked = names if scene.etcd == "stacked" else frozenset[str]()
        return Blast(etcd_voters=names, control_planes=stacked)

    def action(self, target: TargetNode, scene: Scene, variant: str) -> NodeAction:
        """A static Pod's manifest is covered; a unit is stopped; or the process is paused."""
        if scene.etcd == "stacked":
            act = _static_etcd.pause if variant == SILENT else _static_etcd.stop
            return act(target.name)
        unit = scene.unit("etcd")
        if variant == SILENT:
            return pause(target.name, [unit], whole=False)
        return stop(target.name, unit)
