"""What a session tells of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from chaos.safety.healing import NodeHealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """All dead men are armed and were seen armed.

    Attributes:
        generation: the experiment's name on nodes and in the journal.
        ttl: the time to live of each dead man.
        left: what was left when it was seen, by node.
    """

    generation: str
    ttl: timedelta
    left: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Whether the fault is really in, by node, and what shows it."""

    manifested: bool
    nodes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Healing:
    """All nodes are healed, and nothing of ours is left. `seconds` from the call to the proof."""

    nodes: tuple[NodeHealed, ...]
    seconds: float

    @property
    def by_dead_man(self) -> bool:
        """A dead man came before the runner: the hold was shorter than it was meant to be."""
        return any(node.by == "dead man" for node in self.nodes)
