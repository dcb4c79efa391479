"""What a node noted of one generation: `fence.sh report`, by the node's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chaos.safety.fence import RUN
from chaos.safety.node import NodeRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Moments in seconds since 1970; None did not happen.

    Attributes:
        armed: the dead man was armed, and seen armed.
        renewed: its time began anew, the last time.
        injected: the fault began to go in.
        fired: the dead man came before anybody had undone it.
        healed: the fault was gone, and that was proved.
        undone: nothing more can be injected.
    """

    armed: float | None = None
    renewed: float | None = None
    injected: float | None = None
    fired: float | None = None
    healed: float | None = None
    undone: bool = False

    @property
    def since(self) -> float | None:
        """When the dead man's time began, the last time."""
        return self.renewed or self.armed

    @property
    def over(self) -> float | None:
        """When nothing of the fault was in any more, as long as nobody did anything else."""
        return self.healed if self.injected else self.fired


def parse(report: str) -> Notes:
    """What `fence.sh report` printed."""
    words = dict(line.split(" ", 1) for line in report.splitlines() if " " in line)
    names = ("armed", "renewed", "injected", "fired", "healed")
    at = {name: float(words[name]) for name in names if name in words}
    return Notes(**at, undone="undone" in report.split("\n"))


def notes_of(node: NodeRunner, generation: str) -> Notes | None:
    """A node's notes; None if it has nothing of that generation."""
    program = f"{RUN}/{generation}/fence.sh"
    line = f"[ -e {program} ] || exit 66; sh {program} report"
    done = node.run(line, timeout=timedelta(seconds=10))
    return parse(done.out) if done.code == 0 else None
