"""A host that cannot carry a lab is told so in one clear sentence, with what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import host
from lab.cgroups import Hierarchies
from lab.errors import LabError
from lab.shell import CommandFailed
from lab.spec import Spec

GIB = 1024**3
EACH = {"control plane": GIB, "worker": GIB // 2, "etcd": GIB // 4, "balancer": GIB // 4}
ORDINARY_ROUTES = [
    {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
    {"dst": "192.0.2.0/24", "dev": "eth0"},
    {"type": "local", "dst": "192.0.2.7", "dev": "eth0", "table": "local"},
    {"type": "broadcast", "dst": "192.0.2.255", "dev": "eth0", "table": "local"},
]


class Host:
    """A host that can carry a lab, until a test takes something of it away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = 0
        self.memory = 64 * GIB
        self.disk = 500 * GIB
        self.filesystem = "ext2/ext3"
        self.routes: list[dict[str, str]] = [*ORDINARY_ROUTES]
        self.filesystems = "nodev\tsysfs\nnodev\toverlay\n\text4\n"
        self.lacks = ""
        self.namespaces: list[str] = []
        self.settings = {"fs/inotify/max_user_instances": 128, "fs/inotify/max_user_watches": 10**6}

    def path(self, *parts: str | Path) -> Path:
        """In place of `Path`: this host's /proc is a folder of the test's."""
        path = Path(*parts)
        if path.parts[:2] != ("/", "proc"):
            return path
        kept = self.folder / "proc" / path.relative_to("/proc")
        kept.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "meminfo":
            kept.write_text(f"MemTotal: 1 kB\nMemAvailable: {self.memory // 1024} kB\n")
        elif path.name == "filesystems":
            kept.write_text(self.filesystems)
        elif not kept.exists():
            kept.write_text(f"{self.settings[str(path.relative_to('/proc/sys'))]}\n")
        return kept

    def run(self, argv: Sequence[str], *, check: bool = True) -> str:
        """In place of `run`."""
        match list(argv):
            case ["modprobe", *_]:
                assert not check
            case ["stat", *_]:
                return self.filesystem + "\n"
            case ["ip", "-json", "-4", "route", *_]:
                return json.dumps(self.routes)
            case ["ip", "netns", "add", name]:
                self.namespaces.append(name)
            case ["ip", "netns", "delete", name]:
                self.namespaces.remove(name)
            case _ if self.lacks and self.lacks in argv:
                raise CommandFailed(argv, 2, "Operation not supported")
            case ["ip", "-netns", name, *_] | ["ip", "netns", "exec", name, *_]:
                assert self.namespaces == [name]
            case _:
                pytest.fail(f"runs {argv}")
        return ""

    def check(self, spec: Spec | None = None) -> None:
        host.check(spec or Spec(), self.folder / "lab" / "dev")


@pytest.fixture
def able(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    one = Host(tmp_path)
    monkeypatch.setattr(host, "RUN", tmp_path)
    monkeypatch.setattr(host, "Path", one.path)
    monkeypatch.setattr(host, "run", one.run)
    monkeypatch.setattr(host, "hierarchies", lambda: Hierarchies({}, Path("/sys/fs/cgroup")))
    monkeypatch.setattr(host, "packages", lambda: {"sh": "dash"})
    monkeypatch.setattr(host, "MEMORY", EACH)
    monkeypatch.setattr("os.geteuid", lambda: one.user)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=one.disk))
    yield one
    assert one.namespaces == [], "the namespace to try things in was left behind"


def refused(one: Host, spec: Spec | None = None) -> LabError:
    """What the host is refused for: a sentence, what to do, and code 3."""
    with pytest.raises(LabError) as error:
        one.check(spec)
    assert error.value.exit_code == 3
    assert error.value.problem.endswith(".")
    assert error.value.remedy
    assert "\n" not in str(error.value)
    return error.value


def test_an_able_host_is_not_refused(able: Host) -> None:
    able.check()


def test_who_is_not_root_is_told_why_that_is_needed(able: Host) -> None:
    able.user = 1000
    assert "takes root" in refused(able).problem
    assert "sudo" in refused(able).remedy


def test_missing_programs_are_named_with_the_command_that_installs_them(
    able: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"no-such-a": "b-tools", "no-such-b": "a-tools", "/no/such/file": "a-tools"}
    monkeypatch.setattr(host, "packages", lambda: {"sh": "dash"} | wanted)
    error = refused(able)
    assert error.problem.endswith("of the packages a-tools, b-tools.")
    assert error.remedy.endswith("apt-get install --no-install-recommends a-tools b-tools")


def test_the_list_of_packages_is_read_without_its_comments() -> None:
    assert host.packages()["systemd-nspawn"] == "systemd-container"
    assert all(what[0].isalpha() or what[0] == "/" for what in host.packages())


def test_a_host_without_control_groups_is_refused(
    able: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "hierarchies", lambda: Hierarchies({}, None))
    assert "No control groups" in refused(able).problem


def test_too_little_memory_is_told_with_both_figures(able: Host) -> None:
    able.memory = 2 * GIB
    error = refused(able)
    assert error.problem == "This lab needs 5.0 GiB of memory; 2.0 GiB are available."
    assert "--workers" in error.remedy


@pytest.mark.parametrize(
    "more",
    [Spec(workers=4), Spec(control_planes=5), Spec(etcd="external")],
    ids=["workers", "control planes", "external etcd"],
)
def test_a_larger_lab_needs_more_memory(able: Host, more: Spec) -> None:
    able.memory = 5 * GIB
    able.check()
    assert "of memory" in refused(able, more).problem


def test_too_little_disk_is_told_with_both_figures_and_the_folder(able: Host) -> None:
    able.disk = GIB
    error = refused(able)
    assert error.problem.endswith(f"GiB below {able.folder}; 1.0 GiB are free.")


def test_a_folder_on_an_overlay_is_refused(able: Host) -> None:
    able.filesystem = "overlayfs"
    assert "lies on overlayfs" in refused(able).problem


def test_a_lab_that_is_there_already_needs_no_room_once_more(able: Host) -> None:
    (able.folder / "lab" / "dev").mkdir(parents=True)
    able.memory = able.disk = 0
    able.check()


@pytest.mark.parametrize("dst", ["198.18.0.0/16", "198.19.3.0/24", "198.18.7.1", "198.18.0.0/15"])
def test_a_range_that_is_in_use_is_refused_with_what_uses_it(able: Host, dst: str) -> None:
    able.routes.append({"dst": dst, "dev": "eth1"})
    assert f"route {dst}." in refused(able).problem


@pytest.mark.parametrize(
    "route",
    [
        {"dst": "198.18.0.0/20", "dev": "hf-other"},
        {"dst": "198.18.0.1", "dev": "hf-other", "type": "local"},
        {"dst": "198.18.0.0/15", "type": "blackhole"},
    ],
)
def test_what_another_lab_uses_is_not_in_the_way(able: Host, route: dict[str, str]) -> None:
    able.routes.append(route)
    able.check()


def test_a_default_route_in_two_halves_is_not_in_the_way(able: Host) -> None:
    able.routes += [{"dst": "0.0.0.0/1", "dev": "tun0"}, {"dst": "128.0.0.0/1", "dev": "tun0"}]
    able.check()


@pytest.mark.parametrize(
    ("lacks", "named"), [("veth", "(veth)"), ("bridge", "(bridge)"), ("nft", "(nf_tables)")]
)
def test_what_the_kernel_lacks_is_named(able: Host, lacks: str, named: str) -> None:
    able.lacks = lacks
    assert named in refused(able).problem


def test_a_kernel_without_overlayfs_is_refused(able: Host) -> None:
    able.filesystems = "nodev\tsysfs\n\text4\n"
    assert "no overlayfs" in refused(able).problem


def test_limits_are_raised_only_where_too_low_and_set_back_as_they_were(able: Host) -> None:
    def now() -> list[int]:
        return [int(able.path("/proc/sys", name).read_text()) for name in able.settings]

    host.raise_limits()
    assert now() == [8192, 10**6]
    host.raise_limits()
    host.restore_limits()
    assert now() == [128, 10**6]
    host.restore_limits()


def test_nothing_is_set_back_that_was_not_raised(able: Host) -> None:
    host.restore_limits()
    assert not (able.folder / "proc").exists()
