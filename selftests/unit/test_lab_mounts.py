"""A lab's mounts are found whatever the folder is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from lab import mounts
from lab.mounts import mount_overlay, mounts_below, unmount_below


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The mount points of this host, as the kernel writes them."""
    at = ["/", "/proc", "/lab/dev", "/lab/dev/cp-1/root", "/lab/dev-2/root", "/lab/my\\040lab/root"]
    table = tmp_path / "mountinfo"

    def path(name: str | Path) -> Path:
        if name != "/proc/self/mountinfo":
            return Path(name)
        table.write_text("".join(f"30 1 0:9 / {point} rw - overlay overlay rw\n" for point in at))
        return table

    monkeypatch.setattr(mounts, "Path", path)
    return at


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are run, and run only here."""
    ran: list[list[str]] = []

    def run(argv: Sequence[str]) -> str:
        ran.append(list(argv))
        return ""

    monkeypatch.setattr(mounts, "run", run)
    return ran


def test_a_folder_s_own_mount_and_all_below_are_found_deepest_first(mounted: list[str]) -> None:
    assert mounts_below(Path("/lab/dev")) == [Path("/lab/dev/cp-1/root"), Path("/lab/dev")]


def test_a_folder_of_a_similar_name_is_another_folder(mounted: list[str]) -> None:
    assert mounts_below(Path("/lab/de")) == []


def test_a_name_with_a_space_is_found(mounted: list[str]) -> None:
    assert mounts_below(Path("/lab/my lab")) == [Path("/lab/my lab/root")]


def test_a_name_beyond_ascii_is_found(mounted: list[str]) -> None:
    mounted.append("/lab/Jürgen/root")
    assert mounts_below(Path("/lab/Jürgen")) == [Path("/lab/Jürgen/root")]


def test_everything_below_is_unmounted_inside_out(
    mounted: list[str], commands: list[list[str]]
) -> None:
    unmount_below(Path("/lab/dev"))
    assert commands == [["umount", "/lab/dev/cp-1/root"], ["umount", "/lab/dev"]]


def test_a_machine_s_disk_lies_over_tools_and_base_in_this_order(
    mounted: list[str], commands: list[list[str]]
) -> None:
    mount_overlay(Path("/lab/other/cp-1"), lower=[Path("/cache/tools"), Path("/cache/base")])
    (argv,) = commands
    assert argv[-1] == "/lab/other/cp-1/root"
    assert set(argv[argv.index("-o") + 1].split(",")) == {
        "lowerdir=/cache/tools:/cache/base",
        "upperdir=/lab/other/cp-1/upper",
        "workdir=/lab/other/cp-1/work",
    }


def test_what_is_mounted_is_not_mounted_again(
    mounted: list[str], commands: list[list[str]]
) -> None:
    mount_overlay(Path("/lab/dev/cp-1"), lower=[Path("/cache/base")])
    assert commands == []
