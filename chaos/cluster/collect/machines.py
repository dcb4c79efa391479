"""What machines answer of themselves: services, kernel, packages, disks, clock, names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TypeVar

from chaos.cluster.collect import link_question, names
from chaos.cluster.collect.machine_questions import (
    DISKS,
    FIRST,
    KEEPERS,
    KERNEL,
    LAST,
    LINKS,
    NAMES,
    PACKAGES,
    SIZE,
    UNITS,
)
from chaos.cluster.facts import (
    Clock,
    Disk,
    Kernel,
    Machine,
    NotAvailable,
    Resolved,
    Unit,
)
from chaos.cluster.shell import Said

_T = TypeVar("_T")
# Two names of one setting.
ALIASES = {"net.ipv4.conf.all.forwarding": "net.ipv4.ip_forward"}


def read(said: Mapping[str, Said], span: tuple[float, float]) -> Machine:
    """What was answered.

    Args:
        span: when the call began and when it had ended, by our clock.
    """
    cpus, memory = _size(said.get(SIZE))
    clock = _clock(said, span)
    return Machine(
        units=_of(said, UNITS, _units),
        kernel=_of(said, KERNEL, _kernel),
        packages=_of(said, PACKAGES, _packages),
        disks=_of(said, DISKS, _disks),
        clock=clock,
        resolved=_names(said.get(NAMES)),
        cpus=cpus,
        memory=memory,
        host=_told(said).get("Host", ""),
        uplinks=link_question.read(said.get(LINKS)),
    )


def _of(said: Mapping[str, Said], name: str, read: Callable[[str], _T]) -> _T | NotAvailable:
    one = said.get(name)
    if one is None:
        return NotAvailable("it was not asked")
    return NotAvailable(one.why) if one.code else read(one.out)


def _names(said: Said | None) -> tuple[Resolved, ...] | NotAvailable:
    return names.read(said) if said else NotAvailable("it was not asked")


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """What `systemctl show` prints for each unit."""
    for block in text.split("\n\n"):
        yield dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _units(text: str) -> tuple[Unit, ...]:
    found: list[Unit] = []
    for block in _blocks(text):
        if block.get("LoadState") not in ("loaded", "masked") or not block.get("Id"):
            continue
        unit = Unit(
            name=block["Id"].removesuffix(".service"),
            enabled=block.get("UnitFileState", ""),
            active=block.get("ActiveState") == "active",
            restart=block.get("Restart", ""),
        )
        if unit.name not in {one.name for one in found}:  # chronyd is another name of chrony
            found.append(unit)
    return tuple(found)


def _kernel(text: str) -> Kernel:
    live: dict[str, str] = {}
    files: dict[str, list[str]] = {}
    modules, bridges = [], []
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "live":
            name, _, value = rest.partition(" ")
            live[name] = value.strip()
        elif kind == "file":
            path, _, setting = rest.partition(" ")
            files.setdefault(path, []).append(setting)
        elif kind == "module":
            modules.append(rest.strip())
        elif kind == "bridge":
            bridges.append(rest.strip())
    return Kernel(
        live=live,
        persistent=_persistent(files),
        modules=tuple(dict.fromkeys(modules)),
        bridges=tuple(bridges),
    )


def _persistent(files: Mapping[str, list[str]]) -> dict[str, str]:
    """What is set at a boot: a file hides those of its name in folders before, the last one wins.

    Source: sysctl.d(5), sysctl(8). systemd reads /etc/sysctl.conf through a link of a folder alone;
    where it does not run, procps reads it behind them.
    """
    by_name = {path.rpartition("/")[2]: path for path in files}
    order = sorted(by_name, key=lambda name: (by_name[name] == "/etc/sysctl.conf", name))
    found: dict[str, str] = {}
    for name in order:
        for line in files[by_name[name]]:
            setting = re.match(r"\s*-?([\w./-]+)\s*=\s*(\S+)", line)
            if setting and not line.lstrip().startswith(("#", ";")):
                key = setting[1] if "." in setting[1] else setting[1].replace("/", ".")
                found[ALIASES.get(key, key)] = setting[2]
    return found


def _packages(text: str) -> dict[str, bool]:
    found = {}
    for line in text.splitlines():
        status, _, name = line.strip().rpartition(" ")
        if status.strip()[1:2] == "i":
            found[name] = status.startswith("h")
    return found


def _disks(text: str) -> tuple[Disk, ...]:
    found: dict[str, Disk] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) != 6:  # a path with a space in it
            continue
        path, target, *numbers = words
        size, free, inodes, left = (int(n) if n.isdigit() else 0 for n in numbers)
        if size and target not in found:
            found[target] = Disk(path=path, size=size, free=free, inodes=inodes, inodes_free=left)
    return tuple(found.values())


def _size(said: Said | None) -> tuple[int | None, int | None]:
    words = said.out.split() if said and not said.code else []
    if len(words) != 2 or not all(word.isdigit() for word in words):
        return None, None
    return int(words[0]), int(words[1]) * 1024


def _told(said: Mapping[str, Said]) -> dict[str, str]:
    """What stands behind the services."""
    units = said.get(UNITS)
    text = units.out if units and not units.code else ""
    return next(_blocks(text[text.rfind("Container=") :]), {}) if "Container=" in text else {}


def _clock(said: Mapping[str, Said], span: tuple[float, float]) -> Clock | NotAvailable:
    try:
        first, last = (float(said[name].out) for name in (FIRST, LAST))
    except (KeyError, ValueError):
        return NotAvailable("its clock could not be read")
    units, told = said.get(UNITS), _told(said)
    text = units.out if units and not units.code else ""
    running = {unit.name for unit in _units(text) if unit.active}
    keepers = tuple(name for name in KEEPERS if name in running)
    synchronised: bool | None = None
    if "Leap" in told:
        synchronised = told["Leap"] == "Normal"
    elif "systemd-timesyncd" in keepers:
        synchronised = told.get("Synchronised") == "yes"
    elif told.get("NTPSynchronized") == "yes":
        synchronised = True
    elif "NTPSynchronized" in told and {"ntp", "ntpd", "ntpsec"} & set(keepers):
        synchronised = False  # the others keep a clock and need not tell the kernel
    container = told.get("Container", "")
    return Clock(
        least=timedelta(seconds=round(last - span[1], 6)),
        most=timedelta(seconds=round(first - span[0], 6)),
        keepers=keepers,
        synchronised=synchronised,
        container="" if container == "none" else container,
    )
