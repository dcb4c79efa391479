r"""A machine of the cluster, as something to run commands on.

>>> node = Node.of(inventory.node("cp-1"), folder=inventory.folder)
>>> node.run("systemctl is-active kubelet").out
'active\n'
>>> node.host.service("kubelet").is_enabled  # testinfra's own words work, in bounded time
True
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from testinfra.host import Host

from chaos.cluster.backend import DEFAULT, BoundedBackend
from chaos.cluster.inventory_parts import NodePart, Role
from chaos.cluster.reach import parse_url
from chaos.cluster.shell import Questions, Said
from chaos.cluster.unreachable import CommandFailed, NodeTimedOut

# sshd begins to turn connections away when ten are logging in at once (MaxStartups 10:30:100).
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What a command on a node ended with."""

    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A node; calls from many threads at once are in order.

    Args:
        host: testinfra's host, whose every call is bounded in time.
    """

    name: str
    roles: frozenset[Role]
    zone: str | None
    address: str
    host: Any
    _gate: threading.Semaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE), repr=False
    )

    @classmethod
    def of(cls, part: NodePart, *, folder: Path) -> Node:
        """The node of an entry of the inventory.

        Args:
            folder: the inventory's.
        """
        host = Host(BoundedBackend(part.name, parse_url(part.url, folder)))
        return cls(part.name, frozenset(part.roles), part.zone, part.address, host)

    def __str__(self) -> str:
        return self.name

    def run(
        self,
        command: str,
        *,
        timeout: timedelta = DEFAULT,
        stdin: str | None = None,
        check: bool = False,
    ) -> Result:
        """Run shell text as root, or as whom the inventory's url says.

        Args:
            timeout: how long it may take there. Reaching the node is bounded by itself.
            stdin: what it reads.
            check: whether another code than 0 is an error.

        Raises:
            NodeUnreachable: nothing ran; its `reason` tells refused from timed out and the rest.
            NodeTimedOut: it did not end in time, and was ended.
            CommandFailed: with `check`, it ended with another code than 0.
        """
        if not self._gate.acquire(timeout=timeout.total_seconds()):
            told = f"{self.name}: {AT_ONCE} commands run there already, and none came to an end."
            raise NodeTimedOut(self.name, told)
        try:
            done = self.host.run(command, timeout=timeout, stdin=stdin)
        finally:
            self._gate.release()
        result = Result(done.rc, done.stdout, done.stderr)
        if check and not result.ok:
            why = (result.err or result.out).strip().splitlines() or ["it said nothing"]
            first = command.strip().splitlines()[0][:80]
            told = f"{self.name}: `{first}` ended with code {result.code}: {why[-1]}"
            raise CommandFailed(self.name, told)
        return result

    def ask(self, questions: Questions) -> dict[str, Said]:
        """Ask several questions in one call.

        Raises:
            NodeUnreachable, NodeTimedOut.
        """
        said = self.run(questions.script, timeout=questions.timeout)
        try:
            return questions.answers(said.out)
        except ValueError as wrong:
            raise CommandFailed(self.name, f"{self.name}: {wrong}: {said.err[-200:]}") from None
