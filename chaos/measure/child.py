"""The sampler's process as the runner holds it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from chaos.measure.errors import SamplerError


class Child:
    """A started `python -m chaos.measure.sampler`, and how one talks to it."""

    def __init__(self) -> None:
        # -P and our own path: it imports what we import, from wherever it is started.
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  `end` closes it
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "chaos.measure.sampler"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a terminal's Ctrl-C is not for it
        )
        assert self._process.stdin
        assert self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is there; one that is stopped is."""
        return self._process.poll() is None

    def order(self, what: Mapping[str, Any], *, within: float) -> dict[str, Any]:
        """Tell it what to sample, and wait until it is ready.

        Args:
            what: the order, as JSON.
            within: seconds.

        Returns:
            `ready`, the monotonic moment at which it was, and its `scheduling` (`priority.ahead`).

        Raises:
            SamplerError: it died, or was not ready in time.
        """
        self._tell(json.dumps({"parent": os.getpid(), **what}).encode() + b"\n")
        readable, _, _ = select.select([self._stdout], [], [], within)
        if not readable:
            raise SamplerError(f"The probes were not ready within {within:g} s.")
        line = self._stdout.readline()
        if not line:
            self._process.wait()
            raise SamplerError(f"The sampler did not start: {self.complaint()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def stop(self, *, within: float) -> None:
        """Tell it to stop, and wait until it has ended.

        Raises:
            SamplerError: it had died, or did not end within so many seconds.
        """
        self._tell(b"stop\n")
        try:
            if self._process.wait(within):
                raise SamplerError(f"The sampler died early: {self.complaint()}")
        except subprocess.TimeoutExpired:
            raise SamplerError("The sampler did not stop and was killed.") from None

    def complaint(self) -> str:
        """The last line that it wrote to standard error: where Python puts the reason."""
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it said nothing (exit code {self._process.poll()})"

    def end(self) -> None:
        """Kill it if it is there, and let go of everything."""
        if self.alive:
            self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._stdout.close()
        self._complaints.close()

    def _tell(self, line: bytes) -> None:
        try:
            self._stdin.write(line)
        except BrokenPipeError:
            self._process.wait()
            raise SamplerError(f"The sampler died early: {self.complaint()}") from None
