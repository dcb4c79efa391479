"""Snapshots of etcd: who takes them and where they go."""

from __future__ import annotations

from lab.files.parts import File, Files, fixed, unit
from lab.plan import Machine, Plan, Role
from lab.secrets import Secrets
from lab.templates import render


def backup_stores(plan: Plan) -> tuple[Machine, ...]:
    """The machines that take other machines' snapshots: workers, else whoever there is."""
    return plan.of(Role.WORKER) or (plan.etcd if len(plan.etcd) > 1 else plan.balancers)


def _offsite(plan: Plan, machine: Machine) -> Machine:
    """Where a machine's snapshots go: to another machine, in another zone if there is one."""
    others = [m for m in backup_stores(plan) if m != machine]
    start = plan.etcd.index(machine)
    ordered = [others[(start + i) % len(others)] for i in range(len(others))]
    return next((m for m in ordered if m.zone != machine.zone), ordered[0])


def backup(plan: Plan, machine: Machine, secrets: Secrets) -> Files:
    """The script and timer that take snapshots, and the key that lets them leave."""
    stacked = machine.role is Role.CONTROL_PLANE
    offsite = _offsite(plan, machine)
    host_key = secrets.host_keys[offsite.name].public
    script = render(
        "etcd/backup.sh.j2",
        machine=machine,
        offsite=offsite,
        pki="/etc/kubernetes/pki/etcd" if stacked else "/etc/etcd/pki",
        client="healthcheck-client",
        what="etc/kubernetes/pki etc/kubernetes/policy" if stacked else "etc/etcd/pki",
    )
    minute = f"{5 * plan.etcd.index(machine):02d}"
    timer = render("etcd/backup.timer.j2", minute=minute)
    return {
        "/usr/local/lib/machine/etcd-backup.sh": File(script, 0o755),
        "/etc/etcd-backup/key": File(secrets.backup.private, 0o600),
        "/etc/etcd-backup/known_hosts": File(f"{offsite.address} {host_key}"),
        "/etc/systemd/system/etcd-backup.service": fixed("etcd/backup.service"),
        **unit("etcd-backup.timer", timer, wanted_by="timers.target"),
    }


def backup_store(plan: Plan, secrets: Secrets) -> Files:
    """Where other machines' snapshots arrive, by SFTP alone."""
    folders = render("machine/backup-store.tmpfiles.conf.j2", plan=plan)
    return {
        "/etc/ssh/sshd_config.d/backup-store.conf": fixed("machine/backup-store.sshd.conf"),
        "/etc/ssh/etcd-backup.pub": File(secrets.backup.public),
        "/etc/systemd/system/ssh.service.d/backup-store.conf": fixed(
            "machine/backup-store.ssh-unit.conf"
        ),
        "/etc/sysusers.d/backup-store.conf": fixed("machine/backup-store.sysusers.conf"),
        "/etc/tmpfiles.d/backup-store.conf": File(folders),
    }
