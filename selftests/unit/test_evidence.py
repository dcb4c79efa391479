"""What a `verify-` target proved is kept, and one that was cut off goes on where it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from selftests import evidence
from selftests.evidence import FOLDER, KEPT, Evidence, kept_in


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "revision", lambda: "abc1234")


def opened(folder: Path) -> Evidence:
    return Evidence.open("known", title="Known", folder=folder)


@pytest.mark.usefixtures("at")
def test_one_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add({"round": 0, "lost": 0})
    again = opened(tmp_path)
    assert again.has(round=0)
    assert not again.has(round=1)
    again.add({"round": 1, "lost": 0})
    assert [row["round"] for row in opened(tmp_path).rows] == [0, 1]


@pytest.mark.usefixtures("at")
def test_what_is_complete_is_begun_anew(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add({"round": 0})
    first.write(intro="What was done.", table="| n |")
    assert opened(tmp_path).rows == []


@pytest.mark.usefixtures("at")
def test_another_revision_proves_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(tmp_path).add({"round": 0})
    monkeypatch.setattr(evidence, "revision", lambda: "def5678")
    assert opened(tmp_path).rows == []


def test_a_revision_with_the_same_files_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    monkeypatch.setattr(evidence, "REPO", files)

    def commit(name: str) -> None:
        (files / name).write_text(name)
        for words in (["add", name], ["commit", "-qm", name]):
            who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
            subprocess.run(["git", *who, *words], cwd=files, check=True)

    def now() -> Evidence:
        return Evidence.open("known", title="Known", of=("proved",), folder=tmp_path)

    subprocess.run(["git", "init", "-q"], cwd=files, check=True)
    commit("proved")
    now().add({"round": 0})
    commit("beside")
    both = now()
    both.add({"round": 1})
    assert [row["round"] for row in both.rows] == [0, 1]
    assert len({row["revision"] for row in both.rows}) == 2
    (files / "proved").write_text("another")
    assert now().rows == []


@pytest.mark.usefixtures("at")
def test_the_page_says_when_of_what_and_on_what(tmp_path: Path) -> None:
    one = opened(tmp_path)
    one.add({"round": 0})
    one.write(intro="What was done.", table="| n |")
    kept = json.loads(one.data.read_text())
    told = f"{kept['date']}, revision abc1234, on {kept['machine']}."
    assert one.page.read_text() == f"# Known\n\nWhat was done.\n\n{told}\n\n| n |\n"
    assert kept["rows"] == [{"round": 0, "revision": "abc1234"}]


def test_it_is_kept_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEPT, raising=False)
    assert kept_in(tmp_path) == tmp_path
    monkeypatch.setenv(KEPT, "1")
    assert kept_in(tmp_path) == FOLDER


@pytest.mark.usefixtures("at")
def test_a_row_says_nothing_of_where_the_checkout_lies(tmp_path: Path) -> None:
    opened(tmp_path).add({"told": [f"{evidence.REPO}/docs/moved.md is not there"]})
    assert opened(tmp_path).rows[0]["told"] == ["docs/moved.md is not there"]
