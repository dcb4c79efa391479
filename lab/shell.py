"""Running other programs, always bounded in time."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import LabError


class CommandFailed(LabError):
    """A program ended with another code than 0, or did not end in time."""

    def __init__(self, argv: Sequence[str], code: int | None, output: str) -> None:
        self.argv = tuple(argv)
        self.code = code
        self.output = output
        ended = "did not end in time" if code is None else f"ended with code {code}"
        last = "\n".join(output.strip().splitlines()[-15:])
        shown = shlex.join(argv)
        shown = shown if len(shown) < 200 else shown[:200] + "…"
        super().__init__(f"`{shown}` {ended}:\n{last}" if last else f"`{shown}` {ended}.")


def run(
    argv: Sequence[str],
    *,
    timeout: float = 60.0,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
) -> str:
    """Run a program to its end and return what it wrote to standard output.

    Args:
        argv: program and arguments; no shell is involved.
        timeout: seconds after which it is killed.
        stdin: text for its standard input; by default it reads nothing.
        env: its whole environment; by default ours.
        check: raise when it ends with another code than 0.

    Raises:
        CommandFailed: it failed, or did not end in time.
        LabError: there is no such program, or it cannot be run here.
    """
    try:
        done = subprocess.run(
            list(argv),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        out = late.stdout.decode(errors="replace") if isinstance(late.stdout, bytes) else ""
        err = late.stderr.decode(errors="replace") if isinstance(late.stderr, bytes) else ""
        raise CommandFailed(argv, None, out + err) from None
    except FileNotFoundError:
        raise LabError(f"The program `{argv[0]}` is not installed.") from None
    except OSError as wrong:
        raise LabError(f"The program `{argv[0]}` cannot be run: {wrong.strerror}.") from None
    if check and done.returncode != 0:
        raise CommandFailed(argv, done.returncode, done.stdout + done.stderr)
    return done.stdout
