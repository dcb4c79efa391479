"""How safety says no."""

from __future__ import annotations

from chaos.errors import HoldfastError


class Refused(HoldfastError):
    """A guard, a fence or another run is in the way; nothing was changed."""


class Denied(Refused):
    """What the inventory or the command line does not allow."""

    exit_code = 2


class NodeRefused(Refused):
    """A node's fence said no: not armed, too late, or not as the fault needs it.

    Args:
        node: the node's name.
        why: the fence's own words.
    """

    def __init__(self, node: str, why: str) -> None:
        super().__init__(f"{node}: {why}")
        self.node = node
        self.why = why


class Unhealed(HoldfastError):
    """Something of ours is still there: of an earlier run, or a fault that did not go away."""

    exit_code = 4
