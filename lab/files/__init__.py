"""What is written on a machine's disk before its first boot. Pure."""

from __future__ import annotations

from collections.abc import Callable

from lab.files.backups import backup, backup_senders, backup_store, backup_stores
from lab.files.balancer import balancer
from lab.files.etcd import etcd
from lab.files.kubernetes import control_plane, worker
from lab.files.machine import capacity, common
from lab.files.monitoring import metrics
from lab.files.parts import File, Files
from lab.plan import Machine, Plan, Role
from lab.secrets import Secrets

__all__ = ["File", "Files", "backup_senders", "backup_stores", "machine_files"]


def machine_files(plan: Plan, machine: Machine, secrets: Secrets, cpus: int) -> Files:
    """Everything a machine needs beyond the base and the tools, by absolute path.

    Args:
        cpus: how many processors the host has: a machine is not shown more.
    """
    by_role: dict[Role, Callable[[Plan, Machine, Secrets], Files]] = {
        Role.CONTROL_PLANE: control_plane,
        Role.WORKER: worker,
        Role.ETCD: etcd,
        Role.LOAD_BALANCER: balancer,
    }
    files = common(plan, machine, secrets) | capacity(machine, cpus)
    files |= by_role[machine.role](plan, machine, secrets)
    if machine in backup_senders(plan):
        files |= backup(plan, machine, secrets)
    if machine in plan.etcd:
        files |= metrics()
    if machine in backup_stores(plan):
        files |= backup_store(plan, secrets)
    return files
