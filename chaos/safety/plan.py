"""A fault made concrete: which scripts run where. Data alone: it can be kept and printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SCRIPTS = ("precheck", "inject", "undo", "manifested", "projection")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAction:
    """What is done to one node: POSIX shell, run with `sh -eu` as root, $HOLDFAST_DIR its folder.

    Attributes:
        node: the node's name in the inventory.
        precheck: exits 0 if the fault can be injected, else prints why not. Changes nothing.
        inject: the fault itself; when it has ended, the fault is in.
        undo: takes it away. Idempotent, and harmless where nothing was injected.
        manifested: exits 0 and prints evidence if the fault is really in. Changes nothing.
        projection: prints all that the fault may change; equal before and after is healed.
    """

    node: str
    precheck: str
    inject: str
    undo: str
    manifested: str
    projection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is done from the runner's side: a cable, the power.

    Attributes:
        name: what it is done to.
        inject: a command line that does it; it is run without a shell and blocks until done.
        heal: one that takes it back. Idempotent; exit code 0 is its proof.
        folder: where both run: the inventory's folder.
    """

    name: str
    inject: str
    heal: str
    folder: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One fault on its targets.

    Attributes:
        fault: its name.
        variant: `kill` or `silent`.
        actions: one a node.
        commands: what is done from the runner's side, under the watchdog.
        renewable: False if the fault may cut the runner off: its dead man gets hold + margin.
        hold: how long it shall last.
    """

    fault: str
    variant: str
    hold: timedelta
    actions: tuple[NodeAction, ...] = ()
    commands: tuple[Command, ...] = ()
    renewable: bool = True

    def time_to_live(self, *, ttl: timedelta, margin: timedelta) -> timedelta:
        """How long the dead man waits, and so the longest until the fault is taken away.

        Args:
            ttl: where it is renewed, from the last renewal.
            margin: what is added to the hold where it is not.
        """
        return ttl if self.renewable else self.hold + margin
