"""A run's folder: whole files, one way in, no secret in any of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from chaos.result import RunResult
from reports import run_folder
from reports.errors import ReportError
from reports.run_folder import RunFolder
from selftests.unit.reports_support import files, run_result

NOW = datetime(2026, 11, 20, 14, 1, 55, tzinfo=UTC)


def written(path: Path) -> tuple[int, int]:
    """Which file it is and when it was last written; reading it changes neither."""
    stamp = path.stat()
    return stamp.st_ino, stamp.st_mtime_ns


def test_a_run_is_named_by_when_it_began_and_none_is_written_over(tmp_path: Path) -> None:
    runs = [RunFolder.create(tmp_path / "out", now=NOW).run for _ in range(20)]
    assert len(set(runs)) == 20
    assert all(name.startswith("20261120T140155Z-") for name in runs)


def test_all_is_written_and_latest_turns_to_it_only_at_the_end(tmp_path: Path) -> None:
    first, second = (RunFolder.create(tmp_path, now=NOW) for _ in range(2))
    first.finish(run_result())
    second.save(run_result())
    assert (tmp_path / "latest").resolve() == first.path
    assert os.readlink(tmp_path / "latest") == first.run, "the folder may be moved"
    second.finish(run_result())
    assert RunFolder.open(tmp_path / "latest").path == second.path
    names = {name.split("/")[0] for name in files(second.path)}
    assert names == {"verdict.json", "summary.md", "junit.xml", "allure-results"}
    assert second.load() == run_result()
    ET.parse(second.path / "junit.xml")


def test_finished_twice_it_holds_one_report(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    folder.finish(run_result())
    before = len(files(folder.path))
    folder.finish(run_result())
    assert len(files(folder.path)) == before


def test_a_verdict_is_replaced_and_never_written_over(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    folder.save(run_result(reason="the first"))
    os.link(folder.path / "verdict.json", tmp_path / "as-it-was")
    folder.save(run_result(reason="the second"))
    assert "the first" in (tmp_path / "as-it-was").read_text()
    assert list(files(folder.path)) == ["verdict.json"]


def test_what_others_wrote_stays_to_the_byte_where_it_holds_no_secret(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    for name, content in (("t.jsonl", b'{"a": "\\u001b"}\r\n{"to'), ("core.bin", b"\x00\xff\x1b")):
        (folder.path / name).write_bytes(content)
        before = written(folder.path / name)
        folder.finish(run_result())
        assert (folder.path / name).read_bytes() == content
        assert written(folder.path / name) == before


def test_one_report_that_cannot_be_written_does_not_cost_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: RunResult) -> str:
        raise KeyError("a defect")

    monkeypatch.setattr(run_folder, "junit", broken)
    folder = RunFolder.create(tmp_path)
    with pytest.raises(ReportError, match="a defect"):
        folder.finish(run_result())
    names = {name.split("/")[0] for name in files(folder.path)}
    assert names == {"verdict.json", "summary.md", "allure-results"}
    assert (tmp_path / "latest").exists()


KILLED = """
import os, pathlib, signal, sys
from reports.run_folder import RunFolder
from selftests.unit.reports_support import run_result
folder = RunFolder(pathlib.Path(sys.argv[1]))
folder.save(run_result(reason="the first"))
real, left = os.fsync, int(sys.argv[2])
def fsync(descriptor):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)  # written, not yet under its name
    real(descriptor)
os.fsync = fsync
folder.finish(run_result(reason="the second"))
"""


@pytest.mark.parametrize(("at", "reason"), [(1, "the first"), (2, "the second"), (3, "the second")])
def test_killed_at_any_write_it_leaves_a_verdict_that_can_be_read(
    at: int, reason: str, tmp_path: Path
) -> None:
    folder = RunFolder.create(tmp_path)
    command = [sys.executable, "-c", KILLED, str(folder.path), str(at)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    assert folder.load().reason == reason
    assert not (tmp_path / "latest").exists()


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no folder of a run"):
        RunFolder.open(tmp_path / "nowhere")
    folder = RunFolder.create(tmp_path)
    with pytest.raises(ReportError, match="cannot be read"):
        folder.load()
    (folder.path / "verdict.json").write_bytes(b"\xff")
    with pytest.raises(ReportError, match="cannot be read"):
        folder.load()


def test_no_place_for_a_run_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="cannot be written"):
        RunFolder.create(tmp_path / "file" / "out")
