"""What safety needs of a node; `chaos.cluster`'s nodes fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol


class Result(Protocol):
    """What a command did."""

    @property
    def code(self) -> int:
        """Exit code."""

    @property
    def out(self) -> str:
        """Standard output."""

    @property
    def err(self) -> str:
        """Standard error."""


class NodeRunner(Protocol):
    """One node that runs commands as root."""

    @property
    def name(self) -> str:
        """Its name in the inventory."""

    def run(self, command: str, *, timeout: timedelta) -> Result:
        """Run a line of shell; raises when the node cannot be reached or the time is over."""


Nodes = Mapping[str, NodeRunner]

QUICK = timedelta(seconds=20)
"""For what only reads or writes a few files."""
