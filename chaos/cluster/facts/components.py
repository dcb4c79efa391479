"""The control plane's own programs: how they run, who leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chaos.cluster.facts.basics import UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A program of the control plane that runs on a node.

    Args:
        name: `kube-apiserver`, `kube-controller-manager`, `kube-scheduler`, `etcd`.
        flags: without dashes; a flag without a value is `true`.
        source: `process`, as the node's kernel has it, or `manifest`, as its Pod declares it.
        settings: what its configuration file says, by the flags that say the same.
        unread: why that is not known; empty where it is.
    """

    node: str
    name: str
    flags: Mapping[str, str]
    source: str
    settings: Mapping[str, str] = field(default_factory=dict)
    unread: str = UNREAD.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease by which one of several leads.

    Args:
        holder: empty after it was given up.
    """

    namespace: str
    name: str
    holder: str
    acquired: datetime | None
    renewed: datetime | None
    duration: timedelta
    transitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseFacts:
    """The leases of kube-system.

    Args:
        at: the apiserver's clock when it listed them, to the second: what `renewed` is held
            against, for the runner's own clock may be another.
    """

    at: datetime
    leases: tuple[Lease, ...]
