"""From the runner's side: the program that runs a shell on a machine, and whether it can."""

from __future__ import annotations

from datetime import timedelta

from chaos.cluster.backend import LONGEST, argv_of
from chaos.cluster.node import Node
from chaos.cluster.shell import ENVIRONMENT, bounded, quote
from chaos.cluster.unreachable import NodeError
from chaos.probes.remote import LIFE

ASKING = timedelta(seconds=10)


def argv(node: Node, script: str) -> list[str]:
    """The program here that runs shell text there, and ends it after LIFE.

    It gives way to whatever else runs there: to look at a machine must not slow it down.

    Raises:
        NodeError: the text is too long.
    """
    backend = node.host.backend
    text = f"{ENVIRONMENT}; exec nice -n 19 {bounded(script, timedelta(seconds=LIFE))}"
    command: str = backend.get_command(f"sh -c {quote(text)}")
    if len(command.encode()) > LONGEST:
        raise NodeError(node.name, f"{node.name}: a shell text of {len(command)} characters.")
    # What ssh itself has to say comes as the shell's words do: the last of them is the reason.
    return argv_of(backend.reach, command)


def trouble(node: Node, script: str) -> str:
    """Why a text that `remote.loop` or `piped.holding` made cannot run there; empty where it can.

    Without anything on its input it prepares itself and ends.

    Raises:
        NodeError: the machine cannot be asked.
    """
    done = node.run(script, timeout=ASKING, stdin="")
    if done.ok:
        return ""
    said = (done.err or done.out).strip().splitlines() or [f"it ended with code {done.code}"]
    return said[-1]
