"""Joins cables and switches machines on when the runner cannot: a process that outlives it.

`python -m chaos.safety.watchdog STATE_FOLDER GENERATION SECONDS PID` is started by `Watchdog`.
It heals when the runner is gone or the time is over, and ends without doing anything when it is
told that all is healed. It knows what to do from the journal alone.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from chaos.safety.commands import heal_all
from chaos.safety.errors import Refused
from chaos.safety.journal import Journal

DISMISSED = b"dismissed\n"
ARMED = b"armed\n"
TRIES = 60
BETWEEN = 5.0  # seconds


class Watchdog:
    """Started before a cable is cut, dismissed when it is joined again.

    Args:
        state: the cluster's state folder, where the journal has the entry already.
        generation: whose commands it shall heal.
        ttl: how long it waits for us at most.
    """

    def __init__(self, state: Path, generation: str, *, ttl: timedelta) -> None:
        self._state = state
        self._generation = generation
        self._ttl = ttl
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and see it armed. Raises Refused."""
        # Its standard input is the pipe: at our end it is never inherited, so our death closes it.
        self._state.mkdir(parents=True, exist_ok=True)
        log = os.open(self._state / "watchdog.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        argv = [sys.executable, "-m", "chaos.safety.watchdog", str(self._state)]
        argv += [self._generation, str(self._ttl.total_seconds()), str(os.getpid())]
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH")) if p)
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # no Ctrl-C, no hang-up reaches it
                env={**os.environ, "PYTHONPATH": path},
            )
        finally:
            os.close(log)
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], 20)
        if not ready or self._process.stdout.readline() != ARMED:
            self._process.kill()
            raise Refused("The watchdog did not start.", f"See {self._state / 'watchdog.log'}.")

    @property
    def pid(self) -> int:
        """Its process; 0 before it was started."""
        return self._process.pid if self._process else 0

    def dismiss(self) -> None:
        """Tell it that all is healed, and wait for its end. Does nothing the second time."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.communicate(DISMISSED, timeout=10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            process.kill()
            process.wait()

    def __exit__(
        self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None
    ) -> None:
        self.dismiss()

    def __enter__(self) -> Watchdog:
        self.start()
        return self


def watch(state: Path, generation: str, *, seconds: float, runner: int) -> int:
    """Wait for the runner's end, its dismissal or the time; then heal. Gives an exit code."""
    why = _why(seconds, runner)
    if why is None:
        return 0
    journal = Journal(state)
    _say(f"{generation}: {why}, so the watchdog heals")
    for _ in range(TRIES):
        entry = next((e for e in journal.entries() if e.generation == generation), None)
        if entry is None:
            return 0
        failed = heal_all(entry.commands)
        for line in failed:
            _say(f"{generation}: {line}")
        if not failed:
            _say(f"{generation}: healed")
            # What is left of it on nodes is for their dead men, and for `holdfast heal`.
            if not entry.nodes:
                journal.remove(generation)
            return 0
        time.sleep(BETWEEN)
    return 4


def _why(seconds: float, runner: int) -> str | None:
    """Why to heal, or None if dismissed."""
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    # Also if a child of the runner inherited its end of the pipe, and lives on.
    with contextlib.suppress(ProcessLookupError):
        poll.register(os.pidfd_open(runner), select.POLLIN)
    os.write(1, ARMED)
    for ready, _ in poll.poll(seconds * 1000):
        if ready == 0 and os.read(0, 64) == DISMISSED:
            return None
        return "the runner is gone"
    return "the time is over"


def _say(line: str) -> None:
    print(datetime.now(UTC).isoformat(timespec="milliseconds"), line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    folder, name, limit, pid = sys.argv[1:]
    sys.exit(watch(Path(folder), name, seconds=float(limit), runner=int(pid)))
