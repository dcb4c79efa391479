"""Control groups of any kind of host: found where they are mounted, limited, entered."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab import cgroups
from lab.cgroups import Group, Hierarchies, hierarchies
from lab.errors import LabError
from lab.plan import GIB, Limits

ROOT = "23 29 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro\n"
TMPFS = "25 23 0:23 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,size=4096k,mode=755\n"
V1 = """\
27 25 0:25 / /sys/fs/cgroup/systemd rw,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd
31 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:16 - cgroup cgroup rw,cpu,cpuacct
32 25 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 25 0:31 / /sys/fs/cgroup/pids rw,relatime shared:18 master:2 - cgroup cgroup rw,pids
"""
UNIFIED = "26 25 0:24 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
V2 = "30 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,memory_recursiveprot\n"
FOUND_V1 = {
    "systemd": "/sys/fs/cgroup/systemd",
    "cpu": "/sys/fs/cgroup/cpu,cpuacct",
    "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
    "memory": "/sys/fs/cgroup/memory",
    "pids": "/sys/fs/cgroup/pids",
}


def read(mounts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hierarchies:
    """What `hierarchies` finds where these are the mounts."""
    (tmp_path / "mountinfo").write_text(mounts)

    def path(name: str) -> Path:
        return tmp_path / "mountinfo" if name == "/proc/self/mountinfo" else Path(name)

    monkeypatch.setattr(cgroups, "Path", path)
    return hierarchies.__wrapped__()


@pytest.mark.parametrize(
    ("mounts", "v1", "v2"),
    [
        (ROOT + TMPFS + V1, FOUND_V1, None),
        (ROOT + TMPFS + UNIFIED + V1, FOUND_V1, "/sys/fs/cgroup/unified"),
        (ROOT + V2, {}, "/sys/fs/cgroup"),
        (ROOT, {}, None),
    ],
    ids=["v1", "hybrid", "v2", "none"],
)
def test_each_controller_is_found_where_it_is_mounted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mounts: str,
    v1: dict[str, str],
    v2: str | None,
) -> None:
    found = read(mounts, tmp_path, monkeypatch)
    assert {name: str(found.v1[name]) for name in FOUND_V1 if name in found.v1} == v1
    assert found.v2 == (Path(v2) if v2 else None)
    assert {str(path) for path in found.all} == {*v1.values(), *([v2] if v2 else [])}


class Host:
    """A host whose hierarchies are folders."""

    def __init__(self, top: Path, v1: list[str], *, v2: bool) -> None:
        self.v1 = {name: top / name for name in v1}
        self.v2 = top / "unified" if v2 else None

    @property
    def hierarchies(self) -> Hierarchies:
        return Hierarchies(self.v1, self.v2)

    def group(self, *names: str) -> list[Path]:
        """This group's folder in all hierarchies, made where it is not there."""
        folders = [Path(top, "holdfast", *names) for top in self.hierarchies.all]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        return folders


V1_HOST = ["cpu", "memory", "pids", "systemd"]
KINDS = {"v1": (V1_HOST, False), "hybrid": (V1_HOST, True), "v2": ([], True)}


@pytest.fixture(params=list(KINDS))
def any_host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Host:
    v1, v2 = KINDS[request.param]
    one = Host(tmp_path, v1, v2=v2)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: one.hierarchies)
    return one


def test_a_command_enters_the_group_in_every_hierarchy_and_then_becomes_itself(
    any_host: Host,
) -> None:
    groups = any_host.group("dev", "cp-1")
    argv = ["/bin/sh", "-c", 'echo "$$ $1"', "sh", "a -- b"]
    done = subprocess.run(
        Group("dev", "cp-1").entering(argv), capture_output=True, text=True, check=True
    )
    pid, words = done.stdout.strip().split(" ", 1)
    assert words == "a -- b"
    assert [(group / "cgroup.procs").read_text() for group in groups] == [f"{pid}\n"] * len(groups)


def test_a_command_that_cannot_enter_does_not_run(any_host: Host) -> None:
    done = subprocess.run(
        Group("dev", "cp-1").entering(["echo", "ran"]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (111, "")


def test_a_machine_may_use_what_its_limits_say(any_host: Host) -> None:
    any_host.group("dev", "cp-1")
    Group("dev", "cp-1").limit(Limits(2, 3 * GIB, weight=8))
    if any_host.v1:
        cpu = any_host.v1["cpu"] / "holdfast/dev/cp-1"
        memory = any_host.v1["memory"] / "holdfast/dev/cp-1"
        quota = int((cpu / "cpu.cfs_quota_us").read_text())
        period = int((cpu / "cpu.cfs_period_us").read_text())
        assert (memory / "memory.limit_in_bytes").read_text() == str(3 * GIB)
        assert (cpu / "cpu.shares").read_text() == str(8 * 1024)
    else:
        assert any_host.v2
        group = any_host.v2 / "holdfast/dev/cp-1"
        quota, period = map(int, (group / "cpu.max").read_text().split())
        assert (group / "memory.max").read_text() == str(3 * GIB)
        assert (group / "cpu.weight").read_text() == str(8 * 100)
    assert quota / period == 2


def test_the_processes_of_a_lab_are_those_of_all_its_machines(any_host: Host) -> None:
    for n, name in enumerate(["cp-1", "cp-1/kubepods/pod1", "worker-1"]):
        for folder in any_host.group("dev", *name.split("/")):
            (folder / "cgroup.procs").write_text(f"{100 + n}\n{200 + n}\n")
    assert sorted(Group("dev", "cp-1").pids()) == [100, 101, 200, 201]
    assert sorted(Group("dev").pids()) == [100, 101, 102, 200, 201, 202]
    assert Group("dev", "lb-1").pids() == []


def test_removing_a_machine_s_groups_leaves_those_of_others(any_host: Host) -> None:
    for name in ("cp-1/kubepods", "cp-2"):
        any_host.group("dev", *name.split("/"))
    Group("dev", "cp-1").remove()
    assert not Group("dev", "cp-1").exists()
    assert Group("dev", "cp-2").exists()


def test_removing_the_last_lab_s_groups_leaves_nothing(any_host: Host) -> None:
    any_host.group("dev", "cp-1")
    any_host.group("other")
    Group("dev").remove()
    assert Group("other").exists()
    Group("other").remove()
    assert [top for top in any_host.hierarchies.all if list(top.iterdir())] == []


def test_making_a_group_on_v1_gives_it_processors_to_run_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Host(tmp_path, ["cpuset", "cpu"], v2=False)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: one.hierarchies)
    top = one.v1["cpuset"]
    top.mkdir()
    (top / "cpuset.cpus").write_text("0-3\n")
    (top / "cpuset.mems").write_text("0\n")
    Group("dev", "cp-1").make()
    Group("dev", "cp-1").make()
    made = top / "holdfast/dev/cp-1"
    assert [(made / f"cpuset.{n}").read_text() for n in ("cpus", "mems")] == ["0-3\n", "0\n"]
    assert (one.v1["cpu"] / "holdfast/dev/cp-1").is_dir()


def test_making_a_group_on_v2_hands_the_controllers_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Host(tmp_path, [], v2=True)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: one.hierarchies)
    (machine,) = one.group("dev", "cp-1")
    above = (machine.parent, machine.parent.parent, machine.parent.parent.parent)
    for folder in above:
        (folder / "cgroup.controllers").write_text("cpuset cpu memory pids misc\n")
    Group("dev", "cp-1").make()
    handed = {(folder / "cgroup.subtree_control").read_text() for folder in above}
    assert handed == {"+cpuset +cpu +memory +pids"}


def test_a_controller_that_the_kernel_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Host(tmp_path, ["cpu"], v2=False)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: one.hierarchies)
    with pytest.raises(LabError, match="no cgroup controller `memory`"):
        Group("dev").limit(Limits(1, GIB))
