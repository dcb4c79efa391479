"""The backend under testinfra's hosts, with every call bounded in time.

testinfra's own are not: its paramiko backend reads from a channel without a time-out, and checks no
host key; its ssh backend waits for `ssh` for as long as that takes. Here each call is one run of
OpenSSH (or of docker, podman, sh):

- it reads ssh_config as people's own `ssh` does, with ProxyJump, agents and known_hosts;
- the process can be killed when its time is over, whatever it hangs in, which a library call in a
  thread cannot;
- every call proves anew that the node can be reached, which is what we want to know: no shared
  connection stays up in our hands while the node is cut off, or goes down with 20 others' calls.

The price is a handshake, about 50 ms; facts ask a node everything in one call.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult

from chaos.cluster.reach import Reach
from chaos.cluster.shell import ENVIRONMENT, bounded
from chaos.cluster.unreachable import (
    NodeError,
    NodeTimedOut,
    NodeUnreachable,
    Reason,
    reason_of,
)
from chaos.errors import HoldfastError

DEFAULT = timedelta(seconds=30)
# What the machine's own `timeout` needs to end a command and tell of it.
GRACE = timedelta(seconds=3)
# Linux takes no longer argument (MAX_ARG_STRLEN), here and there.
LONGEST = 128 * 1024 - 1
_DONE = re.compile(r"\n?holdfast-code (\d+)\n\Z")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one program here ended with; code None if it had to be killed."""

    code: int | None
    out: str
    err: str
    log: str


class BoundedBackend(BaseBackend):  # type: ignore[misc]  # it comes without types
    """Runs a node's commands through a program here that is ended when its time is over.

    Args:
        name: the node's name, for what is said when something is wrong.
        reach: how it is reached.
    """

    NAME = "holdfast"

    def __init__(self, name: str, reach: Reach) -> None:
        super().__init__(name, sudo=reach.sudo, sudo_user=reach.sudo_user)
        self.name = name
        self.reach = reach
        self._encoding = "utf-8"

    def run(
        self,
        command: str,
        *args: str,
        timeout: timedelta = DEFAULT,
        stdin: str | None = None,
        **_: Any,
    ) -> CommandResult:
        """Run shell text on the node.

        Raises:
            NodeUnreachable, NodeTimedOut.
        """
        script = f"{ENVIRONMENT}; {bounded(self.quote(command, *args), timeout)}"
        # Tells a command that ended with 255 from a connection that broke off.
        script += '; printf "\\nholdfast-code %d\\n" $? >&2'
        text = self.get_command(f"sh -c {shlex.quote(script)}")
        if len(text.encode()) > LONGEST:
            told = f"{self.name}: a command of {len(text)} characters is too long for one call."
            raise NodeError(self.name, told, "Give it as standard input to `sh -s`.")
        begun = time.monotonic()
        with tempfile.NamedTemporaryFile("r", prefix="holdfast-ssh-") as log:
            argv = argv_of(self.reach, text, log.name)
            limit = self.reach.connect + timeout + GRACE
            outcome = run_bounded(argv, limit=limit, stdin=stdin, log=Path(log.name))
        code, err = self._judged(outcome, timeout)
        if code in (124, 137) and time.monotonic() - begun >= timeout.total_seconds():
            told = f"{self.name}: a command took more than {_shown(timeout)} and was ended."
            raise NodeTimedOut(self.name, told)
        return self.result(code, command.encode(), outcome.out, err)

    def _judged(self, outcome: Outcome, timeout: timedelta) -> tuple[int, str]:
        """The command's own code and errors, if it came to its end."""
        if done := _DONE.search(outcome.err):
            return int(done[1]), outcome.err[: done.start()]
        said = outcome.log.strip() or outcome.err.strip()
        if outcome.code is None and not said:
            told = f"{self.name} ({self.reach.host}): no answer within {_shown(timeout)}."
            raise NodeTimedOut(self.name, told, "Whether the command ran is not known.")
        reason = reason_of(said) or (Reason.OTHER if said else Reason.LOST)
        raise NodeUnreachable(self.name, self.reach.host, reason, said)


def _shown(limit: timedelta) -> str:
    return f"{limit.total_seconds():g} s"


def argv_of(reach: Reach, command: str, log: str | None = None) -> list[str]:
    """The program that runs shell text there; what ssh itself says goes to this file, if any."""
    if reach.kind == "local":
        return ["sh", "-c", command]
    if reach.kind in ("docker", "podman"):
        user = ["--user", reach.user] if reach.user else []
        return [reach.kind, "exec", "--interactive", *user, reach.host, "sh", "-c", command]
    seconds = max(1, round(reach.connect.total_seconds()))
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(seconds),
        "ConnectionAttempts": "1",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "3",
        "LogLevel": "ERROR",
    }
    argv = ["ssh", "-T"]
    argv += ["-E", log] if log else []
    argv += ["-F", str(reach.ssh_config)] if reach.ssh_config else []
    argv += ["-i", str(reach.identity), "-o", "IdentitiesOnly=yes"] if reach.identity else []
    argv += ["-l", reach.user] if reach.user else []
    argv += ["-p", str(reach.port)] if reach.port else []
    for option, value in options.items():
        argv += ["-o", f"{option}={value}"]
    return [*argv, "--", reach.host, command]


def run_bounded(
    argv: list[str], *, limit: timedelta, stdin: str | None = None, log: Path | None = None
) -> Outcome:
    """Run a program here; when its time is over, end it and all that it started.

    Args:
        log: a file that it writes its own messages to.

    Raises:
        HoldfastError: there is no such program.
    """
    given = stdin.encode() if stdin is not None else None
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"LC_ALL": "C"},  # reasons are read from what it says
            start_new_session=True,
        )
    except FileNotFoundError:
        raise HoldfastError(f"There is no {argv[0]} here.", "Install it.") from None
    code: int | None = None
    try:
        out, err = process.communicate(given, timeout=limit.total_seconds())
        code = process.returncode
    except subprocess.TimeoutExpired as late:
        out, err = late.stdout or b"", late.stderr or b""
    finally:
        # Also when interrupted, and when what it started outlives it: nothing of ours stays.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
    said = log.read_text(encoding="utf-8", errors="replace") if log else ""
    return Outcome(code, out.decode(errors="replace"), err.decode(errors="replace"), said)
