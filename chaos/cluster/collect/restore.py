"""The newest snapshot, really restored: into a folder of its own, with an etcd that nobody reaches.

Everything happens on the machine that the snapshot lies on, below a folder that is root's alone,
and is gone afterwards: by the shell's own trap, and by the time that the question may take. The
etcd listens on sockets in that folder, on no port.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import timedelta

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect.lists import not_available
from chaos.cluster.facts import BackupFolder, NotAvailable, Restored, SnapshotStatus
from chaos.cluster.shell import Questions, Said, quote
from chaos.errors import HoldfastError

LIMIT = timedelta(seconds=30)
# A large one is read and written once more.
BYTES_A_SECOND = 50 * 1024**2
# In memory where it is small: /run is, and is empty again after a boot.
SMALL = 256 * 1024**2


def question(path: str, uid: str, *, prefix: str = "/registry") -> str:
    """Shell text that restores a snapshot, starts an etcd on it, and prints what is in it.

    Args:
        uid: what the namespace kube-system must hold.
        prefix: of all keys, as the apiservers write them.
    """
    flags = (
        "--name=scratch --data-dir=d --listen-client-urls=unix://c:0 --listen-peer-urls=unix://p:0 "
        "--advertise-client-urls=http://localhost:0 "
        "--initial-advertise-peer-urls=http://localhost:0 "
        "--initial-cluster=scratch=http://localhost:0 --heartbeat-interval=10 "
        "--election-timeout=100 --unsafe-no-fsync --log-level=error"
    )
    restoring = (
        "--name=scratch --data-dir=d --initial-cluster=scratch=http://localhost:0 "
        "--initial-advertise-peer-urls=http://localhost:0"
    )
    return f"""
f={quote(path)}
command -v etcdutl >/dev/null || {{ echo there is no etcdutl to restore it with >&2; exit 3; }}
umask 077
size=$(stat -c %s "$f") || exit 1
for t in /run /var/tmp /tmp; do
    free=$(df -Pk "$t" 2>/dev/null | awk 'END {{ print $4 }}')
    [ "${{free:-0}}" -gt $((size / 1024 * 3 + 65536)) ] || continue
    [ $t = /run ] && [ "$size" -gt {SMALL} ] && continue
    where=$t; break
done
[ -n "$where" ] || {{ echo there is no room to restore it >&2; exit 3; }}
dir=$(mktemp -d "$where/holdfast-restore.XXXXXX") || exit 3
pid=
undo() {{ [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$dir"; }}
trap undo EXIT
trap 'exit 143' TERM INT HUP
cd "$dir" || exit 3
etcdutl snapshot restore "$f" {restoring} >log 2>&1 || {{ tail -n 1 log >&2; exit 1; }}
etcdutl snapshot status -w json d/member/snap/db || exit 1
command -v etcd >/dev/null && command -v etcdctl >/dev/null || exit 0
etcd {flags} >log 2>&1 &
pid=$!
ask() {{ ETCDCTL_API=3 etcdctl --endpoints=unix://c:0 --command-timeout=5s "$@" 2>/dev/null; }}
n=0
until ask get / --prefix --count-only -w fields >count; do
    n=$((n + 1))
    kill -0 "$pid" 2>/dev/null && [ $n -lt 40 ] || {{ tail -n 1 log >&2; exit 1; }}
    sleep 0.2
done
sed -nE 's/^"Count" : /count /p; s/^"Revision" : /revision /p' count
ask get {quote(f"{prefix}/namespaces/kube-system")} --print-value-only >ours
# What is encrypted, or lies elsewhere, tells nothing.
if [ ! -s ours ] || head -c 8 ours | grep -qa 'k8s:enc:'; then :
elif grep -qa {quote(uid)} ours; then echo ours yes
else echo ours no; fi
"""


def newest(folders: Iterable[BackupFolder]) -> tuple[str, SnapshotStatus] | None:
    """The newest snapshot on another machine that can be read, and that machine."""
    found = [
        (one.files[0].age, one.node, one.newest)
        for one in folders
        if one.off_node
        and isinstance(one.files, tuple)
        and one.files
        and isinstance(one.newest, SnapshotStatus)
    ]
    if not found:
        return None
    _, node, status = min(found, key=lambda one: one[0])
    return node, status


def look(
    cluster: Cluster, folders: tuple[BackupFolder, ...] | NotAvailable, *, prefix: str = "/registry"
) -> object:
    """Restore the newest: a Restored, or NotAvailable.

    Args:
        prefix: of all keys, as the apiservers write them.
    """
    if isinstance(folders, NotAvailable):
        return folders
    which = newest(folders)
    if which is None:
        return NotAvailable("there is no snapshot on another machine that can be read")
    node, status = which
    begun = time.monotonic()
    limit = LIMIT + timedelta(seconds=status.size / BYTES_A_SECOND)
    it = question(status.path, cluster.inventory.cluster.uid, prefix=prefix)
    asked = Questions.of({"it": it}, limit=limit)
    try:
        said = cluster.node(node).ask(asked)["it"]
    except HoldfastError as why:
        return not_available(why)
    return read(node, status.path, said, took=timedelta(seconds=time.monotonic() - begun))


def read(node: str, path: str, said: Said, *, took: timedelta) -> Restored | NotAvailable:
    """What was printed."""
    if said.code == 3 or said.timed_out:
        return NotAvailable(said.why)
    lines = said.out.splitlines()
    status = json.loads(lines[0]) if lines and lines[0].startswith("{") else {}
    told = dict(line.split(" ", 1) for line in lines[1:] if " " in line)
    wrong = said.why if said.code else ""
    if not wrong and "totalKey" not in status:
        wrong = "etcdutl printed no status of the restored database"
    return Restored(
        node=node,
        path=path,
        revision=int(told.get("revision", status.get("revision", 0))),
        keys=int(status.get("totalKey", 0)),
        live_keys=int(told["count"]) if "count" in told else None,
        ours=told["ours"] == "yes" if "ours" in told else None,
        took=timedelta(seconds=round(took.total_seconds(), 1)),
        wrong=wrong,
    )
