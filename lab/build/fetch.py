"""Fetching Go modules ahead: that waits for the network while other things take the processors.

`python -m lab.build.fetch VERSION` fetches all that the release is compiled from into Go's module
cache. It makes nothing and tells nothing: what it could not fetch is fetched when it is needed, and
whoever needs it says what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab.build import parts, toolchain
from lab.build.compile import Compiled
from lab.build.parts import Part
from lab.errors import LabError
from lab.progress import Progress
from lab.versions import Release, release

# It ends with us, whatever ends us.
_BOUND = ("setpriv", "--pdeathsig", "KILL")


@contextmanager
def ahead(of: Release, wanted: Sequence[Part], progress: Progress) -> Iterator[None]:
    """Fetch beside what the block does; whatever is left to fetch at its end is left.

    Args:
        wanted: nothing is fetched unless one of these must be compiled.

    Raises:
        LabError: there is no Go, and none could be installed.
    """
    if not any(isinstance(part, Compiled) and not part.product.exists for part in wanted):
        yield
        return
    # Now, and once: two processes would both install it.
    toolchain.find(toolchain.INSTALLED, progress)
    process = subprocess.Popen(
        [*_BOUND, sys.executable, "-m", __name__, of.kubernetes],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def fetch(of: Release, progress: Progress) -> None:
    """Fetch the modules of all that is not compiled yet, those of the longest compilation first."""
    for part in parts.of(of, "compile", parts.architecture()):
        if isinstance(part, Compiled) and not part.product.exists:
            with contextlib.suppress(LabError):
                part.fetch(progress)


if __name__ == "__main__":
    fetch(release(sys.argv[1]), Progress(say=lambda _line: None))
