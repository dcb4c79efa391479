"""A program that stays on a machine and is talked to: started, started anew, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

# Seconds for which its end is waited for.
_TO_END = 2.5
# Seconds from one start to the next: a machine that is down is not to be hammered.
_AGAIN = 2.0
_LONGEST = 1 << 20


class NoAnswer(Exception):
    """Nothing came back: why not. It tells nothing of what was asked about."""


class Login(ABC):
    """The program.

    Args:
        argv: what runs it (`reaching.argv`).
        apart: what it says on its standard error comes by a way of its own.

    Attributes:
        why: why it cannot be asked, as far as is known.
    """

    def __init__(self, argv: Sequence[str], *, apart: bool = False) -> None:
        self._argv = argv
        self._errors = asyncio.subprocess.PIPE if apart else asyncio.subprocess.STDOUT
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._started = -_AGAIN
        self._ready = asyncio.Event()
        self.why = "it was not reached yet"

    @abstractmethod
    async def listen(self, process: asyncio.subprocess.Process) -> None:
        """Take what it says, until it ends; call `is_ready` when it can be asked.

        Raises:
            OSError, ValueError: it says what cannot be read.
        """

    @abstractmethod
    def lost(self) -> None:
        """It has ended: whoever waits for an answer gets none."""

    def is_ready(self) -> None:
        """It can be asked from now on."""
        self.why = "the shell there ended"
        self._ready.set()

    @property
    def there(self) -> bool:
        """Whether it can be asked."""
        return self._ready.is_set()

    async def prepare(self) -> None:
        """Start it and wait until it is there."""
        self._start()
        await self._ready.wait()

    def say(self, words: bytes) -> None:
        """Send this; where it is not there, start another, if it is time for one.

        Raises:
            NoAnswer: it is not there.
        """
        if not self.there or self._process is None or self._process.stdin is None:
            self._start()
            raise NoAnswer(self.why)
        if self._process.stdin.is_closing():  # it took no more, and has ended or will now
            self.hang_up()
            raise NoAnswer(self.why)
        self._process.stdin.write(words)

    def _start(self) -> None:
        if self._reading and not self._reading.done():
            return
        if time.monotonic() - self._started < _AGAIN:
            return
        self._started = time.monotonic()
        self._reading = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                limit=_LONGEST,
            )
        except OSError as error:
            self.why = f"{self._argv[0]}: {error.strerror}"
            return
        try:
            await self.listen(process)
        except (OSError, ValueError) as error:
            self.why = str(error)
        finally:
            self._ready.clear()
            await self._end(process)
            self.lost()

    def hang_up(self) -> None:
        """End it now; the next who asks starts another."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        # The end of its input first: what runs in a group of its own gets no signal from us.
        if process.stdin:
            process.stdin.close()
        self.hang_up()
        # Until nobody holds its output any more, which a question under way may for its own time.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_TO_END):
                await process.wait()
                if process.stdin:
                    await process.stdin.wait_closed()

    async def close(self) -> None:
        """End it."""
        if self._process:
            await self._end(self._process)
        if self._reading:
            # Its output has ended, and so does whoever reads that.
            await asyncio.wait([self._reading], timeout=_TO_END)
            self._reading.cancel()
