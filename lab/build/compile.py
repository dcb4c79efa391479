"""Compiling a module's programs."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lab.build.modules import Module
from lab.build.store import Product
from lab.build.toolchain import OLDEST, Go, find, parse
from lab.cache import key
from lab.errors import LabError
from lab.progress import Progress
from lab.shell import CommandFailed

RECIPE = "1"
# No paths of this machine, no symbol tables.
TRIM = "-trimpath"
STRIP = "-s -w"
PATIENCE = 1800.0
# The compiler's own garbage collector runs a quarter as often, unless memory grows scarce.
FAST = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}


@dataclass(frozen=True, slots=True)
class Compiled:
    """The programs of one module, compiled together."""

    module: Module
    arch: str

    @property
    def names(self) -> tuple[str, ...]:
        """The programs in it."""
        return tuple(self.module.programs)

    @property
    def product(self) -> Product:
        """The programs as a product of the cache."""
        made_of = key(RECIPE, self.arch, TRIM, STRIP, *self.module.parts())
        return Product(self.module.what, self.module.version, made_of)

    def build(self, progress: Progress) -> Path:
        """Compile the programs unless they are there; give the folder that has them by name.

        Raises:
            LabError: no Go, no network, or a compilation that failed or took over half an hour.
        """
        made = self.product
        if not made.exists:
            title = f"compile {self.module.what} {self.module.version}"
            with progress.step(title, announce=True), made.making() as work:
                _compile(self.module, work, progress)
        return made.path

    def fetch(self, progress: Progress) -> None:
        """Fetch what it is compiled from, so that `build` need not wait for it. Raises LabError."""
        with tempfile.TemporaryDirectory(prefix="holdfast-fetch-") as work:
            _prepare(self.module, Path(work), progress)


def _compile(module: Module, work: Path, progress: Progress) -> None:
    go, told = _prepare(module, work, progress)
    known = {"commit": told.get("Origin", {}).get("Hash", "unknown"), "date": told["Time"]}
    stamps = [f"-X={name}={value.format(**known)}" for name, value in module.stamps.items()]
    options = [TRIM, f"-ldflags={' '.join([STRIP, *stamps])}", f"-p={_cores()}"]
    if module.tags:
        options.append(f"-tags={','.join(module.tags)}")
    go.run("install", *options, "tool", cwd=work, timeout=PATIENCE, GOBIN=str(work), **FAST)
    for name, package in module.programs.items():
        (work / _installed_as(package)).rename(work / name)


def _prepare(module: Module, work: Path, progress: Progress) -> tuple[Go, dict[str, Any]]:
    """Lay out the module, with all that it needs fetched; the Go for it, and what that knows."""
    told = _upstream(module, work, progress)
    upstream = Path(told["GoMod"]).read_text()
    go = find(parse(_directive(upstream)), progress)
    (work / "go.mod").write_text(module.go_mod(upstream))
    for name, text in module.sources.items():
        (work / name).write_text(text)
    try:
        go.run("mod", "tidy", cwd=work, timeout=PATIENCE)
    except CommandFailed as failed:
        raise _unreachable(module, failed) from failed
    return go, told


def _upstream(module: Module, work: Path, progress: Progress) -> dict[str, Any]:
    """What Go knows of the first required module. Any can tell, also one too old to build it."""
    wanted = f"{module.requires[0]}@v{module.version}"
    try:
        told = find(OLDEST, progress).run("list", "-m", "-json", wanted, cwd=work, timeout=300)
    except CommandFailed as failed:
        raise _unreachable(module, failed) from failed
    known: dict[str, Any] = json.loads(told)
    return known


def _directive(go_mod: str) -> str:
    found = re.search(r"^go\s+\S+", go_mod, re.MULTILINE)
    return found[0] if found else ""


def _installed_as(package: str) -> str:
    """The name that go install gives a program: the package's last part that is no version."""
    path = PurePosixPath(package)
    return path.parent.name if re.fullmatch(r"v\d+", path.name) else path.name


def _unreachable(module: Module, failed: CommandFailed) -> LabError:
    return LabError(
        f"The Go modules of {module.what} {module.version} could not be had: {failed.problem}",
        "Let Go reach its module proxy (see `go env GOPROXY`), or hand in a folder of binaries.",
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0))
