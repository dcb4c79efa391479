"""etcd's own word on when it lost its leader and when it had another, from its log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

# From the peers' own streams: the moment at which the leader's process was gone.
_GONE = "lost TCP streaming connection with remote peer"
_LOST = re.compile(r"\blost leader (?P<leader>[0-9a-f]+) at term (?P<term>\d+)")
_ELECTED = re.compile(r"\belected leader (?P<leader>[0-9a-f]+) at term (?P<term>\d+)")

GONE, LOST, ELECTED = "gone", "lost", "elected"


@dataclass(frozen=True, slots=True)
class Said:
    """One line that matters: `at` is wall-clock seconds, `who` the leader (or peer) it is about."""

    at: float
    what: str
    who: str


def said(log: Iterable[str]) -> Iterator[Said]:
    """What a log tells; of each line only what begins with its JSON is read."""
    for line in log:
        start = line.find("{")
        if start < 0:
            continue
        try:
            told = json.loads(line[start:])
            at = datetime.fromisoformat(told["ts"]).timestamp()
            message = str(told["msg"])
        except (ValueError, KeyError, TypeError):
            continue  # another program's, or cut off
        if message == _GONE:
            yield Said(at, GONE, str(told.get("remote-peer-id", "")))
        elif found := _LOST.search(message):
            yield Said(at, LOST, found["leader"])
        elif found := _ELECTED.search(message):
            yield Said(at, ELECTED, found["leader"])


@dataclass(frozen=True, slots=True)
class Change:
    """A change of leader, in wall-clock seconds, by the first of the survivors to say each."""

    gone: float
    lost: float
    elected: float


def change(every: Iterable[Said], *, since: float, leader: str, within: float) -> Change:
    """The change that followed the end of a leader.

    Args:
        every: what the logs of the survivors tell.
        since: wall-clock seconds: the leader was killed after this.
        leader: its member id, in hex. It may be elected again: systemd starts it at once.
        within: seconds that all of it took at most.

    Raises:
        LookupError: one of the three lines is missing.
    """
    found: dict[str, float] = {}
    for one in sorted(every, key=lambda one: one.at):
        mine = LOST in found if one.what == ELECTED else one.who == leader
        if since <= one.at <= since + within and mine:
            found.setdefault(one.what, one.at)
    missing = {GONE, LOST, ELECTED} - set(found)
    if missing:
        raise LookupError(f"no log says {', '.join(sorted(missing))} for {leader}")
    return Change(found[GONE], found[LOST], found[ELECTED])
