"""A clone is a copy that shares only what nobody writes in place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lab.clone import WRITTEN_ONCE, clone, copy
from lab.shell import CommandFailed

DATABASE = "io.containerd.metadata.v1.bolt/meta.db"
LAYER = f"{WRITTEN_ONCE[0]}/1/fs/bin/program"
BLOB = f"{WRITTEN_ONCE[1]}/sha256/abc"
INGEST = "io.containerd.content.v1.content/ingest/1/data"
LONG_AGO = 1_000_000_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small containerd folder."""
    top = tmp_path / "source"
    for name in (DATABASE, LAYER, BLOB, INGEST):
        file = top / name
        file.parent.mkdir(parents=True)
        file.write_text(name)
    return top


def shared(source: Path, target: Path) -> set[str]:
    files = [path for path in source.rglob("*") if path.is_file()]
    names = [str(path.relative_to(source)) for path in files]
    return {name for name in names if (source / name).samefile(target / name)}


def test_only_what_is_written_once_is_linked(source: Path, tmp_path: Path) -> None:
    clone(source, tmp_path / "target")
    assert shared(source, tmp_path / "target") == {LAYER, BLOB}


def test_a_clone_has_all_files_and_no_more(source: Path, tmp_path: Path) -> None:
    clone(source, tmp_path / "target")
    trees = [{p.relative_to(top) for p in top.rglob("*")} for top in (source, tmp_path / "target")]
    assert trees[0] == trees[1]


def test_a_plain_copy_links_nothing(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "target")
    assert shared(source, tmp_path / "target") == set()
    assert (tmp_path / "target" / BLOB).read_text() == BLOB


@pytest.mark.parametrize("name", [DATABASE, INGEST])
def test_writing_in_the_clone_leaves_the_source_alone(
    source: Path, tmp_path: Path, name: str
) -> None:
    clone(source, tmp_path / "target")
    with (tmp_path / "target" / name).open("a") as file:
        file.write("changed")
    assert (source / name).read_text() == name


def test_a_copied_file_keeps_mode_times_and_owner(source: Path, tmp_path: Path) -> None:
    file = source / DATABASE
    if os.geteuid() == 0:
        os.chown(file, 1234, 4321)
    file.chmod(0o640)
    os.utime(file, (LONG_AGO, LONG_AGO))
    clone(source, tmp_path / "target")
    was, now = file.stat(), (tmp_path / "target" / DATABASE).stat()
    assert stat.S_IMODE(now.st_mode) == 0o640
    assert now.st_mtime == LONG_AGO
    assert (now.st_uid, now.st_gid) == (was.st_uid, was.st_gid)


def test_a_copied_file_keeps_its_setuid_bit(source: Path, tmp_path: Path) -> None:
    (source / DATABASE).chmod(0o4755)
    clone(source, tmp_path / "target")
    assert stat.S_IMODE((tmp_path / "target" / DATABASE).stat().st_mode) == 0o4755


def test_symbolic_links_stay_links_wherever_they_point(source: Path, tmp_path: Path) -> None:
    links = {"to-file": DATABASE, "to-folder": "io.containerd.metadata.v1.bolt", "to-none": "gone"}
    for name, where in links.items():
        (source / name).symlink_to(where)
    clone(source, tmp_path / "target")
    assert {name: os.readlink(tmp_path / "target" / name) for name in links} == links


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed):
        copy(tmp_path / "gone", tmp_path / "target")
