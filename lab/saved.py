"""`save` and `restore`: the whole lab as it was at one moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab.boot import boot_all
from lab.cgroups import Group
from lab.clone import clone, copy
from lab.cluster import Cluster, each
from lab.errors import LabError
from lab.machines import Fleet
from lab.mounts import unmount_below
from lab.nspawn import PLAIN
from lab.plan import Machine
from lab.progress import Progress


def save(fleet: Fleet, *, progress: Progress) -> None:
    """Keep a copy of all disks; the lab stands still for as long as that takes, then goes on.

    What a machine has in memory is not kept: to the machines a restore is a power cut at this
    moment, which etcd and every journal survive by design.

    Raises:
        LabError: a machine is off, or there is no room.
    """
    off = [m.name for m in fleet.plan.machines if not fleet.is_on(m)]
    if off:
        raise LabError(
            f"Not all machines are on: {', '.join(off)}.", "Power them on before saving."
        )
    saved = fleet.home.saved
    part = saved.with_name("saved.part")
    shutil.rmtree(part, ignore_errors=True)
    everything = Group(fleet.plan.spec.name)
    with progress.step("save all disks"):
        everything.freeze(True)
        try:
            each(
                fleet.plan.machines,
                lambda m: _copy_disk(fleet.home.disk(m), part / m.name),
                at_once=2,
            )
        finally:
            everything.freeze(False)
        shutil.rmtree(saved, ignore_errors=True)
        os.replace(part, saved)


def restore(fleet: Fleet, *, progress: Progress) -> None:
    """Put all disks back as they were saved, boot, and wait until the cluster is well.

    Raises:
        LabError: nothing was saved, or it did not come up in time.
    """
    saved = fleet.home.saved
    if not saved.exists():
        raise LabError(
            f"Nothing of the lab `{fleet.plan.spec.name}` was saved.",
            "`holdfast lab save` saves it.",
        )
    with progress.step("put all disks back"):
        each(fleet.plan.machines, fleet.cut)
        each(fleet.plan.machines, lambda m: _put_back(fleet, m), at_once=2)
    for zone in fleet.plan.zones:
        fleet.network.join_zone(zone)
    boot_all(fleet, progress)
    Cluster(fleet, progress).wait_well()


def _put_back(fleet: Fleet, machine: Machine) -> None:
    disk = fleet.home.disk(machine)
    unmount_below(disk)
    shutil.rmtree(disk)
    _copy_disk(fleet.home.saved / machine.name, disk)
    for name in ("work", "root"):
        (disk / name).mkdir(exist_ok=True)


def _copy_disk(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for name in ("upper", *PLAIN):
        (clone if name == "containerd" else copy)(source / name, target / name)
