"""What a cluster itself runs as Pods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPod:
    """A Pod of kube-system, or one that its node cannot do without.

    Args:
        name: `NAMESPACE/NAME`.
        owner: of its controller, `KIND NAMESPACE/NAME`; empty where it has none.
        node: None while it has none.
        waiting: why a container of it does not run (`CrashLoopBackOff`, …).
        since: how long it has been ready, or not; None: not known.
    """

    name: str
    owner: str
    node: str | None
    ready: bool
    waiting: str = ""
    since: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonSet:
    """A DaemonSet of these Pods.

    Args:
        name: `NAMESPACE/NAME`.
        wanted: on how many nodes its Pod should be.
    """

    name: str
    wanted: int

    def __str__(self) -> str:
        return f"DaemonSet {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """Those that have neither ended nor are ending, and who makes one for each node."""

    pods: tuple[SystemPod, ...]
    daemonsets: tuple[DaemonSet, ...]
