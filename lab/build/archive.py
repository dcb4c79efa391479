"""Writing a container image as a docker-archive tar of one layer."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECIPE = "1"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Image:
    """What is in an image. All paths are absolute in it.

    Args:
        reference: its name with its tag.
        files: paths of this machine, by path in the image; links are followed, modes are kept.
        texts: texts of small files, by path.
        links: targets of symbolic links, by path.
        folders: modes of empty folders, by path.
    """

    reference: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)


def write(image: Image, arch: str, target: Path) -> str:
    """Write the image to `target`; give the digest of its layer, unpacked (`sha256:…`).

    Equal contents give equal bytes: times and owners are fixed.
    """
    with tempfile.TemporaryFile(dir=target.parent) as layer:
        with tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _fill(tar, image)
        layer.seek(0)
        digest = hashlib.file_digest(layer, "sha256").hexdigest()
        config = json.dumps(_config(image, arch, digest), sort_keys=True).encode()
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        manifest = [{"Config": name, "RepoTags": [image.reference], "Layers": ["layer.tar"]}]
        with tarfile.open(target, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, "manifest.json", json.dumps(manifest).encode())
            _add(tar, name, config)
            entry = tarfile.TarInfo("layer.tar")
            entry.size = layer.seek(0, io.SEEK_END)
            layer.seek(0)
            tar.addfile(entry, layer)
    return f"sha256:{digest}"


def _config(image: Image, arch: str, layer: str) -> dict[str, object]:
    run = {
        "Env": [f"PATH={PATH}"],
        "Entrypoint": list(image.entrypoint),
        "Cmd": list(image.command) or None,
        "WorkingDir": "/",
    }
    return {
        "architecture": arch,
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
    }


def _fill(tar: tarfile.TarFile, image: Image) -> None:
    for path, mode in sorted(_folders(image).items()):
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        tar.addfile(entry)
    for path, source in sorted(image.files.items()):
        entry = tarfile.TarInfo(path.lstrip("/"))
        told = source.stat()
        entry.size, entry.mode = told.st_size, told.st_mode & 0o755
        with source.open("rb") as contents:
            tar.addfile(entry, contents)
    for path, text in sorted(image.texts.items()):
        _add(tar, path.lstrip("/"), text.encode())
    for path, aim in sorted(image.links.items()):
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, aim, 0o777
        tar.addfile(entry)


def _folders(image: Image) -> dict[str, int]:
    """Every folder that something lies in, and the empty ones."""
    paths = [*image.files, *image.texts, *image.links, *image.folders]
    needed = {str(parent): 0o755 for path in paths for parent in Path(path).parents}
    needed.pop("/", None)
    return {**needed, **image.folders}


def _add(tar: tarfile.TarFile, name: str, contents: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(contents), 0o644
    tar.addfile(entry, io.BytesIO(contents))
