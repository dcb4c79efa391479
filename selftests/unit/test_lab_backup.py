"""Snapshots of etcd: on a timer, and off the machine."""

from __future__ import annotations

import re

import pytest

from lab.files import backup_stores
from lab.plan import Machine, Plan, Role, plan
from lab.spec import Spec
from selftests.unit.support import files_of, secrets

PLANS = {
    "default": plan(Spec(subnet=0)),
    "external etcd": plan(Spec(etcd="external", subnet=0)),
    "five control planes": plan(Spec(control_planes=5, subnet=0)),
    "one worker": plan(Spec(workers=1, subnet=0)),
    "no workers": plan(Spec(workers=0, subnet=0)),
    "no workers, external etcd": plan(Spec(workers=0, etcd="external", subnet=0)),
    "no workers, one zone": plan(Spec(workers=0, zones=1, subnet=0)),
    "one zone": plan(Spec(zones=1, subnet=0)),
    "single master": plan(Spec(control_planes=1, workers=2, load_balancers=1, subnet=0)),
    "alone": plan(Spec(control_planes=1, workers=0, load_balancers=1, subnet=0)),
    "alone, two balancers": plan(Spec(control_planes=1, workers=0, subnet=0)),
}
every_lab = pytest.mark.parametrize("lab", PLANS.values(), ids=list(PLANS))
SCRIPT = "/usr/local/lib/machine/etcd-backup.sh"
KEYS = "/usr/local/lib/machine/pki-backup.sh"


def target(lab: Plan, machine: Machine) -> Machine:
    """Where a machine's script sends its snapshots."""
    sent = re.findall(r"etcd-backup@(\S+)", files_of(lab, machine)[SCRIPT].content)
    (found,) = (m for m in lab.machines if [m.address] == sent)
    return found


@every_lab
def test_exactly_the_machines_that_run_etcd_take_snapshots_on_a_timer(lab: Plan) -> None:
    timer = "/etc/systemd/system/timers.target.wants/etcd-backup.timer"
    for machine in lab.machines:
        assert (timer in files_of(lab, machine)) is (machine in lab.etcd)
        assert (SCRIPT in files_of(lab, machine)) is (machine in lab.etcd)


@every_lab
def test_a_snapshot_leaves_its_machine_and_its_zone_if_a_store_is_in_another(lab: Plan) -> None:
    for machine in lab.etcd:
        to = target(lab, machine)
        assert to != machine
        others = [m for m in backup_stores(lab) if m != machine]
        elsewhere = any(m.zone != machine.zone for m in others)
        assert (to.zone != machine.zone) is elsewhere


@every_lab
def test_the_machine_that_a_snapshot_goes_to_takes_it(lab: Plan) -> None:
    for machine in lab.etcd:
        files = files_of(lab, target(lab, machine))
        assert files["/etc/ssh/etcd-backup.pub"].content == secrets().backup.public
        folders = files["/etc/tmpfiles.d/backup-store.conf"].content
        assert f"\nd /var/backups/offsite/{machine.name} 0700 etcd-backup " in folders
        assert (
            "ForceCommand internal-sftp"
            in files["/etc/ssh/sshd_config.d/backup-store.conf"].content
        )


@every_lab
def test_a_sender_knows_the_key_of_the_machine_that_it_sends_to(lab: Plan) -> None:
    for machine in lab.etcd:
        to = target(lab, machine)
        known = files_of(lab, machine)["/etc/etcd-backup/known_hosts"].content
        assert known == f"{to.address} {secrets().host_keys[to.name].public}"
        assert files_of(lab, machine)["/etc/etcd-backup/key"].content == secrets().backup.private


@every_lab
def test_no_two_machines_take_snapshots_at_the_same_minute(lab: Plan) -> None:
    timers = [files_of(lab, m)["/etc/systemd/system/etcd-backup.timer"].content for m in lab.etcd]
    minutes = [re.findall(r"(?m)^OnCalendar=\*:(\d\d)/30$", text)[0] for text in timers]
    assert len(set(minutes)) == len(lab.etcd)
    assert all(int(minute) < 30 for minute in minutes)


@pytest.mark.parametrize(
    ("lab", "kept"),
    [
        (PLANS["default"], ["etc/kubernetes/pki", "etc/kubernetes/policy"]),
        (PLANS["external etcd"], ["etc/etcd/pki"]),
    ],
    ids=["stacked", "external"],
)
def test_a_snapshot_comes_with_the_authorities_and_keys_it_is_worthless_without(
    lab: Plan, kept: list[str]
) -> None:
    for machine in lab.etcd:
        packed = re.findall(r'tar -C / -czf "\$pki" (.*)', files_of(lab, machine)[SCRIPT].content)
        assert packed == [" ".join(kept)]


@every_lab
def test_a_control_plane_without_etcd_sends_its_authorities_and_keys(lab: Plan) -> None:
    timer = "/etc/systemd/system/timers.target.wants/pki-backup.timer"
    for machine in lab.machines:
        files = files_of(lab, machine)
        alone = machine in lab.control_planes and machine not in lab.etcd
        assert (timer in files, KEYS in files) == (alone, alone)
        if alone:
            assert "tar -C / -czf" in files[KEYS].content
            assert "etc/kubernetes/pki etc/kubernetes/policy" in files[KEYS].content
            for word in ("etcdctl", "$snapshot"):
                assert word not in files[KEYS].content
            service = files["/etc/systemd/system/pki-backup.service"].content
            assert f"ExecStart={KEYS}\n" in service
            (sent,) = re.findall(r"etcd-backup@(\S+)", files[KEYS].content)
            (store,) = (m for m in lab.machines if m.address == sent)
            folders = files_of(lab, store)["/etc/tmpfiles.d/backup-store.conf"].content
            assert f"\nd /var/backups/offsite/{machine.name} 0700 etcd-backup " in folders


def test_workers_take_the_snapshots_and_without_workers_the_other_members() -> None:
    assert {m.role for m in backup_stores(PLANS["default"])} == {Role.WORKER}
    assert backup_stores(PLANS["no workers"]) == PLANS["no workers"].etcd
    assert {m.role for m in backup_stores(PLANS["alone"])} == {Role.LOAD_BALANCER}
