"""The real command as a child: read line by line, and ended at a moment of one's choice."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from lab.wait import until
from selftests.evidence import REPO

HOLDFAST = Path(sys.executable).with_name("holdfast")
WATCHDOG = "chaos.safety.watchdog"


class Ended(AssertionError):
    """It ended, or its time was over, before it came so far."""


class Holdfast:
    """`holdfast WORDS`, in a process group of its own as a shell would start it.

    Args:
        state: its $XDG_STATE_HOME: where the journal and the lock are.
        program: another one in its own tests.
    """

    def __init__(self, *words: str, state: Path, program: Path = HOLDFAST) -> None:
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [program, *words],
            cwd=REPO,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "XDG_STATE_HOME": str(state)},
            process_group=0,
        )
        self.lines: list[str] = []
        self._over = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify()
        with self._news:
            self._over = True
            self._news.notify()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, event: str, *, within: float) -> None:
        """Return as soon as it has said that this happens: `  hold`, `  armed: …`."""

        def said() -> bool:
            return any(
                line.startswith("  ") and line.strip().split(":")[0] == event for line in self.lines
            )

        with self._news:
            self._news.wait_for(lambda: self._over or said(), within)
            if not said():
                raise Ended(f"`{event}` was never said:\n{self.said}")

    def kill(self) -> float:
        """SIGKILL to it and to all that it started, but for the watchdog; when, by the clock."""
        family = _family(self.process.pid)
        at = time.time()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.end(within=10)
        # A signal is not in effect yet when kill returns.
        until(lambda: all(map(_is_dead, family)), f"the end of {family}", timeout=10, every=0.02)
        return at

    def interrupt(self, number: signal.Signals) -> None:
        """As a terminal does (SIGINT to the group), or as `kill` does (SIGTERM to it alone)."""
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def end(self, *, within: float) -> int:
        """Wait for its end; its exit code."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Ended(f"It did not end within {within:g} s:\n{self.said}") from None
        self._reader.join(within)
        return code

    def __enter__(self) -> Holdfast:
        return self

    def __exit__(self, *_: object) -> None:
        # A test that went wrong leaves nothing running.
        if self.process.poll() is None:
            self.kill()


def run(*words: str, state: Path, within: float) -> tuple[int, str, float]:
    """Run `holdfast WORDS` to its end: exit code, all it said, seconds."""
    with Holdfast(*words, state=state) as command:
        code = command.end(within=within)
        return code, command.said, round(time.monotonic() - command.begun, 1)


def _family(top: int) -> list[int]:
    """A process and its descendants, parents first; but for a watchdog, which outlives them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name stands in parentheses and may hold anything.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [top]
    for pid in found:
        found += [child for child in children.get(pid, []) if not _is_watchdog(child)]
    return found


def _is_watchdog(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return WATCHDOG in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return False


def _is_dead(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True
