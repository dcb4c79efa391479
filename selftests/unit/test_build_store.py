"""Products are there complete or not at all, and one process builds at a time."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from lab.build import mounts, store
from lab.build.store import Product
from lab.cache import cache_dir
from lab.progress import Progress


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_dir()


def test_a_finished_build_is_there(cache: Path) -> None:
    product = Product("thing", "1.0", "abc")
    assert not product.exists

    with product.making() as work:
        (work / "file").write_text("x")
        assert not product.exists

    assert product.path == cache / "thing-1.0-abc"
    assert (product.path / "file").read_text() == "x"
    assert [path.name for path in cache.iterdir()] == ["thing-1.0-abc"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_build_leaves_nothing(cache: Path, error: type[BaseException]) -> None:
    product = Product("thing", "1.0", "abc")

    def build() -> None:
        with product.making() as work:
            (work / "file").write_text("half")
            raise error

    with pytest.raises(error):
        build()
    assert not product.exists
    assert list(cache.iterdir()) == []


def test_what_a_killed_build_left_is_cleared_by_the_next(cache: Path) -> None:
    left = cache / f"{store.UNFINISHED}thing-1.0-abc-xyz"
    (left / "deep").mkdir(parents=True)
    kept = cache / "thing-0.9-abc"
    kept.mkdir()

    with store.exclusive(Progress(say=lambda line: None)):
        assert not left.exists()
        assert kept.exists()


def test_the_second_builder_waits_and_says_so(cache: Path) -> None:
    cache.mkdir()
    said: list[str] = []
    entered = threading.Event()
    waiting = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        waiting.set()

    def second() -> None:
        with store.exclusive(Progress(say=say)):
            entered.set()

    with (cache / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        thread = threading.Thread(target=second, daemon=True)
        thread.start()
        assert waiting.wait(10)
        assert not entered.is_set()
    assert entered.wait(10)
    thread.join(10)
    assert "another build" in said[0]


def test_mount_points_below_a_folder() -> None:
    assert Path("/proc") in mounts.below(Path("/proc"))
    assert mounts.below(Path("/proc"))[-1] == Path("/proc")
    assert mounts.below(Path("/usr/lib/no-such-folder")) == []
