"""Which outages a stub is asked for: of each kind, how many, how long, in which round."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Seconds between two of a stub: with more than one of success between them each stands alone, and
# the success before and after it shows the latency of a good sample.
PAUSE = 1.6

# What a kind's failures leave behind: whoever asked in the last moment hangs to the time-out.
LINGERS = frozenset({"hung", "silent", "slow", "one of three"})
LINGER = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to be down. `mode` and `options` are the stub's.

    `outage` is False for what is answered late and yet in time: slow, and no outage.
    """

    name: str
    mode: str
    outage: bool = True
    options: Mapping[str, float] = field(default_factory=dict)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("refused", "refuse"),
        Kind("reset", "reset"),
        Kind("5xx", "status"),
        Kind("hung", "hang"),
        Kind("silent", "silent"),
        Kind("slow", "slow", options={"delay": 1.5}),
        Kind("one of three", "third"),
        Kind("slow, in time", "slow", outage=False, options={"delay": 0.4}),
        Kind("hung, in time", "hang", outage=False),
    )
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One outage that a stub is asked for; `length` in seconds."""

    kind: Kind
    length: float

    @property
    def seconds(self) -> float:
        """What it takes of a round."""
        return self.length + PAUSE + (LINGER if self.kind.name in LINGERS else 0.0)


def asked(kind: str, *lengths: float) -> list[Asked]:
    """Outages of a kind."""
    return [Asked(KINDS[kind], length) for length in lengths]


def all_asked(rng: random.Random) -> list[Asked]:
    """500 outages of 0.1 to 30 s, and beside them what is slow and what is down by a third.

    Lengths are spread evenly over the orders of magnitude, but for the two of which something
    special is promised: refused for 0.1 s, and hung for 10 s. What hangs is an outage from the
    time-out on. A third is one degradation where it lasts for some turns of the three.
    """
    few, many = 0.1, 30.0
    return [
        *asked("refused", *[few] * 60, *_spread(rng, few, many, 70)),
        *asked("reset", *_spread(rng, few, many, 90)),
        *asked("5xx", *_spread(rng, few, many, 90)),
        *asked("hung", *[10.0] * 20, *_spread(rng, 1.2, many, 90)),
        *asked("silent", *_spread(rng, few, many, 40)),
        *asked("slow", *_spread(rng, few, many, 40)),
        *asked("one of three", *_spread(rng, 3.0, many, 40)),
        *asked("slow, in time", *_spread(rng, few, many, 40)),
        *asked("hung, in time", *_spread(rng, 0.4, 0.85, 40)),
    ]


def _spread(rng: random.Random, least: float, most: float, count: int) -> list[float]:
    return [math.exp(rng.uniform(math.log(least), math.log(most))) for _ in range(count)]


Round = Sequence[Sequence[Asked]]
"""For each stub the outages that it is asked for, one after another."""


def rounds(every: Sequence[Asked], *, count: int, stubs: int, rng: random.Random) -> list[Round]:
    """Deal them out, so that all stubs of all rounds are busy for about as long."""
    hands: list[list[Asked]] = [[] for _ in range(count * stubs)]
    taken = [0.0] * len(hands)
    for one in sorted(every, key=lambda one: -one.seconds):
        least = taken.index(min(taken))
        hands[least].append(one)
        taken[least] += one.seconds
    for hand in hands:
        rng.shuffle(hand)
    rng.shuffle(hands)
    return [hands[n * stubs : (n + 1) * stubs] for n in range(count)]
