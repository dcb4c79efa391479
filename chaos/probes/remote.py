"""Questions to a machine over one shell that stays: no login for each sample.

The shell runs what `loop` makes: it reads a number from its input, asks the question beside
whatever else it asks already, and prints the number, the exit code and what was said. It ends with
its input, and by itself after LIFE: a machine that was cut off from us keeps nothing of ours.

What does not come back over it tells nothing of what was asked about: not_sent.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec

# Seconds for which a shell may stay there; another is started then.
LIFE = 600
# Seconds after which an answer is late: there is the way to the machine and back in it, and the
# programs that are started there.
SLOW = 1.0
# Seconds for which its end is waited for.
_TO_END = 2.5
# Seconds from one start to the next: a machine that is down is not to be hammered.
_AGAIN = 2.0
# The share of the time-out that is waited for an answer: what is late is told by us, as not_sent,
# and not by the sampler as a time-out of what was asked about.
_PATIENCE = 0.95
_LONGEST = 1 << 20
_READY, _MARK = b"holdfast-ready", b"holdfast-said"


def loop(question: str, *, before: str = ":") -> str:
    """The shell text that answers.

    Args:
        question: shell text, which must end in time by itself. `$n` is the sample's number.
        before: shell text that is run once, and sets variables for the question. Where it fails,
            nothing is asked, and its last line says why.
    """
    # `( : )` because a shell waits for what it started only when it waits for something: one that
    # does nothing but read would gather zombies.
    return f"""
before() {{
{before}
}}
ask() {{
{question}
}}
answer() {{
  said=$(ask 2>&1)
  printf '{_MARK.decode()} %s %d %s\\n' "$n" $? "$(printf %s "$said" | base64 -w0)"
}}
before || exit 1
echo {_READY.decode()}
while read -r n; do answer & ( : ); done"""


class NoAnswer(Exception):
    """Nothing came back: why not."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a question was answered with."""

    code: int
    out: str


class Remote:
    """The shell on a machine.

    Options of the spec: `argv`, the program that runs it (`reaching.argv`); `node`, its name.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        self._argv: Sequence[str] = spec.options["argv"]
        self._node: str = spec.options["node"]
        self._patience = spec.timeout * _PATIENCE
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._started = -_AGAIN
        self._ready = asyncio.Event()
        self._asked: dict[int, asyncio.Future[Said]] = {}
        self._why = "it was not reached yet"

    async def prepare(self) -> None:
        """Start the shell and wait until it is there."""
        self._start()
        await self._ready.wait()

    async def judged(self, attempt: Attempt, judge: Callable[[Said], Outcome]) -> Outcome:
        """Ask, and have the answer judged; not_sent where none comes."""
        attempt.phase = "stream"
        try:
            return judge(await self._ask(attempt.tick))
        except NoAnswer as why:
            attempt.note(why=f"{self._node} did not tell: {why}"[:160])
            return Outcome.NOT_SENT

    async def _ask(self, tick: int) -> Said:
        if not self._ready.is_set() or self._process is None or self._process.stdin is None:
            self._start()
            raise NoAnswer(self._why)
        asked = self._asked[tick] = asyncio.get_running_loop().create_future()
        try:
            self._process.stdin.write(b"%d\n" % tick)
            async with asyncio.timeout(self._patience):
                said: Said = await asked
                return said
        except TimeoutError:
            raise NoAnswer("nothing came back in time") from None
        finally:
            self._asked.pop(tick, None)

    def _start(self) -> None:
        """Start another shell, if none runs or is being started and it is time."""
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
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                limit=_LONGEST,
            )
        except OSError as error:
            self._why = f"{self._argv[0]}: {error.strerror}"
            return
        assert process.stdout
        try:
            async for line in process.stdout:
                self._heard(line)
        except (OSError, ValueError) as error:
            self._why = str(error)
        finally:
            self._ready.clear()
            await self._end(process)
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(NoAnswer(self._why))

    def _heard(self, line: bytes) -> None:
        if line.strip() == _READY:
            self._why = "the shell there ended"
            self._ready.set()
            return
        try:
            mark, number, code, *out = line.split()
            if mark != _MARK:
                raise ValueError(line)
            said = Said(int(code), base64.b64decode(b"".join(out)).decode(errors="replace"))
            asked = self._asked.get(int(number))
        except ValueError:
            self._why = line.decode(errors="replace").strip() or self._why
            return
        if asked and not asked.done():
            asked.set_result(said)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        # The end of its input first: what runs in a group of its own gets no signal from us.
        if process.stdin:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
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
