"""The lab's cluster as these tests use it: ended runs, and what can be seen of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ruamel.yaml import YAML

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import load
from chaos.errors import HoldfastError
from chaos.probes import kinds
from chaos.safety.entry import Entry
from chaos.safety.journal import Journal, state_folder
from chaos.safety.lease_api import ClusterLease
from chaos.safety.leftovers import Leftovers, find
from chaos.steady import wait_whole
from lab.wait import until
from selftests.killed.cases import HOLD, Case
from selftests.killed.command import Holdfast, run
from selftests.killed.notes import Notes, notes_of

# Whether a fault is healed is seen on the nodes: of the probes, those are used that are judged.
USED = {"api-read-new", "api-read-reused", "api-read-http2", "api-write"}

TO_COME_SO_FAR = 300.0  # seconds: another's Lease, a steady state and a baseline come first
WHOLE = timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class Bench:
    """A cluster, and a runner's state of its own.

    Args:
        state: $XDG_STATE_HOME of the runs.
    """

    inventory: Path
    cluster: Cluster
    state: Path

    @classmethod
    def of(cls, inventory: Path, state: Path) -> Bench:
        looking_less = _looking_less(inventory)
        return cls(looking_less, Cluster(load(looking_less)), state)

    @property
    def journal(self) -> Journal:
        uid = self.cluster.inventory.cluster.uid
        return Journal(state_folder(uid, environ={"XDG_STATE_HOME": str(self.state)}))

    def start(self, case: Case) -> Holdfast:
        """A run of one experiment; it does not end by itself before the case's moment."""
        return Holdfast(*self._words(case), state=self.state)

    def run_again(self, case: Case, *, within: float) -> tuple[int, str, float]:
        return run(*self._words(case), state=self.state, within=within)

    def _words(self, case: Case) -> list[str]:
        chosen = ["-k", case.experiment, "--hold", str(HOLD)]
        return ["run", "resilience", str(self.inventory), *chosen]

    def holdfast(self, *words: str, within: float = 180.0) -> tuple[int, str, float]:
        return run(*words, state=self.state, within=within)

    def entry(self) -> Entry | None:
        """What the one run that was ended wrote into the journal."""
        entries = self.journal.entries()
        assert len(entries) < 2
        return entries[0] if entries else None

    def notes(self, entry: Entry) -> dict[str, Notes | None]:
        names = [record.action.node for record in entry.nodes]
        return {name: notes_of(self.cluster.node(name), entry.generation) for name in names}

    def leftovers(self) -> Leftovers:
        return find(self.journal, {node.name: node for node in self.cluster.nodes})

    def left(self) -> list[str]:
        """What is left here and on all nodes, and nodes that cannot be asked."""
        return self.leftovers().lines()

    def lease_holder(self) -> str:
        """Who holds the cluster's Lease; nobody is ''."""
        seen = ClusterLease(self.cluster.kube).read()
        return "" if seen is None else str(seen["spec"].get("holderIdentity") or "")

    def whole_after(self) -> float | None:
        """Seconds until the cluster is whole; None if it does not get whole."""
        begun = time.monotonic()
        at, _ = wait_whole(self.cluster, within=WHOLE)
        return None if at is None else round(time.monotonic() - begun, 1)

    def made_clean(self) -> None:
        """What an ended test left is taken away, and the cluster is whole."""
        if self.leftovers():
            self.holdfast("heal", str(self.inventory))
        assert self.left() == []
        at, wrong = wait_whole(self.cluster, within=WHOLE)
        assert at is not None, wrong

    def wait_over(self, entry: Entry, *, until_at: float) -> dict[str, Notes | None]:
        """Look at the nodes until nothing more is to come, or this moment of the clock is over."""
        begun = time.time()
        last: dict[str, Notes | None] = {r.action.node: None for r in entry.nodes}

        def settled() -> bool:
            try:
                last.update(self.notes(entry))
            except HoldfastError:
                # A partition leaves `ssh` alone, and what is cut off may be slow all the same.
                return False
            # What was under way when the runner died has arrived by then.
            if time.time() < begun + 3:
                return False
            late = time.time() > until_at
            return late or all(_is_over(notes) for notes in last.values())

        until(settled, "the dead men", timeout=max(10.0, until_at - begun + 30), every=0.5)
        return last


def _is_over(notes: Notes | None) -> bool:
    return notes is None or notes.armed is None or notes.over is not None


def _looking_less(inventory: Path) -> Path:
    """This inventory without all the other probes, beside it: its paths are relative."""
    yaml, less = YAML(), inventory.with_name("looking-less.yaml")
    content = yaml.load(inventory)
    content["probes"] = {"leave_out": sorted(set(kinds()) - USED)}
    with less.open("w") as file:
        yaml.dump(content, file)
    return less
