"""The three ways to come by the programs of a release."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from lab.build import download, folder, modules
from lab.build.compile import Compiled
from lab.build.store import Product
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import Release

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Part(Protocol):
    """Some of the programs, made together as one product."""

    @property
    def product(self) -> Product:
        """What it makes."""

    @property
    def names(self) -> tuple[str, ...]:
        """The programs in it: files of these names in the product's folder."""

    def build(self, progress: Progress) -> Path:
        """Make the product unless it is there; give its folder. Raises LabError."""


def of(release: Release, binaries: str, arch: str) -> Sequence[Part]:
    """The parts of a release, by the way that `binaries` names.

    Args:
        binaries: "compile", "download", or the path of a folder that has all programs.

    Raises:
        UsageError: the folder lacks a program, or has those of another version.
    """
    if binaries == "compile":
        return [Compiled(module, arch) for module in modules.all_of(release)]
    if binaries == "download":
        alone = Compiled(modules.agnhost(release), arch)
        return [*download.all_of(release, arch), alone]
    return [folder.copied(release, Path(binaries))]


def architecture() -> str:
    """This machine's architecture, as Go and the images name it.

    Raises:
        LabError: the lab has not heard of it.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise LabError(f"The lab runs on {known}, not on {machine}.")
    return ARCHITECTURES[machine]
