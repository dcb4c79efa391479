"""How far a machine's clock is from ours: asked a few times over a connection that stands.

The one call that asks a machine everything lasts for seconds, and so does not bound its clock well
enough. Here a line goes there, and the time comes back: it was read between our sending and our
receiving, which over a standing connection are milliseconds apart.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial

from chaos.cluster.backend import BoundedBackend, argv_of
from chaos.cluster.cluster import Cluster
from chaos.cluster.facts import Machine, NotAvailable
from chaos.cluster.node import Node
from chaos.cluster.parallel import together
from chaos.cluster.shell import quote

ROUNDS = 5
LIMIT = timedelta(seconds=8)
_SCRIPT = "echo ready; while read -r x; do date +%s.%N; done"

Bounds = tuple[timedelta, timedelta]


def look(cluster: Cluster) -> dict[str, Bounds]:
    """The bounds of each machine's offset; of those that did not answer there are none."""
    found = together({node.name: partial(_measured, node) for node in cluster.nodes})
    return {name: one for name, one in found.items() if isinstance(one, tuple)}


def narrowed(machine: Machine | NotAvailable, bounds: Bounds | None) -> Machine | NotAvailable:
    """The machine with its clock known better."""
    if bounds is None or isinstance(machine, NotAvailable):
        return machine
    if isinstance(machine.clock, NotAvailable):
        return machine
    least, most = bounds
    return replace(machine, clock=replace(machine.clock, least=least, most=most))


def _measured(node: Node) -> Bounds | None:
    backend = getattr(node.host, "backend", None)
    if not isinstance(backend, BoundedBackend):
        return None
    command = backend.get_command(f"sh -c {quote(_SCRIPT)}")
    with tempfile.NamedTemporaryFile("r", prefix="holdfast-ssh-") as log:
        return measure(argv_of(backend.reach, command, log.name))


def measure(argv: list[str], *, limit: timedelta = LIMIT) -> Bounds | None:
    """Send a line, get the time, several times; None where no time came back in time."""
    end = time.monotonic() + limit.total_seconds()
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
        )
    except OSError:
        return None
    try:
        with contextlib.suppress(OSError, ValueError):
            return _exchanged(process, end)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def _exchanged(process: subprocess.Popen[bytes], end: float) -> Bounds | None:
    assert process.stdin is not None
    assert process.stdout is not None
    if _line(process, end) != "ready":
        return None
    least, most = float("-inf"), float("inf")
    for _ in range(ROUNDS):
        sent = time.time()
        process.stdin.write(b"x\n")
        theirs = float(_line(process, end))
        got = time.time()
        # Each round bounds it: all of them together more closely.
        least, most = max(least, theirs - got), min(most, theirs - sent)
    if least > most:  # a clock was set meanwhile
        return None
    return timedelta(seconds=round(least, 6)), timedelta(seconds=round(most, 6))


def _line(process: subprocess.Popen[bytes], end: float) -> str:
    """The next line; empty when there is none in time."""
    assert process.stdout is not None
    read = b""
    while not read.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 200) if ready else b""
        if not piece:
            return ""
        read += piece
    return read.decode(errors="replace").strip()
