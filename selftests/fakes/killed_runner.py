"""A runner that is killed before or after one step: `ROOT STATE before|after VERB`."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from chaos.faults import Scene, TargetNode, registry
from chaos.safety.session import Session
from selftests.fakes.node import ADDRESS, FakeNode


def main() -> None:
    root, state, moment, verb = sys.argv[1:]
    node = FakeNode("cp-1", Path(root), boot=False)

    def die(command: str) -> None:
        mark = "base64" if verb == "deploy" else f"fence.sh {verb}"
        if mark in command:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment == "before":
        node.before_run = die
    else:
        node.after_run = die
    target = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))
    plan = registry()["kubelet-stop"].plan(
        Scene(targets=(target,)), variant="kill", hold=timedelta(seconds=20)
    )
    with Session(
        state=Path(state), cluster_uid="u", nodes={"cp-1": node}, run=node.run_folder
    ) as session:
        session.arm(plan)
        session.inject()
        session.manifested()
        session.heal()


main()
