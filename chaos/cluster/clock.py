"""How far each node's clock is from the runner's, and so in which order things happened.

As NTP does it: the runner notes when it asks and when the answer is there; the node's clock was
read at some moment between. The sample with the shortest round trip says most: half of that is
the most that its offset can be wrong, however unequal the two ways were. All rounds go over one
connection, for a new one costs more than what is measured.

Source: RFC 5905, section 8, whose offset this is with the node's two readings being one.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial

from chaos.cluster.backend import argv_of
from chaos.cluster.cluster import Cluster
from chaos.cluster.parallel import AT_ONCE, together
from chaos.cluster.reach import Reach, parse_url
from chaos.cluster.unreachable import NodeTimedOut
from chaos.errors import HoldfastError

ROUNDS = 8
LIMIT = timedelta(seconds=10)
# Answers each line with its clock in nanoseconds. `date` is a process of its own, a millisecond or
# two within the round trip; python3 or perl would be quicker, where they are.
ECHO = "exec sh -c 'while read -r _; do date +%s%N; done'"


@dataclass(frozen=True, slots=True)
class Offset:
    """A node's clock against the runner's, in seconds.

    `offset` is what has to be added to the runner's wall clock to get the node's; it is right to
    `within`. `rounds` were tried.
    """

    offset: float
    within: float
    rounds: int

    def to_runner(self, moment: float) -> Moment:
        """A moment by the node's clock, as one by the runner's."""
        return Moment(moment - self.offset, self.within)


@dataclass(frozen=True, slots=True)
class Round:
    """One question: when it was sent and answered by the runner's clock, and what it said."""

    sent: float
    told: float
    received: float

    @property
    def trip(self) -> float:
        """Seconds there and back."""
        return self.received - self.sent


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by the runner's clock in seconds, right to `within`."""

    at: float
    within: float = 0.0


class Order(Enum):
    """How two moments lie to each other."""

    BEFORE = "before"
    AFTER = "after"
    UNKNOWN = "cannot tell"


def order(one: Moment, other: Moment) -> Order:
    """Whether one was before the other, as far as the clocks can tell."""
    if one.at + one.within < other.at - other.within:
        return Order.BEFORE
    if one.at - one.within > other.at + other.within:
        return Order.AFTER
    return Order.UNKNOWN


def offset_of(rounds: Iterable[Round]) -> Offset:
    """The offset by the round with the shortest trip.

    Raises:
        ValueError: there is no round, or one in which the runner's clock went backwards.
    """
    known = list(rounds)
    if not known:
        raise ValueError("no round, no offset")
    best = min(known, key=lambda one: one.trip)
    if best.trip < 0:
        raise ValueError("the runner's own clock was set while it was compared")
    middle = best.sent + best.trip / 2
    return Offset(best.told - middle, best.trip / 2, len(known))


def measure(
    name: str,
    reach: Reach,
    *,
    rounds: int = ROUNDS,
    limit: timedelta = LIMIT,
    now: Callable[[], float] = time.time,
) -> Offset:
    """Compare a node's clock with the runner's.

    Args:
        name: the node's, for what is said when something is wrong.
        limit: how long connecting and all rounds may take together.
        now: the runner's wall clock, in seconds.

    Raises:
        NodeTimedOut: it did not answer in time, or with something else than its clock.
    """
    until = time.monotonic() + limit.total_seconds()
    process = subprocess.Popen(
        argv_of(reach, ECHO, os.devnull),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        # The first pays for the connection, and so is never the shortest.
        return offset_of([_round(name, process, until, now) for _ in range(rounds)])
    finally:
        _end(process)


def clocks(
    reaches: Mapping[str, Reach],
    *,
    rounds: int = ROUNDS,
    limit: timedelta = LIMIT,
    at_once: int = AT_ONCE,
) -> dict[str, Offset | HoldfastError]:
    """The offset of each node; in place of one, why it could not be had.

    Args:
        reaches: how each node is reached, by its name (`parse_url` of the inventory's url).
        at_once: how many are asked at a time.
    """
    return together(
        {n: partial(measure, n, reach, rounds=rounds, limit=limit) for n, reach in reaches.items()},
        at_once=at_once,
    )


def _round(
    name: str, process: subprocess.Popen[bytes], until: float, now: Callable[[], float]
) -> Round:
    if process.stdin is None or process.stdout is None:
        raise NodeTimedOut(name, f"{name}: no connection to compare clocks over.")
    sent = now()
    try:
        process.stdin.write(b"\n")
        process.stdin.flush()
        line = _line(process.stdout.fileno(), until)
    except OSError:
        line = b""
    received = now()
    if not line.strip().isdigit():
        raise NodeTimedOut(name, f"{name}: its clock was not told in time.")
    return Round(sent, int(line) / 1e9, received)


def _line(descriptor: int, until: float) -> bytes:
    """A line, or what came of it until the time was over."""
    line = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, until - time.monotonic())):
                return b""
            part = os.read(descriptor, 64)
            if not part:
                return b""
            line += part
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def offsets_of(cluster: Cluster, *, at_once: int = AT_ONCE) -> dict[str, tuple[float, float]]:
    """Each node's offset and how wrong it may be, in seconds; nodes that do not tell are left out.

    Takes LIMIT at most, for as many as are asked at once.
    """
    folder = cluster.inventory.folder
    reaches = {part.name: parse_url(part.url, folder) for part in cluster.inventory.nodes}
    return {
        name: (round(found.offset, 6), round(found.within, 6))
        for name, found in clocks(reaches, at_once=at_once).items()
        if isinstance(found, Offset)
    }
