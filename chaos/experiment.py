"""One experiment: the only place that knows the order of the steps.

    probes ready → steady state → target → predicted → baseline → target again → journal and dead
    man armed, and seen armed → inject → manifested? → hold → heal → healed, proved → redundancy
    back → settle → judge

Whatever goes wrong on the way is written into the timeline, and the judgement reads it there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from chaos import limits, story
from chaos.cluster.clock import offsets_of
from chaos.cluster.cluster import Cluster
from chaos.cluster.parallel import GENTLY
from chaos.cluster.target import Chosen
from chaos.coverage import not_covered
from chaos.errors import HoldfastError
from chaos.faults import Scene
from chaos.foretelling import concerns, foretell
from chaos.history.recorder.recording import Recording
from chaos.judging import judge_folder
from chaos.measure.errors import MeasureError
from chaos.measure.lines import event_line, header_for
from chaos.measure.sample import STOPPED, Event
from chaos.measure.sampling import Sampling
from chaos.measure.timeline import Appender
from chaos.planning import Order, floor, guard, planned_of, scene_of
from chaos.probes import namespace
from chaos.probing import LEFT_OUT, endpoint_of, probes_for
from chaos.result import ExperimentResult
from chaos.safety.errors import Refused, Unhealed
from chaos.safety.session import Session
from chaos.steady import wait_whole
from chaos.story import Planned

Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Aim:
    """Who it is done to: as targets are chosen, as faults know it, as it is written down."""

    chosen: Chosen
    scene: Scene
    planned: Planned


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
        if why := not_covered(self.order.fault, self.cluster.inventory):
            return self._not_tried(timeline, why)
        probes, left_out = probes_for(self.cluster, prepare=True)
        sampling = Sampling(probes, timeline)
        recording = Recording(endpoint_of(self.cluster), timeline.parent)
        sampling.start()
        try:
            sampling.mark(LEFT_OUT, at=None, probes=dict(left_out))
            recording.start()
            self._steps(sampling)
        except Unhealed as wrong:
            self._mark(sampling, story.UNHEALED, why=str(wrong))
        except (HoldfastError, MeasureError) as wrong:
            self._mark(sampling, story.SPOILED, why=str(wrong))
        except KeyboardInterrupt:
            self._mark(sampling, story.SPOILED, why="it was interrupted")
            raise
        finally:
            # The history first: at its end it reads what it wrote, while the timeline goes on.
            for recorder in (recording, sampling):
                try:
                    recorder.stop()
                except MeasureError as died:
                    # What it left on disk is judged, and says itself that it is too little.
                    self.say("not recorded to the end", str(died))
            try:
                namespace.clean_up(self.cluster)
            except HoldfastError as wrong:
                self.say("left behind", f"what the probes wrote: {wrong.problem}")
        return judge_folder(self.folder, self.path)

    def _steps(self, sampling: Sampling) -> None:
        order = self.order
        planned = planned_of(order, self.cluster.inventory, sampling.probes)
        self._mark(sampling, story.PLANNED, **planned.as_data())
        self._phase(sampling, "steady state")
        whole, wrong = wait_whole(self.cluster, within=order.steady)
        if whole is None:
            raise Refused(f"The cluster was not whole before the fault: {' '.join(wrong)}")
        foretold = self._aim(sampling, planned)
        self._foretell(sampling, foretold)
        self._phase(sampling, story.BASELINE)
        self._pause(max(order.baseline, floor(sampling.probes)))
        aim = self._aim(sampling, planned)
        if aim.planned.nodes != foretold.planned.nodes:
            self._foretell(sampling, aim)
        chosen, scene = aim.chosen, aim.scene
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
            shown = session.manifested(within=order.fault.shows_within)
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

    def _aim(self, sampling: Sampling, planned: Planned) -> _Aim:
        """Who it would be done to now, and whether that may be."""
        chosen = self.order.target.resolve(self.cluster, seed=self.order.seed)
        planned = replace(planned, nodes=chosen.nodes)
        self._mark(sampling, story.PLANNED, **planned.as_data())
        scene = scene_of(self.cluster, chosen)
        guard(self.cluster, self.order.fault, scene)
        return _Aim(chosen, scene, planned)

    def _foretell(self, sampling: Sampling, aim: _Aim) -> None:
        """Predict from the settings, and tell at once which limits they cannot keep."""
        self._phase(sampling, "predict")
        predictions = foretell(self.cluster, self.order, aim.scene, sampling.probes)
        told = {name: one.as_data() for name, one in predictions.items()}
        self._mark(sampling, story.PREDICTED, probes=told)
        for sentences in concerns(predictions, aim.planned.budgets).values():
            for sentence in sentences:
                self.say("concern", sentence)
        offsets = offsets_of(self.cluster, at_once=GENTLY)
        self._mark(sampling, story.CLOCKS, nodes=offsets)

    def _not_tried(self, timeline: Path, why: str) -> ExperimentResult:
        """A timeline without samples, for this too is judged from what is on disk."""
        planned = planned_of(self.order, self.cluster.inventory, ())
        writer = Appender.create(timeline, header_for(()))
        for kind, data in (
            (story.PLANNED, planned.as_data()),
            (story.NOT_COVERED, {"why": why}),
            (STOPPED, {}),
        ):
            writer.append(event_line(Event(time.monotonic(), kind, data)))
        writer.close()
        self.say("not covered", why)
        return judge_folder(self.folder, self.path)

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
