"""One run at a time on the cluster: a Lease, whatever host the run is on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from chaos.safety.errors import Refused

NAME = "holdfast"

Body = dict[str, Any]


def identity(host: str, pid: int | str) -> str:
    """What a run calls itself in the Lease: the same as `runner` in its journal's entries."""
    return f"{host}/{pid}"


class Conflict(Exception):
    """Somebody else wrote the Lease first."""


class Leases(Protocol):
    """One Lease of coordination.k8s.io/v1, as plain data."""

    def read(self) -> Body | None:
        """It, or None if there is none."""

    def create(self, body: Body) -> Body:
        """Make it. Raises Conflict."""

    def replace(self, body: Body) -> Body:
        """Write it, if nobody has since it was read (its resourceVersion). Raises Conflict."""


class RunLease:
    """Holds the Lease while a run lasts.

    A Lease that somebody holds is taken over only when it stayed unchanged for its whole duration
    on our own clock (its times were written by another's) and nothing is armed on any node.

    Args:
        api: the Lease.
        holder: who we are: host and process.
        armed: whether a dead man is armed on any node.
        gone: whether the holder of what was read is known to be dead: then it is not waited for.
        say: told when somebody's is watched, which takes its time.
        duration: how long it lives without being renewed.
    """

    def __init__(
        self,
        api: Leases,
        *,
        holder: str,
        armed: Callable[[], bool],
        gone: Callable[[Body], bool] = lambda _seen: False,
        say: Callable[[str], None] = lambda _line: None,
        duration: timedelta = timedelta(seconds=30),
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._holder = holder
        self._armed = armed
        self._gone = gone
        self._say = say
        self._duration = duration
        self._clock = clock
        self._wait = wait
        self._now = now
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Take it; waits for at most the duration of another's that is left behind.

        Raises:
            Refused: another run is alive, or left something armed.
        """
        try:
            seen = self._api.read()
            if seen is None:
                self._api.create(self._body(None))
            else:
                if seen["spec"].get("holderIdentity"):
                    self._watch_out(seen)
                self._api.replace(self._body(seen))
        except Conflict:
            raise Refused("Another run took the cluster's Lease at this moment.") from None
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Give it back; whoever comes next need not wait."""
        self._stopped.set()
        if self._thread is None:
            return
        self._thread.join()
        seen = self._api.read()
        if seen is not None and seen["spec"].get("holderIdentity") == self._holder:
            seen["spec"]["holderIdentity"] = ""
            self._api.replace(seen)

    def __enter__(self) -> RunLease:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _watch_out(self, seen: Body) -> None:
        """Return when the Lease may be taken over; else raise Refused."""
        holder = seen["spec"]["holderIdentity"]
        since = self._clock()
        whole = float(seen["spec"].get("leaseDurationSeconds") or 0)
        if self._gone(seen):
            whole = 0.0
        else:
            self._say(f"{holder} holds the cluster's Lease: seen for {whole:g} s whether it lives.")
        while self._clock() - since < whole:
            self._wait(min(1.0, whole))
            now = self._api.read()
            if now is None or _version(now) != _version(seen):
                raise Refused(
                    f"Another run on this cluster is under way: {holder}.", "Wait for it to end."
                )
        if self._armed():
            raise Refused(
                f"The run of {holder} is gone and left something armed.",
                "Its dead man heals; `holdfast heal` clears up what is left.",
            )

    def _body(self, old: Body | None) -> Body:
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        transitions = (old["spec"].get("leaseTransitions") or 0) + 1 if old else 0
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": old["metadata"] if old else {"name": NAME},
            "spec": {
                "holderIdentity": self._holder,
                "leaseDurationSeconds": round(self._duration.total_seconds()),
                "acquireTime": stamp,
                "renewTime": stamp,
                "leaseTransitions": transitions,
            },
        }

    def _keep(self) -> None:
        while not self._stopped.wait(self._duration.total_seconds() / 3):
            try:
                self.renew()
            except Exception:  # noqa: S112
                # The fault itself may be why the API does not answer: the next time, then.
                continue

    def renew(self) -> None:
        """Write that we are alive. Raises Refused if another has taken it."""
        seen = self._api.read()
        if seen is None or seen["spec"].get("holderIdentity") != self._holder:
            raise Refused("The cluster's Lease is not ours any more.")
        seen["spec"]["renewTime"] = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._api.replace(seen)


def _version(body: Body) -> object:
    return body["metadata"].get("resourceVersion")
