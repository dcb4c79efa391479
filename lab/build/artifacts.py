"""What a cluster's nodes are made of, and making it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.build import archive, base, check, containerd, fetch, images, parts, toolchain
from lab.build.parts import Part
from lab.build.store import Product, exclusive
from lab.cache import key
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import Release

RECIPE = "1"
TOOLS = (
    *("kubeadm", "kubelet", "kubectl", "crictl", "etcd", "etcdctl", "etcdutl"),
    *("containerd", "containerd-shim-runc-v2", "ctr"),
)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Folders that every node of a release shares. Nothing may change a file of theirs in place.

    Args:
        base: a Debian root: the lowest layer of every node's.
        tools: the layer above it: the programs of the release in usr/local/bin.
        containerd: a /var/lib/containerd with all images of the release, for each node to have
            a copy of. All but its databases (`*.db`) may be hard links.
    """

    release: Release
    base: Path
    tools: Path
    containerd: Path


@dataclass(frozen=True, slots=True)
class _Plan:
    """The products that the artifacts of a release are."""

    release: Release
    arch: str
    parts: Sequence[Part]

    @property
    def base(self) -> Product:
        return base.product(self.arch)

    @property
    def tools(self) -> Product:
        return Product("tools", self.release.kubernetes, key(RECIPE, *TOOLS, *self._names))

    @property
    def containerd(self) -> Product:
        recipes = (archive.RECIPE, images.RECIPE, containerd.RECIPE)
        made_of = (*recipes, self.base.path.name, *self._names, *self.release.images.values())
        return Product("images", self.release.kubernetes, key(*made_of))

    @property
    def _names(self) -> list[str]:
        return [part.product.path.name for part in self.parts]

    @property
    def artifacts(self) -> Artifacts | None:
        """The artifacts, if all are there."""
        products = (self.base, self.tools, self.containerd)
        if not all(product.exists for product in products):
            return None
        return Artifacts(self.release, *(product.path for product in products))


def built(release: Release, *, binaries: str = "compile") -> Artifacts | None:
    """The artifacts that `ensure` would give, if all are there already. Builds nothing.

    Raises:
        UsageError: `binaries` names a folder that lacks a program.
    """
    return _plan(release, binaries).artifacts


def products(release: Release, binaries: str) -> list[Product]:
    """All products that a release is made of, its own and those that it shares with others."""
    plan = _plan(release, binaries)
    return [plan.base, plan.tools, plan.containerd, *(part.product for part in plan.parts)]


def ensure(release: Release, *, binaries: str = "compile", progress: Progress) -> Artifacts:
    """Build what is not there yet of the artifacts of a release.

    What is finished stays when the rest fails or is interrupted. A second process that builds
    in the same cache waits for the first.

    Args:
        binaries: where the programs come from: "compile", "download", or the path of a folder.

    Raises:
        UsageError: the folder lacks a program, or has one of another version.
        LabError: this machine lacks something; the message says what and how to mend it.
    """
    plan = _plan(release, binaries)
    there = plan.artifacts
    if there is not None:
        return there
    if os.geteuid() != 0:
        raise LabError("Building the lab takes root.", "Run it with sudo.")
    with exclusive(progress):
        with fetch.ahead(release, plan.parts, progress):
            # The root comes first: what it needs may be missing, and it takes the shorter time.
            root = base.build(plan.arch, progress)
            programs = {
                name: folder / name
                for part in plan.parts
                for folder in [part.build(progress)]
                for name in part.names
            }
        if not plan.tools.exists:
            _make_tools(plan, programs, progress)
        if not plan.containerd.exists:
            title = f"make and import the images of {release.kubernetes}"
            with progress.step(title), plan.containerd.making() as work:
                contents = images.all_of(release, programs, root)
                containerd.fill(work, programs, contents, plan.arch)
        toolchain.tidy()
    made = plan.artifacts
    assert made is not None
    return made


def _plan(release: Release, binaries: str) -> _Plan:
    arch = parts.architecture()
    return _Plan(release, arch, parts.of(release, binaries, arch))


def _make_tools(plan: _Plan, programs: dict[str, Path], progress: Progress) -> None:
    with progress.step(f"check the programs of {plan.release.kubernetes}"):
        check.versions(plan.release, programs["kubeadm"].parent)
        check.images(plan.release, programs["kubeadm"])
    with plan.tools.making() as work:
        target = work / "usr" / "local" / "bin"
        target.mkdir(parents=True)
        for name in TOOLS:
            # The same cache, so the same file system.
            os.link(programs[name], target / name)
