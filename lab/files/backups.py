"""Snapshots of etcd: who takes them and where they go."""

from __future__ import annotations

from lab.files.parts import File, Files, fixed, unit
from lab.plan import Machine, Plan, Role
from lab.secrets import Secrets
from lab.templates import render


def backup_stores(plan: Plan) -> tuple[Machine, ...]:
    """The machines that take other machines' snapshots: workers, else whoever there is."""
    return plan.of(Role.WORKER) or (plan.etcd if len(plan.etcd) > 1 else plan.balancers)


def backup_senders(plan: Plan) -> tuple[Machine, ...]:
    """The machines that send away what a cluster cannot be made again without.

    Those that run etcd; and the control planes, for their authorities and keys.
    """
    return tuple(dict.fromkeys((*plan.etcd, *plan.control_planes)))


def _offsite(plan: Plan, machine: Machine) -> Machine:
    """Where a machine's copies go: to another machine, in another zone if there is one."""
    others = [m for m in backup_stores(plan) if m != machine]
    start = backup_senders(plan).index(machine)
    ordered = [others[(start + i) % len(others)] for i in range(len(others))]
    return next((m for m in ordered if m.zone != machine.zone), ordered[0])


def backup(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """The script and timer that take snapshots, and the key that lets them leave."""
    stacked = machine.role is Role.CONTROL_PLANE
    takes = machine in plan.etcd
    unit_name = "etcd-backup" if takes else "pki-backup"
    offsite = _offsite(plan, machine)
    host_key = secrets.host_keys[offsite.name].public
    script = render(
        "etcd/backup.sh.j2",
        machine=machine,
        offsite=offsite,
        takes=takes,
        pki="/etc/kubernetes/pki/etcd" if stacked else "/etc/etcd/pki",
        client="healthcheck-client",
        what="etc/kubernetes/pki etc/kubernetes/policy" if stacked else "etc/etcd/pki",
    )
    minute = f"{5 * backup_senders(plan).index(machine) % 30:02d}"
    timer = render("etcd/backup.timer.j2", minute=minute, takes=takes)
    service = render("etcd/backup.service.j2", unit=unit_name, takes=takes)
    return {
        f"/usr/local/lib/machine/{unit_name}.sh": File(script, 0o755),
        "/etc/etcd-backup/key": File(secrets.backup.private, 0o600),
        "/etc/etcd-backup/known_hosts": File(f"{offsite.address} {host_key}"),
        f"/etc/systemd/system/{unit_name}.service": File(service),
        **unit(f"{unit_name}.timer", timer, wanted_by="timers.target"),
    }


def backup_store(plan: Plan, secrets: Secrets) -> Files:
    """Where other machines' snapshots arrive, by SFTP alone."""
    folders = render("machine/backup-store.tmpfiles.conf.j2", senders=backup_senders(plan))
    return {
        "/etc/ssh/sshd_config.d/backup-store.conf": fixed("machine/backup-store.sshd.conf"),
        "/etc/ssh/etcd-backup.pub": File(secrets.backup.public),
        "/etc/systemd/system/ssh.service.d/backup-store.conf": fixed(
            "machine/backup-store.ssh-unit.conf"
        ),
        "/etc/sysusers.d/backup-store.conf": fixed("machine/backup-store.sysusers.conf"),
        "/etc/tmpfiles.d/backup-store.conf": File(folders),
    }
