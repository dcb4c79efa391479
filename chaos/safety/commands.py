"""Commands on the runner's side: cables and power."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from chaos.safety.errors import Refused
from chaos.safety.plan import Command

LONGEST = 120  # seconds that one command may take


def inject(command: Command) -> None:
    """Cut. Raises Refused if the command fails; it may have worked in part, so heal after it."""
    failed = _run(command.inject, command.folder)
    if failed:
        raise Refused(f"{command.name}: `{command.inject}` failed: {failed}")


def heal_all(commands: Sequence[Command]) -> list[str]:
    """Join again, all of them whatever happens; gives a sentence for each that failed."""
    failed = []
    for command in reversed(commands):
        why = _run(command.heal, command.folder)
        if why:
            failed.append(f"{command.name}: `{command.heal}` failed: {why}")
    return failed


def _environment() -> dict[str, str]:
    """Ours, in which programs beside this Python are found last: `holdfast` is one of them."""
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{path}{os.pathsep}{Path(sys.executable).parent}"}


def _run(line: str, folder: str) -> str:
    try:
        # Out of our session: a Ctrl-C must not end the command that heals.
        done = subprocess.run(
            shlex.split(line),
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            start_new_session=True,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as wrong:
        return str(wrong)
    said = (done.stderr.strip() or done.stdout.strip())[-500:]
    return f"code {done.returncode}: {said}" if done.returncode else ""
