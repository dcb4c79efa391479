"""Questions to a machine over one shell that stays: no login for each sample.

The shell runs what `loop` makes: it reads a number from its input, asks the question beside
whatever else it asks already, and prints the number, the exit code and what was said. It ends with
its input, and by itself after LIFE: a machine that was cut off from us keeps nothing of ours.

What does not come back over it tells nothing of what was asked about: not_sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from chaos.measure.outcome import Outcome
from chaos.measure.probe import Attempt, ProbeSpec
from chaos.probes.login import Login, NoAnswer

# Seconds for which a shell may stay there; another is started then.
LIFE = 600
# Seconds after which an answer is late: there is the way to the machine and back in it, and the
# programs that are started there.
SLOW = 1.0
# The share of the time-out that is waited for an answer: what is late is told by us, as not_sent,
# and not by the sampler as a time-out of what was asked about.
PATIENCE = 0.95
_READY, _MARK = b"holdfast-ready", b"holdfast-said"
# Stands for the end of a line in what was said (octal 037 there), so that all comes as one line.
_LINE_END = "\x1f"


def loop(question: str, *, before: str = ":") -> str:
    """The shell text that answers.

    Each program that a shell starts takes milliseconds of a processor: the rest is the shell's own.

    Args:
        question: shell text, which must end in time by itself. `$n` is the sample's number. Its
            last program is best started by `exec`.
        before: shell text that is run once, and sets variables for the question. Where it fails,
            nothing is asked, and its last line says why.
    """
    # `jobs` because a shell takes notice of those who ended only when it is asked, or waits for
    # something: one that does nothing but read would gather zombies.
    return f"""
before() {{
{before}
}}
ask() {{
{question}
}}
answer() {{
  said=$(ask 2>&1)
  code=$? line=
  while :; do
    case $said in
      *"$end"*) line="$line${{said%%"$end"*}}$mark" said=${{said#*"$end"}} ;;
      *) break ;;
    esac
  done
  printf '{_MARK.decode()} %s %d %s\\n' "$n" $code "$line$said"
}}
end='
' mark=$(printf '\\037')
before || exit 1
echo {_READY.decode()}
while read -r n; do answer & jobs >/dev/null; done"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a question was answered with."""

    code: int
    out: str


class Remote(Login):
    """The shell on a machine.

    Options of the spec: `argv`, the program that runs it (`reaching.argv`); `node`, its name.
    """

    def __init__(self, spec: ProbeSpec) -> None:
        super().__init__(spec.options["argv"])
        self._node: str = spec.options["node"]
        self._patience = spec.timeout * PATIENCE
        self._asked: dict[int, asyncio.Future[Said]] = {}

    async def judged(self, attempt: Attempt, judge: Callable[[Said], Outcome]) -> Outcome:
        """Ask, and have the answer judged; not_sent where none comes."""
        attempt.phase = "stream"
        try:
            return judge(await self._ask(attempt.tick))
        except NoAnswer as why:
            attempt.note(why=f"{self._node} did not tell: {why}"[:160])
            return Outcome.NOT_SENT

    async def _ask(self, tick: int) -> Said:
        asked = self._asked[tick] = asyncio.get_running_loop().create_future()
        try:
            self.say(b"%d\n" % tick)
            async with asyncio.timeout(self._patience):
                said: Said = await asked
                return said
        except TimeoutError:
            raise NoAnswer("nothing came back in time") from None
        finally:
            self._asked.pop(tick, None)

    async def listen(self, process: asyncio.subprocess.Process) -> None:
        """Take its answers, a line each."""
        assert process.stdout
        async for line in process.stdout:
            self._heard(line)

    def _heard(self, line: bytes) -> None:
        if line.strip() == _READY:
            self.is_ready()
            return
        try:
            mark, number, code, *out = line.rstrip(b"\n").split(b" ", 3)
            if mark != _MARK:
                raise ValueError(line)
            text = b" ".join(out).decode(errors="replace").replace(_LINE_END, "\n")
            said, asked = Said(int(code), text), self._asked.get(int(number))
        except ValueError:
            self.why = line.decode(errors="replace").strip() or self.why
            return
        if asked and not asked.done():
            asked.set_result(said)

    def lost(self) -> None:
        """Nobody is answered any more."""
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(NoAnswer(self.why))
