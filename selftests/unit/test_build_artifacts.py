"""The artifacts of a release: what is made again when something changes, and what is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import build
from lab.build import artifacts, base, basefiles, containerd, images
from lab.build.artifacts import TOOLS
from lab.build.modules import all_of
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import release

RELEASE = release("1.36.2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "holdfast"


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A folder with every program, as a script; kubeadm wants the images of the release."""
    folder = tmp_path / "own"
    folder.mkdir()
    listed = "\\n".join(ref for name, ref in RELEASE.images.items() if name != "agnhost")
    kubeadm = f'[ "$1" = version ] && echo v1.36.2 || printf "{listed}\\n"'
    for name in (name for module in all_of(RELEASE) for name in module.programs):
        told = kubeadm if name == "kubeadm" else "echo Kubernetes v1.36.2"
        (folder / name).write_text(f"#!/bin/sh\n{told}\n")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Root and store without debootstrap and containerd; the list tells how often."""
    made: list[str] = []

    def root(arch: str, progress: Progress) -> Path:
        product = base.product(arch)
        if not product.exists:
            made.append("base")
            with product.making():
                pass
        return product.path

    def fill(root: Path, *args: object) -> None:
        made.append("images")
        (root / "meta.db").write_text("")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(base, "build", root)
    monkeypatch.setattr(images, "all_of", lambda *args: [])
    monkeypatch.setattr(containerd, "fill", fill)
    return made


def ensure(folder: str) -> build.Artifacts:
    return build.ensure(RELEASE, binaries=folder, progress=Progress(say=lambda line: None))


def test_made_once(own: str, made: list[str]) -> None:
    assert build.built(RELEASE, binaries=own) is None
    first = ensure(own)
    assert ensure(own) == first == build.built(RELEASE, binaries=own)
    assert made == ["base", "images"]
    assert {path.name for path in (first.tools / "usr/local/bin").iterdir()} == set(TOOLS)
    assert (first.containerd / "meta.db").exists()


def test_a_failure_keeps_what_is_finished_and_nothing_else(
    own: str, made: list[str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise LabError("no containerd")

    with monkeypatch.context() as patch:
        patch.setattr(containerd, "fill", fail)
        with pytest.raises(LabError, match="no containerd"):
            ensure(own)
    assert build.built(RELEASE, binaries=own) is None
    kinds = {path.name.split("-")[0] for path in cache.iterdir()}
    assert kinds == {"base", "binaries", "tools", "lock"}

    ensure(own)
    assert made == ["base", "images"]


def test_kubeadm_that_wants_other_images(own: str, made: list[str]) -> None:
    kubeadm = Path(own, "kubeadm")
    kubeadm.write_text(kubeadm.read_text().replace("etcd:3.6.8-0", "etcd:3.6.9-0"))
    with pytest.raises(LabError, match=r"etcd:3\.6\.8-0, .*etcd:3\.6\.9-0"):
        ensure(own)
    assert made == ["base"]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda p: p.setattr(base, "PACKAGES", (*base.PACKAGES, "vim")), {"base", "images"}),
        (lambda p: p.setitem(basefiles.FILES, "etc/motd", "hello"), {"base", "images"}),
        (lambda p: p.setattr(images, "RECIPE", "next"), {"images"}),
        (lambda p: p.setattr(artifacts, "TOOLS", TOOLS[:-1]), {"tools"}),
    ],
    ids=["package", "file", "images", "tools"],
)
def test_only_what_changed_is_made_again(
    change: Callable[[pytest.MonkeyPatch], None],
    again: set[str],
    own: str,
    made: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = ensure(own)
    change(monkeypatch)
    after = ensure(own)
    pairs = {
        "base": (before.base, after.base),
        "tools": (before.tools, after.tools),
        "images": (before.containerd, after.containerd),
    }
    assert {name for name, (old, new) in pairs.items() if old != new} == again


def test_building_takes_root(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="takes root"):
        ensure(own)
