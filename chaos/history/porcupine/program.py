"""The Go program, compiled once and kept, and asked."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

from chaos.history.porcupine.register import Register

SOURCE = Path(__file__).parent
FILES = ("main.go", "go.mod", "go.sum")

# Seconds for compiling it with nothing cached: two packages, one of them from a proxy.
COMPILE = 180.0


class NoGo(Exception):
    """The checker is not to be had: why, in a sentence without its stop."""


def cache() -> Path:
    """$XDG_CACHE_HOME/holdfast, or ~/.cache/holdfast."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "holdfast"


def check(register: Register, *, limit: float, folder: Path) -> str:
    """What porcupine says: `ok`, `illegal`, or `unknown` where it took more than `limit` seconds.

    Raises:
        NoGo: there is no Go, the checker cannot be compiled, or it does not run.
    """
    program = compiled(folder)
    given = json.dumps({**asdict(register), "seconds": limit})
    try:
        done = subprocess.run(
            [str(program)],
            input=given,
            capture_output=True,
            text=True,
            timeout=2 * limit + 10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoGo(f"the checker does not run: {error}") from None
    if done.returncode:
        raise NoGo(f"the checker failed: {_last(done.stderr)}")
    return done.stdout.strip()


def compiled(folder: Path) -> Path:
    """The program, compiled into `folder` unless it is there.

    Raises:
        NoGo: there is no Go, or it cannot compile it.
    """
    key = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES)).hexdigest()[:12]
    program = folder / f"porcupine-{key}"
    if program.is_file():
        return program
    go = shutil.which("go")
    if go is None:
        raise NoGo("this machine has no Go, which is needed to compile porcupine")
    draft = folder / f".porcupine-{key}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [go, "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-o", str(draft), "."],
            cwd=SOURCE,
            env={**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            timeout=COMPILE,
            check=False,
        )
        if done.returncode:
            raise NoGo(f"porcupine cannot be compiled: {_last(done.stderr)}")
        draft.replace(program)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoGo(f"porcupine cannot be compiled: {error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return program


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][:200] if lines else "it does not say why"
