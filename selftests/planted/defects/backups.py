"""Snapshots of etcd."""

from __future__ import annotations

from lab.plan import Role
from selftests.planted.bench import KEPT, Bench
from selftests.planted.defect import Defect

FROM = "cp-1"
# Where the lab sends the first control plane's snapshots: to a machine in another zone.
STORE = "worker-2"
STORES = "/var/backups/offsite"
FOLDER = f"{STORES}/{FROM}"
TIMER, SERVICE = "etcd-backup.timer", "etcd-backup.service"
AWAY = f"{KEPT}/archives"


class StaleBackup(Defect):
    """One control plane's snapshots stopped five hours ago, as they do when a timer is off.

    The others' go on, so who counts snapshots somewhere sees new ones every half hour. That the
    timer is off is the schedule's item to tell.
    """

    name = "stale-backup"
    item = "etcd-backup"
    also = frozenset({"backup-schedule"})
    evidence = (
        rf"/var/backups/offsite on {STORE}: the newest, {FROM}-\S+\.db, is 5 h \d+ min old, "
        r"and 1 h 30 min is allowed"
    )
    quick = True

    def plant(self, bench: Bench) -> None:
        bench.on(FROM, f"systemctl stop {TIMER}")
        _take(bench, FROM)
        aged = f"find {FOLDER} -type f -exec touch --date='5 hours ago' {{}} +"
        bench.on(STORE, f'[ -n "$(ls {FOLDER})" ] && {aged}')

    def mend(self, bench: Bench) -> None:
        # What its owner would do: the timer again, and a snapshot now.
        bench.on(FROM, f"systemctl start {TIMER} {SERVICE}")


class TimerOff(Defect):
    """One control plane's timer is off: its snapshots are fresh yet, and no more will come."""

    name = "timer-off"
    item = "backup-schedule"
    evidence = r"timer etcd-backup\.timer on cp-2 is switched off"

    def plant(self, bench: Bench) -> None:
        bench.on("cp-2", f"systemctl stop {TIMER}")

    def mend(self, bench: Bench) -> None:
        bench.on("cp-2", f"systemctl start {TIMER}")


class LastRunFailed(Defect):
    """One control plane's last snapshot failed; the one before is fresh yet."""

    name = "last-run-failed"
    item = "backup-last-run"
    evidence = r"timer etcd-backup\.timer on cp-3 ran 0 min ago, and failed: exit-code"

    def plant(self, bench: Bench) -> None:
        lines = r"[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n"
        unit = f"/run/systemd/system/{SERVICE}.d"
        fail = f"systemctl daemon-reload; systemctl start {SERVICE} || true"
        _take(bench, "cp-3")
        bench.on(
            "cp-3", f"mkdir -p {unit} && printf '{lines}' >{unit}/planted.conf && {{ {fail}; }}"
        )
        bench.on("cp-3", f"rm -r {unit} && systemctl daemon-reload")

    def mend(self, bench: Bench) -> None:
        unit = f"/run/systemd/system/{SERVICE}.d"
        bench.on("cp-3", f"rm -rf {unit} && systemctl daemon-reload && systemctl start {SERVICE}")


class CopyBrokeOff(Defect):
    """The newest copy of one control plane's snapshots is a part: the way broke off.

    So it cannot be read either, which the item of snapshots tells.
    """

    name = "copy-broke-off"
    item = "backup-size"
    also = frozenset({"etcd-backup"})
    evidence = rf"{FOLDER} on {STORE}: {FROM}-\S+\.db has \d+ bytes, and the one before it \d+"

    def plant(self, bench: Bench) -> None:
        _spoil_newest(bench, "truncate --size=64K")

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)


class DoesNotRestore(Defect):
    """The newest copy reads well, and its checksum is another's: it is not to be restored."""

    name = "does-not-restore"
    item = "backup-restores"
    evidence = rf"{FROM}-\S+\.db on {STORE} cannot be restored: .*expected sha256"

    def plant(self, bench: Bench) -> None:
        # The last 32 bytes of a snapshot are the SHA-256 of the others.
        _spoil_newest(bench, "f() { truncate --size=-32 $1; head -c 32 /dev/zero >>$1; }; f")

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)


class KeysAreNotKept(Defect):
    """Snapshots are kept off their machines, and not the keys that they are worthless without."""

    name = "keys-are-not-kept"
    item = "backup-pki"
    evidence = r"no archive there holds the authority's key, the key of service accounts"

    def plant(self, bench: Bench) -> None:
        # Each under its own path, to be put back by it.
        found = f"find {STORES} -name '*.tar.gz'"
        keep = f"mkdir -p {AWAY} && {found} -exec cp --parents -a {{}} {AWAY} ';'"
        for worker in bench.fleet.plan.of(Role.WORKER):
            bench.on(worker.name, f"{keep} && {found} -delete")

    def mend(self, bench: Bench) -> None:
        for worker in bench.fleet.plan.of(Role.WORKER):
            bench.on(worker.name, f"[ ! -e {AWAY} ] || {{ cp -a {AWAY}/. / && rm -r {AWAY}; }}")


def _take(bench: Bench, machine: str) -> None:
    """Take a snapshot there. One that is being taken is waited for: ended, it would have failed."""
    bench.on(machine, f"systemctl start {SERVICE}")


def _spoil_newest(bench: Bench, how: str) -> None:
    """Take a snapshot, which is the newest of all then, and do this to its copy."""
    _take(bench, FROM)
    newest = f"f=$(ls -t {FOLDER}/*.db | head -n 1)"
    bench.on(STORE, f"{newest}; mkdir -p {KEPT} && echo $f >{KEPT}/spoiled && {how} $f")


def _as_it_was(bench: Bench) -> None:
    bench.on(STORE, f"[ ! -e {KEPT}/spoiled ] || {{ rm -f $(cat {KEPT}/spoiled) {KEPT}/spoiled; }}")
