"""Which runs are ended, when and how."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

# What `holdfast run` says when it comes so far, and how long after that it is ended: at once, or
# when the step is under way.
MOMENTS = {
    "arm": 0.3,
    "armed": 0.0,
    "inject": 0.3,
    "manifested?": 0.0,
    "hold": 4.0,
    "heal": 0.0,
    "healed": 0.0,
}
FAULTS = {
    "kubelet-stop": "kill",
    "containerd-stop": "kill",
    "etcd-stop": "kill",
    "zone-partition": "silent",
    "balancer-kill": "kill",
}
QUICK = (("kubelet-stop", "inject"), ("etcd-stop", "hold"), ("zone-partition", "hold"))
HOLD = 20.0
# A dead man is renewed every 10 s, first 10 s after it was armed, which is before the hold begins.
_FIRST, _PERIOD, _GOLDEN = 8.0, 10.0, 0.618
_SHOWN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run that does not come to its end.

    Attributes:
        moment: what it says last.
        delay: seconds from then until it is ended.
        ending: the signal.
        number: which of several that are the same.
    """

    fault: str
    variant: str
    moment: str
    delay: float
    ending: signal.Signals = signal.SIGKILL
    number: int = 1

    def __str__(self) -> str:
        name = f"{self.fault}-{self.variant} {self.moment} {self.ending.name}"
        return f"{name} {self.number}" if self.number > 1 else name

    @property
    def experiment(self) -> str:
        return f"{self.fault}-{self.variant}"

    @property
    def quick(self) -> bool:
        killed = self.ending == signal.SIGKILL and self.number == 1
        return killed and (self.fault, self.moment) in QUICK


def killed(times: int = 1) -> Iterator[Case]:
    """Each fault in its hold, so often; and one of them at each other moment."""
    for number in range(1, times + 1):
        for place, (fault, variant) in enumerate(FAULTS.items()):
            # Spread over one period of the renewals, so that some die amid one. A partition has
            # none; and it may take most of its hold until it has shown on every node.
            renewed = _FIRST + _PERIOD * ((place + 5 * (number - 1)) * _GOLDEN % 1)
            at = _SHOWN if fault == "zone-partition" else renewed
            yield Case(
                fault=fault, variant=variant, moment="hold", delay=round(at, 1), number=number
            )
        for moment, delay in MOMENTS.items():
            if moment != "hold":
                yield Case(
                    fault="kubelet-stop", variant="kill", moment=moment, delay=delay, number=number
                )


def interrupted() -> Iterator[Case]:
    """One fault at each moment, by Ctrl-C and by SIGTERM."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        for moment, delay in MOMENTS.items():
            yield Case(
                fault="kubelet-stop", variant="kill", moment=moment, delay=delay, ending=ending
            )
