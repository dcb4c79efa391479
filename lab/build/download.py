"""The official binaries of a release, each checked against its published checksum."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.build.modules import CRI_TOOLS
from lab.build.store import Product
from lab.cache import key
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import Release

RECIPE = "1"
SILENCE = 60.0
PATIENCE = 1800.0


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the projects publish."""

    kubernetes: str = "https://dl.k8s.io"
    github: str = "https://github.com"


@dataclass(frozen=True, slots=True)
class Published:
    """One published file.

    Args:
        url: where it is.
        sums: where its SHA-256 is: alone, or in a list of checksums with file names.
        members: path in the archive by name of the program; {name: ""} for a bare program.
    """

    url: str
    sums: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Programs of one project, downloaded together."""

    what: str
    version: str
    arch: str
    files: tuple[Published, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The programs in it."""
        return tuple(name for file in self.files for name in file.members)

    @property
    def product(self) -> Product:
        """The programs as a product of the cache."""
        return Product(self.what, self.version, key(RECIPE, "download", self.arch, *self.names))

    def build(self, progress: Progress) -> Path:
        """Download the programs unless they are there; give the folder that has them by name.

        Raises:
            LabError: no network, no such file, or one that differs from its checksum.
        """
        made = self.product
        if not made.exists:
            title = f"download {self.what} {self.version}"
            with progress.step(title, announce=True), made.making() as work:
                for file in self.files:
                    take(file, work)
        return made.path


def all_of(release: Release, arch: str, sites: Sites = Sites()) -> list[Downloaded]:
    """All programs of a release that are published as binaries: agnhost is not."""
    servers = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    urls = {
        name: f"{sites.kubernetes}/release/v{release.kubernetes}/bin/linux/{arch}/{name}"
        for name in (*servers, "kubelet", "kubeadm", "kubectl")
    }
    k8s = tuple(Published(url, f"{url}.sha256", {name: ""}) for name, url in urls.items())

    etcd = f"etcd-v{release.etcd}-linux-{arch}"
    at_etcd = f"{sites.github}/etcd-io/etcd/releases/download/v{release.etcd}"
    etcds = {name: f"{etcd}/{name}" for name in ("etcd", "etcdctl", "etcdutl")}

    at_containerd = f"{sites.github}/containerd/containerd/releases/download/v{release.containerd}"
    ctd = f"{at_containerd}/containerd-{release.containerd}-linux-{arch}.tar.gz"
    ctds = {name: f"bin/{name}" for name in ("containerd", "containerd-shim-runc-v2", "ctr")}

    at_coredns = f"{sites.github}/coredns/coredns/releases/download/v{release.coredns}"
    dns = f"{at_coredns}/coredns_{release.coredns}_linux_{arch}.tgz"

    at_cri = f"{sites.github}/kubernetes-sigs/cri-tools/releases/download/v{CRI_TOOLS}"
    cri = f"{at_cri}/crictl-v{CRI_TOOLS}-linux-{arch}.tar.gz"

    etcd_file = Published(f"{at_etcd}/{etcd}.tar.gz", f"{at_etcd}/SHA256SUMS", etcds)
    return [
        Downloaded("kubernetes", release.kubernetes, arch, k8s),
        Downloaded("etcd", release.etcd, arch, (etcd_file,)),
        Downloaded(
            "containerd", release.containerd, arch, (Published(ctd, f"{ctd}.sha256sum", ctds),)
        ),
        Downloaded(
            "coredns",
            release.coredns,
            arch,
            (Published(dns, f"{dns}.sha256", {"coredns": "coredns"}),),
        ),
        Downloaded(
            "cri-tools", CRI_TOOLS, arch, (Published(cri, f"{cri}.sha256", {"crictl": "crictl"}),)
        ),
    ]


def take(file: Published, target: Path) -> None:
    """Download a file, check it, and put its programs into a folder.

    Raises:
        LabError: it could not be had, or differs from its checksum.
    """
    name = file.url.rpartition("/")[2]
    wanted = checksum(_get(file.sums, target / f"{name}.sum").read_text(), name)
    got = _get(file.url, target / f"{name}.got")
    with got.open("rb") as contents:
        digest = hashlib.file_digest(contents, "sha256").hexdigest()
    if digest != wanted:
        raise LabError(
            f"{file.url} differs from its published checksum: {digest}, not {wanted}.",
            "Try again; when it stays so, something between here and there changes files.",
        )
    for program, member in file.members.items():
        if member:
            _extract(got, member, target / program)
        else:
            got.rename(target / program)
        (target / program).chmod(0o755)
    (target / f"{name}.sum").unlink()
    got.unlink(missing_ok=True)


def checksum(text: str, name: str) -> str:
    """The SHA-256 of the file `name` in a list of checksums, or the only one there is.

    Raises:
        LabError: there is none.
    """
    sums = re.findall(r"^([0-9a-fA-F]{64})(?:\s+\*?(\S+))?\s*$", text, re.MULTILINE)
    for digest, named in sums:
        if named.rpartition("/")[2] == name or (not named and len(sums) == 1):
            return str(digest).lower()
    raise LabError(f"No checksum is published for {name}.")


def _get(url: str, target: Path) -> Path:
    deadline = time.monotonic() + PATIENCE
    try:
        with urllib.request.urlopen(url, timeout=SILENCE) as answer, target.open("wb") as out:  # noqa: S310
            while block := answer.read(1 << 20):
                out.write(block)
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not done after {PATIENCE:.0f} s")
    # OSError covers what urllib raises and a connection that breaks; ValueError a bad address.
    except (OSError, ValueError) as failed:
        raise LabError(
            f"{url} could not be downloaded: {failed}.",
            "Let this machine reach it, or compile, or hand in a folder of binaries.",
        ) from failed
    return target


def _extract(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as tar:
        for entry in tar:
            if entry.isfile() and entry.name.removeprefix("./") == member:
                contents = tar.extractfile(entry)
                assert contents is not None
                with target.open("wb") as out:
                    shutil.copyfileobj(contents, out)
                return
    raise LabError(f"{archive.name} has no {member}.")
