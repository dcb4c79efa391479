"""One fault on a cluster, from the journal to the proof that it is gone."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from chaos.safety import commands
from chaos.safety.each import all_of, each
from chaos.safety.entry import Entry
from chaos.safety.errors import Refused, Unhealed
from chaos.safety.fence import RUN, Fence
from chaos.safety.healing import heal_entry
from chaos.safety.journal import Journal, new_generation
from chaos.safety.node import Nodes
from chaos.safety.outcome import Armed, Evidence, Healing
from chaos.safety.plan import Plan
from chaos.safety.renewer import Renewer
from chaos.safety.signals import Interruptions
from chaos.safety.watchdog import Watchdog

TTL = timedelta(seconds=30)
MARGIN = timedelta(seconds=30)
LATE = timedelta(seconds=10)
"""What may come on top of a dead man's time to live until the fault is gone: a renewal that was
under way when the runner died, the undo, and its proof."""
NOT_BEGUN = timedelta(seconds=5)
"""How long a node is asked to disarm when no fault can be in."""


class Session:
    """A context: whatever happens inside, at its end the fault is gone, or Unhealed is raised.

        with Session(state=state_folder(uid), cluster_uid=uid, nodes=nodes) as session:
            session.arm(plan)
            session.inject()
            evidence = session.manifested()
            …
            session.heal()

    Args:
        state: the cluster's state folder on the runner.
        cluster_uid: of namespace kube-system.
        nodes: by name, at least those of the plans. One call at a time is made to each, but for
            the renewals, which come from a thread of their own.
        ttl: the dead man's time to live where it is renewed; it is renewed at a third of it.
        margin: what is added to the hold where it is not.
        say: told what happens, as (event, detail); for the timeline and the terminal. Called from
            other threads as well.
    """

    def __init__(
        self,
        *,
        state: Path,
        cluster_uid: str,
        nodes: Nodes,
        ttl: timedelta = TTL,
        margin: timedelta = MARGIN,
        say: Callable[[str, str], None] = lambda _event, _detail: None,
        run: str = RUN,
    ) -> None:
        self._state = state
        self._journal = Journal(state)
        self._uid = cluster_uid
        self._nodes = nodes
        self._ttl = ttl
        self._margin = margin
        self._say = say
        self._run = run
        self._entry: Entry | None = None
        self._plan: Plan | None = None
        self._fences: tuple[Fence, ...] = ()
        self._renewer: Renewer | None = None
        self._watchdog: Watchdog | None = None
        self._interruptions = Interruptions(lambda line: say("interrupted", line))

    def __enter__(self) -> Session:
        self._interruptions.__enter__()
        return self

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        try:
            try:
                self._heal_what_is_open()
            except KeyboardInterrupt:
                # It came before the shield was up, or when all was healed. There is no third one.
                self._heal_what_is_open()
                raise
        finally:
            self._interruptions.__exit__()

    def _heal_what_is_open(self) -> None:
        if self._entry is not None:
            self.heal()

    def arm(self, plan: Plan) -> Armed:
        """Write the journal here and on each node, arm the dead men and the watchdog, see them.

        Raises:
            Refused: something is armed already, or cannot be; then it is all taken back.
        """
        if self._entry is not None:
            raise Refused(f"{self._entry.generation} is not healed yet.")
        ttl = plan.time_to_live(ttl=self._ttl, margin=self._margin)
        now = datetime.now(UTC)
        entry = Entry.of(
            plan,
            generation=new_generation(plan.fault, now),
            cluster_uid=self._uid,
            created=now.isoformat(timespec="milliseconds"),
            runner={"host": socket.gethostname(), "pid": str(os.getpid())},
            ttl=ttl.total_seconds(),
        )
        self._fences = tuple(
            Fence(self._nodes[a.node], entry.generation, run=self._run) for a in plan.actions
        )
        self._entry, self._plan = entry, plan
        self._journal.write(entry)
        try:
            return self._arm(plan, entry, ttl)
        except BaseException:
            self.heal()
            raise

    def _arm(self, plan: Plan, entry: Entry, ttl: timedelta) -> Armed:
        if plan.commands:
            whole = plan.hold + self._margin
            self._watchdog = Watchdog(self._state, entry.generation, ttl=whole)
            self._watchdog.start()
        pairs = list(zip(self._fences, plan.actions, strict=True))
        # To its end: a node that is still writing when we look for what to undo would keep it.
        with self._interruptions.shielded():
            all_of(pairs, lambda pair: pair[0].deploy(pair[1], entry.dump()))
        left = all_of(self._fences, lambda fence: fence.arm(ttl))
        before = all_of(self._fences, lambda fence: fence.before())
        names = [action.node for action in plan.actions]
        self._entry = entry.seen(dict(zip(names, before, strict=True))).at("armed")
        self._journal.write(self._entry)
        if plan.renewable and self._fences:
            self._renewer = Renewer(
                self._fences,
                period=ttl / 3,
                say=lambda node, why: self._say("not renewed", f"{node}: {why}"),
            )
            self._renewer.start()
        self._say("armed", f"{entry.generation}: {', '.join(names)}")
        return Armed(generation=entry.generation, ttl=ttl, left=dict(zip(names, left, strict=True)))

    def inject(self) -> dict[str, str]:
        """Inject on all nodes at once; gives what each said.

        Raises:
            Refused: a fence said no or a script failed. The end of the context heals the others.
        """
        entry, plan = self._open()
        self._entry = entry.at("injecting")
        self._journal.write(self._entry)
        for command in plan.commands:
            commands.inject(command)
        said = all_of(self._fences, lambda fence: fence.inject())
        self._entry = self._entry.at("injected")
        self._journal.write(self._entry)
        self._say("injected", entry.generation)
        return {fence.node.name: words for fence, words in zip(self._fences, said, strict=True)}

    def manifested(self, *, within: timedelta = timedelta(seconds=10)) -> Evidence:
        """Look until the fault shows on every node, or the time is over. Never raises for a node.

        A command's own exit code is all the evidence there is for what it did.
        """
        self._open()
        end = time.monotonic() + within.total_seconds()
        while True:
            seen = each(self._fences, lambda fence: fence.manifested())
            there = [not isinstance(one, Exception) and one[0] for one in seen]
            if all(there) or time.monotonic() > end:
                break
            time.sleep(0.5)
        words = [str(one) if isinstance(one, Exception) else one[1] for one in seen]
        names = [fence.node.name for fence in self._fences]
        return Evidence(manifested=all(there), nodes=dict(zip(names, words, strict=True)))

    def heal(self, *, within: timedelta | None = None) -> Healing:
        """Take the fault away, prove it, disarm, forget. A signal waits until that is done.

        Args:
            within: how long to try; by default until the dead man must have come, and 30 s.

        Raises:
            Unhealed: a node or a command could not be healed; the journal keeps it.
        """
        with self._interruptions.shielded():
            return self._heal(within)

    def _heal(self, within: timedelta | None) -> Healing:
        entry, _ = self._open()
        began = time.monotonic()
        # From here on nobody renews: if we die now, the dead man comes.
        if self._renewer is not None:
            self._renewer.stop()
        # Best effort: what follows does not depend on it, and a full disk must not stop it.
        each([entry.at("healing")], self._journal.write)
        limit = within or timedelta(seconds=entry.ttl + 30)
        if not entry.may_be_in:
            limit = min(limit, NOT_BEGUN)
        done = heal_entry(entry, self._nodes, within=limit, run=self._run)
        failed = "; ".join(done.failed)
        if failed and not entry.may_be_in:
            # Its dead man comes for nothing; what lies there is found by the next run.
            self._say("left behind", failed)
            failed = ""
        self._forget(entry, healed=not failed)
        if failed:
            self._say("unhealed", failed)
            raise Unhealed(
                f"{entry.fault} is not healed: {failed}.", "`holdfast heal` tries again."
            )
        self._say("healed", entry.generation)
        return Healing(nodes=done.nodes, seconds=round(time.monotonic() - began, 3))

    def _forget(self, entry: Entry, *, healed: bool) -> None:
        self._entry = self._plan = self._renewer = None
        if not healed:
            # The watchdog stays: it goes on trying when we are gone.
            return
        if self._watchdog is not None:
            self._watchdog.dismiss()
            self._watchdog = None
        self._journal.remove(entry.generation)

    def _open(self) -> tuple[Entry, Plan]:
        if self._entry is None or self._plan is None:
            raise Refused("Nothing is armed.")
        return self._entry, self._plan
