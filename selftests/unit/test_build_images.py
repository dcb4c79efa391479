"""The structure of the image archives, and what is in each image."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import IO

import pytest

from lab.build import archive, images, modules
from lab.build.archive import Image
from lab.versions import release


def read(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    contents = tar.extractfile(name)
    assert contents
    return contents


@pytest.fixture
def image(tmp_path: Path) -> Image:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    (tmp_path / "link").symlink_to("program")
    return Image(
        "registry.example/thing:v1",
        ("/bin/thing",),
        ("serve",),
        files={"/bin/thing": program, "/lib/linked": tmp_path / "link"},
        texts={"/etc/passwd": "root:x:0:0::/:\n"},
        links={"/bin/alias": "thing"},
        folders={"/tmp": 0o1777},
    )


def test_archive(image: Image, tmp_path: Path) -> None:
    digest = archive.write(image, "amd64", tmp_path / "image.tar")

    with tarfile.open(tmp_path / "image.tar") as tar:
        (manifest,) = json.load(read(tar, "manifest.json"))
        raw = read(tar, manifest["Config"]).read()
        layer = read(tar, manifest["Layers"][0]).read()
    config = json.loads(raw)
    assert manifest["RepoTags"] == ["registry.example/thing:v1"]
    assert manifest["Config"] == f"{hashlib.sha256(raw).hexdigest()}.json"
    assert digest == f"sha256:{hashlib.sha256(layer).hexdigest()}"
    assert config["rootfs"] == {"type": "layers", "diff_ids": [digest]}
    assert (config["architecture"], config["os"]) == ("amd64", "linux")
    assert config["config"]["Entrypoint"] == ["/bin/thing"]
    assert config["config"]["Cmd"] == ["serve"]
    assert config["config"]["Env"] == [f"PATH={archive.PATH}"]


def test_layer(image: Image, tmp_path: Path) -> None:
    archive.write(image, "amd64", tmp_path / "image.tar")

    with tarfile.open(tmp_path / "image.tar") as tar:
        raw = io.BytesIO(read(tar, "layer.tar").read())
    with tarfile.open(fileobj=raw) as layer:
        entries = {entry.name: entry for entry in layer}
        linked = read(layer, "lib/linked").read()
    assert list(entries)[:4] == ["bin", "etc", "lib", "tmp"], "folders come before what is in them"
    assert entries["bin/thing"].mode == 0o755
    assert entries["lib/linked"].isreg(), "a link of this machine is followed"
    assert linked == b"\x7fELF"
    assert entries["etc/passwd"].mode == 0o644
    assert entries["bin/alias"].linkname == "thing"
    assert entries["tmp"].mode == 0o1777
    assert {(entry.uid, entry.gid, entry.mtime) for entry in entries.values()} == {(0, 0, 0)}


def test_equal_contents_give_equal_bytes(image: Image, tmp_path: Path) -> None:
    archive.write(image, "amd64", tmp_path / "one.tar")
    archive.write(image, "amd64", tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


@pytest.fixture
def contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Image]:
    """The images of a release by component, made of a root that has next to nothing."""
    monkeypatch.setattr(images, "with_libraries", lambda base, *names: dict.fromkeys(names, base))
    busybox = tmp_path / "usr/bin/busybox"
    busybox.parent.mkdir(parents=True)
    busybox.write_text("#!/bin/sh\necho busybox; echo sh; echo wget\n")
    busybox.chmod(0o755)
    wanted = release("1.36.2")
    programs = {name: tmp_path / name for m in modules.all_of(wanted) for name in m.programs}
    component = {reference: name for name, reference in wanted.images.items()}
    made = images.all_of(wanted, programs, tmp_path)
    return {component[image.reference]: image for image in made}


def test_every_image_of_the_release(contents: dict[str, Image]) -> None:
    assert set(contents) == set(release("1.36.2").images)


def test_each_starts_what_upstreams_starts(contents: dict[str, Image]) -> None:
    entrypoints = {name: image.entrypoint for name, image in contents.items()}
    assert entrypoints["coredns"] == ("/coredns",)
    assert entrypoints["agnhost"] == ("/agnhost",)
    assert entrypoints["kube-proxy"] == ("/usr/local/bin/kube-proxy",)
    for name, image in contents.items():
        assert image.entrypoint[0] in image.files, name


def test_what_the_programs_call_is_there(contents: dict[str, Image]) -> None:
    assert {"/usr/sbin/nft", "/usr/sbin/conntrack"} <= set(contents["kube-proxy"].files)
    assert {f"/usr/local/bin/{name}" for name in ("etcd", "etcdctl", "etcdutl")} <= set(
        contents["etcd"].files
    )
    assert contents["agnhost"].links["/bin/sh"] == "busybox"
    assert contents["agnhost"].command == ("pause",)


def test_only_agnhost_has_a_shell(contents: dict[str, Image]) -> None:
    for name, image in contents.items():
        assert ("/bin/sh" in image.links) == (name == "agnhost")
