"""One experiment: the only place that knows the order of the steps.

    steady state → probes ready → baseline → target → journal and dead man armed, and seen armed →
    inject → manifested? → hold → heal → healed, proved → redundancy back → settle → judge

Whatever goes wrong on the way is written into the timeline, and the judgement reads it there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from chaos import limits, story
from chaos.cluster.cluster import Cluster
from chaos.cluster.target import Chosen, Target
from chaos.errors import HoldfastError
from chaos.faults import Fault, Scene, TargetNode
from chaos.judging import judge_timeline
from chaos.measure.judge import FLOOR
from chaos.measure.sampling import Sampling
from chaos.measure.timeline import Timeline
from chaos.probing import probes_of
from chaos.result import ExperimentResult
from chaos.safety import guards
from chaos.safety.errors import Refused, Unhealed
from chaos.safety.guards import Member
from chaos.safety.session import Session
from chaos.steady import wait_whole
from chaos.story import Planned

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be tried.

    Attributes:
        hold: how long the fault lasts.
        settle: how long is watched after all are back, for what fails late.
        steady: how long the cluster may take to be whole before the fault.
        baseline: how long is measured before the fault; at least what the floor on samples takes.
    """

    name: str
    fault: Fault
    variant: str
    target: Target
    seed: int
    hold: timedelta = timedelta(seconds=30)
    settle: timedelta = timedelta(seconds=3)
    steady: timedelta = timedelta(seconds=180)
    baseline: timedelta = timedelta(seconds=6)


@dataclass(slots=True)
class Experiment:
    """An order carried out on a cluster.

    Args:
        folder: the run's; the timeline goes to `experiments/NAME/timeline.jsonl` in it.
        state: the runner's state folder of this cluster.
        uid: of the cluster, as it was checked.
        say: told what happens, as (event, detail), for the terminal.
    """

    cluster: Cluster
    order: Order
    folder: Path
    state: Path
    uid: str
    say: Say = lambda _event, _detail: None
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> str:
        """The timeline, relative to the run's folder."""
        return f"experiments/{self.order.name}/timeline.jsonl"

    def run(self) -> ExperimentResult:
        """Carry it out, and judge it from what is on disk.

        Raises:
            KeyboardInterrupt: somebody ended it; the fault is healed, and the timeline tells.
            HoldfastError: the cluster cannot be reached or measured at all.
        """
        timeline = self.folder / self.path
        timeline.parent.mkdir(parents=True)
        sampling = Sampling(probes_of(self.cluster), timeline)
        sampling.start()
        try:
            self._steps(sampling)
        except Unhealed as wrong:
            self._mark(sampling, story.UNHEALED, why=str(wrong))
        except HoldfastError as wrong:
            self._mark(sampling, story.SPOILED, why=str(wrong))
        except KeyboardInterrupt:
            self._mark(sampling, story.SPOILED, why="it was interrupted")
            raise
        finally:
            sampling.stop()
        return judge_timeline(Timeline.read(timeline), path=self.path)

    def _steps(self, sampling: Sampling) -> None:
        order = self.order
        planned = self._plan(sampling)
        self._mark(sampling, story.PLANNED, **planned.as_data())
        self._phase(sampling, "steady state")
        whole, wrong = wait_whole(self.cluster, within=order.steady)
        if whole is None:
            raise Refused(f"The cluster was not whole before the fault: {' '.join(wrong)}")
        self._phase(sampling, "baseline")
        self._pause(max(order.baseline, self._floor(sampling)))
        chosen = order.target.resolve(self.cluster, seed=order.seed)
        planned = replace(planned, nodes=chosen.nodes)
        self._mark(sampling, story.PLANNED, **planned.as_data())
        scene = self._scene(chosen)
        self._guard(scene)
        plan = order.fault.plan(scene, variant=order.variant, hold=order.hold)
        nodes = {node.name: node for node in self.cluster.nodes}
        with Session(state=self.state, cluster_uid=self.uid, nodes=nodes, say=self.say) as session:
            self._phase(sampling, "arm", target=str(chosen))
            session.arm(plan)
            moved = chosen.still(self.cluster)
            if moved:
                raise Refused(moved)
            self._phase(sampling, "inject")
            struck = time.monotonic()
            session.inject()
            sampling.mark(story.INJECTED, at=struck)
            self._phase(sampling, "manifested?")
            shown = session.manifested()
            self._mark(
                sampling, story.MANIFESTED, manifested=shown.manifested, nodes=dict(shown.nodes)
            )
            self._phase(sampling, "hold")
            self._pause(order.hold - timedelta(seconds=time.monotonic() - struck))
            self._phase(sampling, "heal")
            sampling.mark(story.HEALING)
            healing = session.heal()
        self._mark(sampling, story.HEALED, seconds=healing.seconds)
        if healing.by_dead_man:
            raise Refused("A dead man healed before the hold was over: it was shorter than meant.")
        self._phase(sampling, "recover")
        back, missing = wait_whole(
            self.cluster, within=limits.redundancy(self.cluster.inventory, order.fault.name)
        )
        if back is not None:
            sampling.mark(story.REDUNDANT, at=back)
        else:
            self.say("not back", " ".join(missing))
        self._phase(sampling, "settle")
        self._pause(order.settle)

    def _plan(self, sampling: Sampling) -> Planned:
        order, inventory = self.order, self.cluster.inventory
        budgets, origin = limits.budgets(inventory, order.fault.name, sampling.probes)
        return Planned(
            name=order.name,
            fault=order.fault.name,
            variant=order.variant,
            target=str(order.target),
            nodes=(),
            seed=order.seed,
            hold=order.hold.total_seconds(),
            redundancy=limits.redundancy(inventory, order.fault.name).total_seconds(),
            budgets=budgets,
            budget_from=origin,
        )

    def _floor(self, sampling: Sampling) -> timedelta:
        judged = [probe.rate for probe in sampling.probes if probe.path == limits.JUDGED]
        return timedelta(seconds=1.1 * FLOOR / min(judged))

    def _scene(self, chosen: Chosen) -> Scene:
        inventory = self.cluster.inventory
        parts = [inventory.node(name) for name in chosen.nodes]
        return Scene(
            targets=tuple(
                TargetNode(
                    name=part.name,
                    address=part.address,
                    roles=frozenset(str(role) for role in part.roles),
                    zone=part.zone or "",
                )
                for part in parts
            ),
            etcd=inventory.etcd.topology if inventory.etcd else "external",
            virtual_ip=inventory.endpoint.address or "",
        )

    def _guard(self, scene: Scene) -> None:
        """Never more than a minority of etcd's voters, counting those already down."""
        if self.cluster.inventory.etcd is None:
            return
        facts = self.cluster.etcd_facts()
        members: Iterable[Member] = [
            Member(name=m.node or m.name, healthy=facts.answering(m), learner=m.learner)
            for m in facts.members
        ]
        guards.quorum_holds(members, takes=self.order.fault.blast(scene).etcd_voters)

    def _phase(self, sampling: Sampling, name: str, **data: str) -> None:
        sampling.mark(story.PHASE, at=None, name=name, **data)
        self.say(name, data.get("target", ""))

    def _mark(self, sampling: Sampling, kind: str, **data: object) -> None:
        sampling.mark(kind, at=None, **data)
        if "why" in data:
            self.say(kind, str(data["why"]))

    def _pause(self, length: timedelta) -> None:
        # Waits for nothing but the time: a signal ends it at once.
        self._ended.wait(max(0.0, length.total_seconds()))
