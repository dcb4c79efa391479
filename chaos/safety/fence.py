"""The runner's side of the fence on a node: `fence.sh` does it, this asks for it."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any

from chaos.safety.errors import NodeRefused
from chaos.safety.node import QUICK, NodeRunner, Result
from chaos.safety.plan import SCRIPTS, NodeAction

RUN = "/run/holdfast"
"""On the node. A reboot empties it."""
LOCK_AND_SCRIPT = timedelta(seconds=180)
"""The longest that a verb takes: 90 s for the lock, 20 + 60 s for scripts."""

NOT_HEALED = 4
NO_FOLDER = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What an undo reached.

    Attributes:
        healed: the projection is as it was before.
        by_dead_man: the dead man had come before the runner did.
        no_folder: the node has nothing of this generation: never had it, or lost it.
        over: then: it has its tombstone, so it was undone and has not rebooted since.
        detail: the node's own words.
    """

    healed: bool
    detail: str
    by_dead_man: bool = False
    no_folder: bool = False
    over: bool = False


class Fence:
    """One generation on one node.

    Args:
        node: where.
        generation: whose.
        run: Holdfast's folder on the node; another one in tests.
    """

    def __init__(self, node: NodeRunner, generation: str, *, run: str = RUN) -> None:
        self.node = node
        self.generation = generation
        self.folder = f"{run}/{generation}"
        self._run = run

    def deploy(
        self, action: NodeAction, entry: Mapping[str, Any], *, before: str | None = None
    ) -> None:
        """Write the program, the scripts and the journal's entry to the node; changes nothing else.

        Args:
            action: the scripts.
            entry: the journal's entry, as plain data.
            before: the projection as it shall be, for a node that has lost its folder while the
                fault may have been in.

        Raises:
            NodeRefused: they could not be written.
        """
        texts = {name: f"# {action.node}: {name}\n{getattr(action, name)}" for name in SCRIPTS}
        texts["entry.json"] = json.dumps(entry, indent=1)
        if before is not None:
            texts |= {"before": before, "injected": "unknown\n"}
        # Last: whoever sees the program sees all.
        texts["fence.sh"] = (files("chaos.safety") / "fence.sh").read_text(encoding="utf-8")
        folder = shlex.quote(self.folder)
        lines = ["set -eu", "umask 077", f"mkdir -p {folder}", f"cd {folder}"]
        for name, text in texts.items():
            packed = base64.b64encode(text.encode()).decode()
            lines.append(f"printf %s {packed} | base64 -d >{name}.new && mv {name}.new {name}")
        done = self.node.run("\n".join(lines), timeout=QUICK)
        if done.code:
            raise NodeRefused(self.node.name, f"cannot write {self.folder}: {done.err.strip()}")

    def arm(self, ttl: timedelta) -> timedelta:
        """Arm the dead man and see it armed; gives the time that is left. Raises NodeRefused."""
        return _left(self._do(f"arm {max(1, round(ttl.total_seconds()))}"))

    def renew(self) -> timedelta:
        """Start the dead man's time anew; gives the time that is left. Raises NodeRefused."""
        # Of no use when it takes long, and in the way of the next one.
        return _left(self._do("renew", timeout=QUICK))

    def before(self) -> str:
        """The projection taken when the dead man was armed. Raises NodeRefused."""
        return self._do("before")

    def inject(self) -> str:
        """Inject, under the lock and only with 10 s left; gives what the script printed.

        Raises:
            NodeRefused: the fence said no, and nothing was changed; or the script failed.
        """
        return self._do("inject")

    def manifested(self) -> tuple[bool, str]:
        """Whether the fault is really in, and the evidence."""
        done = self._call("manifested")
        return done.code == 0, _words(done)

    def undo(self) -> Undone:
        """Take the fault away. May be asked again and again. Raises NodeRefused."""
        done = self._call("undo")
        if done.code == NO_FOLDER:
            detail = "nothing of ours is there"
            return Undone(healed=False, detail=detail, no_folder=True, over="over" in done.out)
        if done.code not in {0, NOT_HEALED}:
            raise NodeRefused(self.node.name, _words(done))
        return Undone(
            healed=done.code == 0,
            by_dead_man="the dead man came" in done.out,
            detail=_words(done),
        )

    def release(self) -> None:
        """Disarm and leave nothing but the tombstone. Raises NodeRefused if it is not healed."""
        self._do("release")

    def _call(self, verb: str, *, timeout: timedelta = LOCK_AND_SCRIPT) -> Result:
        program = shlex.quote(f"{self.folder}/fence.sh")
        over = shlex.quote(f"{self._run}/undone/{self.generation}")
        # One call: each costs a handshake, and healing should not wait for another.
        line = (
            f"[ -e {program} ] || {{ [ ! -e {over} ] || echo over; exit {NO_FOLDER}; }}\n"
            f"sh {program} {verb}"
        )
        return self.node.run(line, timeout=timeout)

    def _do(self, verb: str, *, timeout: timedelta = LOCK_AND_SCRIPT) -> str:
        done = self._call(verb, timeout=timeout)
        if done.code:
            raise NodeRefused(self.node.name, _words(done) or f"code {done.code}")
        return done.out


def _left(out: str) -> timedelta:
    for line in out.splitlines():
        word, _, value = line.partition(" ")
        if word == "left":
            return timedelta(milliseconds=10 * int(value))
    return timedelta(0)


def _words(done: Result) -> str:
    said = f"{done.out.strip()}\n{done.err.strip()}".strip()
    return said.removeprefix("refused: ")
