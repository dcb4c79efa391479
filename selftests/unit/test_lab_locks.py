"""Two are never at the same thing, whoever comes and goes."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import TextIO

import pytest

from lab.errors import LabError
from lab.locks import exclusive


def test_the_second_is_told_who_is_at_it(tmp_path: Path) -> None:
    file = tmp_path / "run" / "dev.lock"
    with (
        exclusive(file, "the lab", doing="up"),
        pytest.raises(LabError, match=r"The lab is held by process \d+ \(`up`, since"),
        exclusive(file, "the lab", doing="down"),
    ):
        pass


def test_nothing_is_left_of_a_lock_but_what_others_have_there(tmp_path: Path) -> None:
    file = tmp_path / "run" / "dev.lock"
    with exclusive(file, "the lab"):
        assert file.exists()
    assert not file.parent.exists()
    file.parent.mkdir()
    (file.parent / "other").touch()
    with exclusive(file, "the lab"):
        pass
    assert [path.name for path in file.parent.iterdir()] == ["other"]


def test_who_waited_for_a_lock_that_was_unlinked_holds_the_one_that_others_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dev.lock"
    opened, inside, leave = (threading.Event() for _ in range(3))
    really = fcntl.flock

    def flock(lock: TextIO, how: int) -> None:
        if threading.current_thread() is waiter:
            opened.set()
        really(lock, how)

    def wait() -> None:
        with exclusive(file, "the lab"):
            inside.set()
            leave.wait(10)

    waiter = threading.Thread(target=wait)
    monkeypatch.setattr("lab.locks.fcntl.flock", flock)
    with exclusive(file, "the lab"):
        waiter.start()
        assert opened.wait(10)
    assert inside.wait(10)
    with pytest.raises(LabError, match="held by"), exclusive(file, "the lab", doing="up"):
        pass
    leave.set()
    waiter.join()
