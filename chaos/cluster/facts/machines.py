"""Machines, as they tell it themselves: services, kernel, packages, disks, clock, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from chaos.cluster.facts.basics import UNREAD, NotAvailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A systemd unit that is there.

    Args:
        name: without `.service`.
        enabled: `enabled`, `disabled`, `static`, `masked`, …: whether it starts at a boot.
        restart: `always`, `on-failure`, `no`, …: whether systemd starts it again.
    """

    name: str
    enabled: str
    active: bool
    restart: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """Settings of the kernel, by their names as sysctl has them.

    Args:
        live: as they are now; those that the kernel does not have are missing.
        persistent: as the files say that the next boot sets them.
        modules: those that the next boot loads.
        bridges: bridge interfaces that something is plugged into.
    """

    live: Mapping[str, str]
    persistent: Mapping[str, str]
    modules: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system that Kubernetes, etcd or the logs lie on; sizes in bytes.

    Args:
        path: one of the paths that lie on it.
        inodes: 0 where the file system counts none.
    """

    path: str
    size: int
    free: int
    inodes: int
    inodes_free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A machine's clock against ours, and what keeps it.

    Args:
        least, most: between which its offset lies: it was read between our begin and our end.
        keepers: the services that keep it and run.
        synchronised: whether the keeper says so; None where it was not told.
        container: the container's kind where it has no clock of its own; else empty.
    """

    least: timedelta
    most: timedelta
    keepers: tuple[str, ...] = ()
    synchronised: bool | None = None
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a resolver answered for the endpoint's name.

    Args:
        resolver: its address; `system` for what the machine's own library says.
        ttl: how long the answer may be kept; None where that was not told.
        error: why there is no answer.
        authoritative: whether it has the record itself; else it was told it by another, and the
            time is what is left of it. None where that was not read.
    """

    resolver: str
    addresses: tuple[str, ...] = ()
    ttl: timedelta | None = None
    error: str = ""
    authoritative: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A network card below a default route.

    Args:
        team: the bond or team that it is one of; empty where it stands alone.
    """

    name: str
    up: bool
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplinks:
    """Over what a machine's default route leads.

    Args:
        virtual: what kind of virtual machine or container it is; empty where it is none, None
            where that was not told.
        routes: the devices that default routes name.
        links: the network cards below them.
    """

    virtual: str | None
    routes: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine.

    Args:
        packages: by name, whether it is held at its version; empty where no package has them.
        memory: bytes.
        host: the name that it gives itself; empty where it was not asked.
    """

    units: tuple[Unit, ...] | NotAvailable
    kernel: Kernel | NotAvailable
    packages: Mapping[str, bool] | NotAvailable
    disks: tuple[Disk, ...] | NotAvailable
    clock: Clock | NotAvailable
    resolved: tuple[Resolved, ...] | NotAvailable
    cpus: int | None = None
    memory: int | None = None
    host: str = ""
    uplinks: Uplinks | NotAvailable = UNREAD

    def unit(self, name: str) -> Unit | None:
        """The unit of this name."""
        units = () if isinstance(self.units, NotAvailable) else self.units
        return next((one for one in units if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthAnswer:
    """What an apiserver, or the endpoint, answered on one of its health paths.

    Args:
        node: whose; None for the endpoint.
        code: the HTTP status; None where there was no answer.
        said: what it said instead of `ok`, or why there was no answer.
    """

    node: str | None
    address: str
    path: str
    code: int | None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeletReach:
    """What came of asking an apiserver for the health of a node's kubelet.

    Args:
        apiserver: whose machine; None for whichever the endpoint chose.
        node: whose kubelet.
        by: who answered: `kubelet`, or `apiserver` in its place; empty where nobody did in time;
            `nobody` where the apiserver itself was not reached.
        code: the HTTP status; None where there was no answer.
        said: the first words of the answer, or why there was none.

    Attributes:
        MOST: nodes that each apiserver is asked for; of more than that, so many from all over.
    """

    MOST: ClassVar[int] = 50
    apiserver: str | None
    node: str
    by: str
    code: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPod:
    """A connection that was tried out of a Pod's network.

    Args:
        what: `etcd`, `kubelet`, `balancer`, or `policy`.
        source: `NAMESPACE/POD`, or the node whose Pod it was.
        target: whom, `ADDRESS:PORT`.
        connected: whether it came about.
        control: whether the same target answered from a place that may reach it.
        because: of a policy: which forbid it.
    """

    what: str
    source: str
    target: str
    connected: bool
    control: bool
    because: tuple[str, ...] = field(default=())
