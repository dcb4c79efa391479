"""What nothing is made of any more goes; everything of today's stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.build import artifacts, prune
from lab.cache import cache_dir
from lab.errors import LabError
from lab.versions import RELEASES
from selftests.unit.support import QUIET


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache_dir().mkdir()
    for release in RELEASES:
        for product in artifacts.products(release, "compile"):
            product.path.mkdir(exist_ok=True)
    (cache_dir() / "go-1.26.8-0123456789ab").mkdir()
    return cache_dir()


def test_only_what_is_superseded_goes(cache: Path) -> None:
    kept = {folder.name for folder in cache.iterdir()}
    assert prune.prune(QUIET).folders == ()
    old = cache / "etcd-3.5.0-0123456789ab"
    old.mkdir()
    (old / "etcd").write_bytes(b"x" * 100)
    (old / "link").hardlink_to(old / "etcd")
    done = prune.prune(QUIET)
    assert (done.folders, done.bytes) == ((old,), 100)
    assert {folder.name for folder in cache.iterdir()} == kept | {"lock"}


def test_what_a_lab_stands_on_stays(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = cache / "base-trixie-0123456789ab"
    old.mkdir()
    monkeypatch.setattr(prune, "_mounts", lambda: f"overlay rw,lowerdir={old}:/x\n")
    with pytest.raises(LabError, match="A lab still stands on"):
        prune.prune(QUIET)
    assert old.exists()
