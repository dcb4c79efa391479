"""What is asked of backups, and snapshots that are really restored."""

from __future__ import annotations

import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.collect import backups, restore, schedules
from chaos.cluster.facts import (
    BackupFile,
    BackupFolder,
    NotAvailable,
    Restored,
    SnapshotStatus,
)
from chaos.cluster.kube import Listed
from chaos.cluster.shell import Said
from selftests.unit.test_cluster_collect_disks import asked, program

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
Object = dict[str, Any]


def listed(*items: Object) -> Listed:
    return Listed(items, "1", AT)


# archives


def test_the_names_in_the_newest_archives(tmp_path: Path) -> None:
    (tmp_path / "ca.key").write_text("s3cret")
    for name, age in (("a/old.tar.gz", 300), ("a/new.tar.gz", 60), ("a/older.tar.gz", 900)):
        file = tmp_path / "store" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(file, "w:gz") as archive:
            for number in range(1200):
                archive.addfile(tarfile.TarInfo(f"etc/alternatives/{number}"))
            archive.add(tmp_path / "ca.key", "etc/kubernetes/pki/ca.key")
        then = datetime.now(UTC).timestamp() - age
        os.utime(file, (then, then))
    (tmp_path / "store/b.tgz").write_text("no archive")
    (tmp_path / "store/c/pki").mkdir(parents=True)
    (tmp_path / "store/c/pki/sa.key").write_text("s3cret")
    said = asked(backups.archives(str(tmp_path / "store")))
    assert "s3cret" not in said.out
    found = backups.read(
        "w-1", "/x", off_node=True, listed=Said(1, ""), status=Said(0, ""), kept=said
    ).archives
    assert isinstance(found, tuple)
    by_name = {one.path.rpartition("/")[2]: one for one in found}
    # Two of each folder: the newest may still be on its way.
    assert set(by_name) == {"b.tgz", "new.tar.gz", "old.tar.gz", "store"}
    assert by_name["store"].names == ("c/pki/sa.key",)
    assert by_name["new.tar.gz"].names == ("etc/kubernetes/pki/ca.key",)
    assert by_name["new.tar.gz"].age >= timedelta(seconds=60)
    assert isinstance(by_name["b.tgz"].names, NotAvailable)


def test_a_store_without_anything_but_snapshots(tmp_path: Path) -> None:
    (tmp_path / "cp-1.db").touch()
    assert asked(backups.archives(str(tmp_path))).out.strip() == ""


# schedules

SHOW = """\
case "$*" in
*list-units*) echo "etcd-backup.timer loaded active waiting x"; echo "other.timer loaded active" ;;
*"-p Id,Unit"*) printf 'Id=etcd-backup.timer\\nUnit=etcd-backup.service\\nActiveState=%s\\n' STATE
    printf 'LastTriggerUSec=Fri 2026-11-20 14:00:00 UTC\\n\\nId=other.timer\\nUnit=other.service\\n'
    printf 'ActiveState=active\\nLastTriggerUSec=\\n' ;;
*ExecStart*etcd-backup*) echo "{ path=SCRIPT ; argv[]=SCRIPT ; }" ;;
*ExecStart*) echo "{ path=/bin/true ; argv[]=/bin/true ; }" ;;
*Result*) echo RESULT ;;
*ExecMainExitTimestamp*) date -u -d '12 minutes ago' '+%a %Y-%m-%d %H:%M:%S UTC' ;;
*ActiveState*) echo inactive ;;
esac
"""


def timers(tmp_path: Path, *, state: str = "active", result: str = "success") -> Any:
    script = tmp_path / "backup.sh"
    script.write_text("#!/bin/sh\netcdctl snapshot save x\n")
    text = SHOW.replace("STATE", state).replace("RESULT", result).replace("SCRIPT", str(script))
    program(tmp_path / "bin", "systemctl", text)
    return schedules.read(asked(schedules.QUESTION, path=tmp_path / "bin"))


def test_a_timer_whose_script_takes_snapshots(tmp_path: Path) -> None:
    (one,) = [t for t in timers(tmp_path) if t.kind == "timer"]
    assert (one.name, one.on, one.result) == ("etcd-backup.timer", True, "success")
    assert abs(one.last - timedelta(minutes=12)) < timedelta(seconds=30)


def test_a_timer_that_is_off_and_one_that_failed(tmp_path: Path) -> None:
    (off,) = [t for t in timers(tmp_path, state="inactive") if t.kind == "timer"]
    assert not off.on
    (failed,) = [t for t in timers(tmp_path, result="exit-code") if t.kind == "timer"]
    assert failed.result == "exit-code"
    assert isinstance(schedules.read(Said(124, "")), NotAvailable)


def job(*command: str, suspend: bool = False, **status: str) -> Object:
    pod = {"spec": {"containers": [{"command": list(command)}]}}
    spec = {"suspend": suspend, "jobTemplate": {"spec": {"template": pod}}}
    return {"metadata": {"namespace": "kube-system", "name": "b"}, "spec": spec, "status": status}


def test_cron_jobs_that_take_snapshots() -> None:
    good = job(
        "/bin/sh",
        "-c",
        "etcdctl  snapshot save /x",
        lastScheduleTime="2026-11-20T14:40:00Z",
        lastSuccessfulTime="2026-11-20T14:41:00Z",
    )
    other = job("echo", "hello")
    failed = job("etcdctl", "snapshot", "save", lastScheduleTime="2026-11-20T14:40:00Z")
    never = job("etcdctl", "snapshot", "save", suspend=True)
    worse, running = (
        job(
            *("etcdctl", "snapshot", "save"),
            lastScheduleTime="2026-11-20T14:40:00Z",
            lastSuccessfulTime="2026-11-20T14:11:00Z",
        )
        for _ in range(2)
    )
    running["status"]["active"] = [{"name": "b-1"}]
    found = schedules.cron_jobs(listed(good, other, failed, never, worse, running), listed())
    assert [(one.on, one.last, one.result) for one in found] == [
        (True, timedelta(minutes=19), "success"),
        (True, timedelta(minutes=20), "none has succeeded"),
        (False, None, "none has succeeded"),
        (True, timedelta(minutes=20), "the last that succeeded ended 49 min ago"),
        (True, timedelta(minutes=49), "success"),
    ]
    assert found[0].name == "kube-system/b"


def test_cron_jobs_whose_words_are_elsewhere() -> None:
    first, script, other = job("true"), job("sh", "/s/run"), job("sh", "/s/run")
    pods = [
        one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in (first, script, other)
    ]
    pods[0]["initContainers"] = [{"command": ["etcdctl"], "args": ["snapshot", "save", "/x"]}]
    pods[1]["volumes"] = [{"emptyDir": {}}, {"configMap": {"name": "script"}}]
    pods[2]["volumes"] = [{"configMap": {"name": "else"}}]
    for name, one in (("first", first), ("script", script), ("other", other)):
        one["metadata"]["name"] = name
    maps = listed(
        *(
            {"metadata": {"namespace": "kube-system", "name": name}, "data": {"run": text}}
            for name, text in (("script", "etcdctl snapshot save /x"), ("else", "true"))
        ),
        {"metadata": {"namespace": "kube-system", "name": "empty"}},
    )
    found = schedules.cron_jobs(listed(first, script, other), maps)
    assert [one.name for one in found] == ["kube-system/first", "kube-system/script"]


# restoring

STATUS = '{"hash":7,"revision":900,"totalKey":400,"totalSize":4096,"version":"3.6.0"}'
FAKES = {
    "etcdutl": 'case "$2" in restore) mkdir -p d/member/snap; touch d/member/snap/db ;;\n'
    f"status) echo '{STATUS}' ;; esac",
    "etcd": "sleep 60",
    "etcdctl": 'case "$*" in *count-only*) echo \'"Revision" : 900\'; echo \'"Count" : 380\' ;;\n'
    "*kube-system*) echo uid 1-2-3 ;; esac",
}


def restored(tmp_path: Path, *, uid: str = "1-2-3", **fakes: str) -> Restored | NotAvailable:
    for name, script in (FAKES | fakes).items():
        program(tmp_path / "bin", name, script)
    (tmp_path / "new.db").write_bytes(b"x" * 100)
    before = left(tmp_path)
    said = asked(restore.question(str(tmp_path / "new.db"), uid), path=tmp_path / "bin")
    assert left(tmp_path) == before
    return restore.read("w-1", "/new.db", said, took=timedelta(seconds=1))


def left(tmp_path: Path) -> list[Path]:
    """What a restore could leave behind."""
    return sorted(
        p for d in ("/run", "/var/tmp", "/tmp") for p in Path(d).glob("holdfast-restore.*")
    )


def test_a_snapshot_that_restores(tmp_path: Path) -> None:
    found = restored(tmp_path)
    assert isinstance(found, Restored)
    assert (found.revision, found.keys, found.live_keys, found.ours) == (900, 400, 380, True)
    assert found.wrong == ""
    other = restored(tmp_path, uid="4-5-6")
    assert isinstance(other, Restored)
    assert other.ours is False


@pytest.mark.parametrize("value", ["", "k8s:enc:secretbox:v1:key:x"])
def test_an_encrypted_namespace_tells_nothing(tmp_path: Path, value: str) -> None:
    plain = FAKES["etcdctl"].replace("echo uid 1-2-3", f"printf '{value}'")
    found = restored(tmp_path, etcdctl=plain)
    assert isinstance(found, Restored)
    assert (found.ours, found.live_keys, found.wrong) == (None, 380, "")


def test_keys_under_another_prefix() -> None:
    assert "/mine/namespaces/kube-system" in restore.question("/x.db", "1", prefix="/mine")


def test_a_snapshot_that_does_not_restore(tmp_path: Path) -> None:
    broken = "[ \"$2\" = restore ] && { echo 'Error: database is corrupt' >&2; exit 1; }"
    found = restored(tmp_path, etcdutl=broken)
    assert isinstance(found, Restored)
    assert found.wrong == "database is corrupt"
    dead = restored(tmp_path, etcd="echo cannot open it; exit 1", etcdctl="exit 1")
    assert isinstance(dead, Restored)
    assert dead.wrong == "cannot open it"


def test_what_could_not_be_tried_is_no_failure() -> None:
    said = Said(3, "", "there is no etcdutl to restore it with")
    assert restore.read("n", "p", said, took=timedelta()) == NotAvailable(said.err)
    assert isinstance(restore.read("n", "p", Said(124, ""), took=timedelta()), NotAvailable)


def test_the_newest_on_another_machine_is_restored() -> None:
    def folder(node: str, minutes: int, *, off: bool = True, read: bool = True) -> BackupFolder:
        path = f"/b/{node}.db"
        file = BackupFile(path=path, size=1, age=timedelta(minutes=minutes))
        status = SnapshotStatus(path=path, revision=1, keys=1, size=1, hash=1)
        newest = status if read else NotAvailable("broken")
        return BackupFolder(node=node, folder="/b", off_node=off, files=(file,), newest=newest)

    folders = [
        folder("cp-1", 1, off=False),
        folder("w-1", 9),
        folder("w-2", 5),
        folder("w-3", 2, read=False),
    ]
    found = restore.newest(folders)
    assert found is not None
    assert found[0] == "w-2"
    assert restore.newest(folders[:1]) is None
