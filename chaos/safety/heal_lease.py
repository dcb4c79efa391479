"""Healing beside runs on other hosts: none is healed under its feet, and none begins meanwhile."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from chaos.safety.entry import Entry
from chaos.safety.errors import Refused
from chaos.safety.lease import Body, Leases, RunLease, identity

PATIENCE = timedelta(seconds=30)
"""A run on another host may be why the API does not answer; one that it survives is back sooner."""


def lease_to_heal(api: Leases, entries: Sequence[Entry], *, say: Callable[[str], None]) -> RunLease:
    """What takes the Lease for healing: not from a run that lives, at once from one of these."""
    return RunLease(
        api,
        holder=identity(socket.gethostname(), os.getpid()),
        # What is armed is what shall be healed.
        armed=lambda: False,
        gone=written_by(entries),
        say=say,
    )


@contextmanager
def no_other_run(
    lease: Callable[[], RunLease],
    *,
    say: Callable[[str], None],
    patience: timedelta = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the cluster's Lease while this lasts; where it cannot be had, go on and say so.

    What is broken must be healed though the API is down, so that is no reason to refuse.

    Args:
        lease: makes what takes the Lease; may raise what the API does.
        say: told what people should know.
        patience: how long the API is asked before we go on without it.

    Raises:
        Refused: a run on another host is under way: it renews the Lease.
    """
    held = _taken(lease, say, end=clock() + patience.total_seconds(), clock=clock, wait=wait)
    try:
        yield
    finally:
        if held is not None:
            try:
                held.release()
            except Exception as wrong:
                say(f"The cluster's Lease was not given back, so the next run waits: {wrong}")


def _taken(
    lease: Callable[[], RunLease],
    say: Callable[[str], None],
    *,
    end: float,
    clock: Callable[[], float],
    wait: Callable[[float], None],
) -> RunLease | None:
    told = False
    while True:
        try:
            held = lease()
            held.acquire()
            return held
        except Refused:
            raise
        except Exception as wrong:
            why = " ".join(str(wrong).split())[:200]
        if clock() >= end:
            say(f"The cluster's Lease cannot be had ({why}), so a run on another host goes unseen.")
            return None
        if not told:
            say(f"The cluster's Lease cannot be had ({why}); asking for {end - clock():.0f} s.")
            told = True
        wait(1.0)


def written_by(entries: Sequence[Entry]) -> Callable[[Body], bool]:
    """Whether a Lease's holder is a run of this runner that is over.

    It is, if it wrote one of these entries: a run holds the lock beside its journal while it lives,
    and now the caller has that lock. A later run elsewhere that is called the same (containers may
    be) took the Lease after the entry was written, not before.
    """

    def gone(seen: Body) -> bool:
        spec = seen["spec"]
        taken = _moment(spec.get("acquireTime"))
        return taken is not None and any(
            spec.get("holderIdentity") == identity(entry.runner["host"], entry.runner["pid"])
            and taken <= datetime.fromisoformat(entry.created)
            for entry in entries
        )

    return gone


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
