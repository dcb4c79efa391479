"""Snapshots of etcd."""

from __future__ import annotations

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

FROM = "cp-1"
# Where the lab sends the first control plane's snapshots: to a machine in another zone.
STORE = "worker-2"
FOLDER = f"/var/backups/offsite/{FROM}"


class StaleBackup(Defect):
    """One control plane's snapshots stopped five hours ago, as they do when a timer is off.

    The others' go on, so who counts snapshots somewhere sees new ones every half hour.
    """

    name = "stale-backup"
    item = "etcd-backup"
    evidence = (
        rf"/var/backups/offsite on {STORE}: the newest, {FROM}-\S+\.db, is 5 h \d+ min old, "
        r"and 1 h 30 min is allowed"
    )
    quick = True

    def plant(self, bench: Bench) -> None:
        bench.on(FROM, "systemctl stop etcd-backup.timer etcd-backup.service")
        aged = f"find {FOLDER} -type f -exec touch --date='5 hours ago' {{}} +"
        bench.on(STORE, f'[ -n "$(ls {FOLDER})" ] && {aged}')

    def mend(self, bench: Bench) -> None:
        # What its owner would do: the timer again, and a snapshot now.
        bench.on(FROM, "systemctl start etcd-backup.timer etcd-backup.service")
