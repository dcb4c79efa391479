"""HTTP to a server that only a machine reaches, over a TLS connection that the machine holds.

There `openssl s_client` runs, with certificates that never leave it: what we send goes in, what the
server says comes out. The connection is kept, for a handshake and a program's start for every look
would cost the machine more than what is looked at (40 ms of a processor on a slow one).

The shell around it waits for the line `connect`, and starts the client anew: other lines are what
was left of a connection that has ended. On its standard error it says that it is there, when a
client has ended, and once a second that it lives. So a server that is silent is told from a way
there that is.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Sequence

from chaos.cluster.shell import quote
from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt
from chaos.probes.http import Answer, BadAnswer, read_answer
from chaos.probes.login import Login, NoAnswer

READY, ALIVE, CLOSED = "holdfast-ready", "holdfast-alive", "holdfast-closed"
CONNECT = b"connect\n"
# Seconds: what an answer may take; between two signs of life; when the next is missed.
LIMIT, BEAT, LATE = 0.8, 1, 1.5

# What s_client says when it has a connection and no session.
_TLS = ("alert", "SSL routines", "verify error")


def holding(server: str, *options: str, before: str = ":", given: str = "") -> str:
    """The shell text that holds connections to a server, one after another.

    Args:
        server: host and port, as the machine reaches it.
        options: of `openssl s_client`, its certificates among them.
        before: shell text that is run once. Where it fails, nothing is asked, and its last line
            says why.
        given: here-documents for the client: what follows its words.
    """
    client = quote(
        *("openssl", "s_client", "-quiet", "-no_ign_eof", "-verify_quiet", "-connect", server),
        *options,
    )
    return f"""
before() {{
command -v openssl >/dev/null || {{ echo there is no openssl; return 1; }}
{before}
}}
beat() {{ while sleep {BEAT} >/dev/null 2>&1 </dev/null; do echo {ALIVE} || return; done; }}
before >&2 || exit 1
beat >&2 &
beating=$!
trap 'kill $beating' EXIT
echo {READY} >&2
while read -r word; do
[ "$word" = connect ] || continue
{client}{given}
echo {CLOSED} >&2
done"""


def of_client(said: str) -> Outcome:
    """The class of what `s_client` says last of a connection that never served."""
    if "eof" in said or "read:errno" in said:
        return Outcome.RESET
    return Outcome.TLS if any(word in said for word in _TLS) else Outcome.CONNECT


class Unserved(Exception):
    """The server was asked, and gave no answer: which class of outcome that is."""

    def __init__(self, outcome: Outcome, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome


class Piped(Login):
    """A server behind a machine, asked over one connection; the order of answers is kept.

    Args:
        argv: the program that runs `holding`'s text there (`reaching.argv`).
    """

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__(argv, apart=True)
        # Who gave up waiting stays in his place: the answer to his question still comes first.
        self._waiting: deque[asyncio.Future[Answer]] = deque()
        self._open = self._served = False
        self._beat = asyncio.Event()
        self._lived = 0.0
        self._said = ""

    async def ask(self, request: bytes, attempt: Attempt, *, limit: float = LIMIT) -> Answer:
        """Send a request, and return what the server answers.

        Args:
            request: as `chaos.probes.http` makes it.
            attempt: what this is part of.
            limit: seconds for the answer. To tell whose silence it is may take until the next beat.

        Raises:
            NoAnswer: the machine does not tell.
            Unserved: the server did not answer.
        """
        attempt.phase = "stream"
        begun = time.monotonic()
        self.say(request if self._open else CONNECT + request)
        self._open = True
        asked: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(asked)
        try:
            async with asyncio.timeout(limit):
                return await asked
        except TimeoutError:
            if await self._lives(since=begun):
                raise Unserved(Outcome.TIMEOUT, "no answer in time") from None
            raise NoAnswer("nothing came back in time") from None

    async def _lives(self, *, since: float) -> bool:
        """Whether there was a sign of life after this, or one comes when it should."""
        if self._lived >= since:
            return True
        try:
            async with asyncio.timeout(since + LATE - time.monotonic()):
                await self._beat.wait()
        except TimeoutError:
            return False
        return True

    async def listen(self, process: asyncio.subprocess.Process) -> None:
        """Take answers and signs of life until both ways have ended."""
        assert process.stdout
        assert process.stderr
        answers = asyncio.create_task(self._answers(process.stdout))
        try:
            async for line in process.stderr:
                self._heard(line.decode(errors="replace").strip())
        finally:
            answers.cancel()

    async def _answers(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                answer = await read_answer(reader)
                self._served = True
                if self._waiting and not (first := self._waiting.popleft()).done():
                    first.set_result(answer)
        except (BadAnswer, OSError, EOFError) as wrong:
            # Where one answer ends and the next begins is not known any more.
            if isinstance(wrong, BadAnswer):
                self._fail(Unserved(Outcome.WRONG, str(wrong)))
            self.hang_up()

    def _heard(self, line: str) -> None:
        if line in (READY, ALIVE):
            self._lived = time.monotonic()
            beat, self._beat = self._beat, asyncio.Event()
            beat.set()
            if line == READY:
                self.is_ready()
        elif line == CLOSED:
            # What it said last may still be on its way by the other output.
            asyncio.get_running_loop().call_later(0.05, self._closed)
        elif not self.there:
            self.why = line
        elif "err" in line:
            self._said = line

    def _closed(self) -> None:
        said, self._said = self._said, ""
        outcome = Outcome.RESET if self._served else of_client(said)
        self._open = self._served = False
        self._fail(Unserved(outcome, said or "the connection was closed"))

    def lost(self) -> None:
        """Nobody is answered any more."""
        self._open = self._served = False
        self._fail(NoAnswer(self.why))

    def _fail(self, why: Exception) -> None:
        while self._waiting:
            if not (asked := self._waiting.popleft()).done():
                asked.set_exception(why)


async def looked(attempt: Attempt, node: str, judge: Awaitable[Outcome]) -> Outcome:
    """The outcome of a look: as it is judged, or why there was no answer; that is noted."""
    try:
        return await judge
    except NoAnswer as why:
        attempt.note(why=f"{node} did not tell: {why}"[:160])
        return Outcome.NOT_SENT
    except Unserved as why:
        attempt.note(error=str(why)[-160:])
        return why.outcome
