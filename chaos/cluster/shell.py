"""Shell text for nodes: quoting, ending in time, several questions in one call."""

from __future__ import annotations

import math
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

# Not every sshd gives a plain user the folders where nft and its kind live.
PATH = 'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
ENVIRONMENT = f"export LC_ALL=C {PATH}"


def quote(*words: str) -> str:
    """The words as one line of shell in which each arrives as it is.

    >>> quote("ls", "my file")
    "ls 'my file'"
    """
    return shlex.join(words)


def bounded(command: str, limit: timedelta) -> str:
    """A command that the machine itself ends when its time is over.

    Its code is 124 then, or 137 if it had to be killed.
    """
    seconds = max(1, math.ceil(limit.total_seconds()))
    return f"timeout -k 1 {seconds} sh -c {shlex.quote(command)}"


@dataclass(frozen=True, slots=True)
class Said:
    """What one of several questions was answered with."""

    code: int
    out: str
    err: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether it was ended because its time was over."""
        return self.code in (124, 137)

    @property
    def why(self) -> str:
        """Its last line of complaint, without the JSON that etcd's tools log before it."""
        if self.timed_out:
            return "it took too long"
        lines = [line for line in self.err.splitlines() if line.strip() and line[0] != "{"]
        return (lines or [f"it ended with code {self.code}"])[-1].removeprefix("Error: ")


@dataclass(frozen=True, slots=True)
class Questions:
    """Several commands for one machine, asked in one call: a connection costs more than they do.

    One that hangs is ended and takes no other with it.

    >>> asked = Questions.of({"name": "hostname", "time": "date +%s"})
    >>> asked.answers(node.run(asked.script, timeout=asked.timeout).out)["name"].out
    'cp-1'
    """

    commands: Mapping[str, str]
    limit: timedelta
    mark: str

    @classmethod
    def of(
        cls, commands: Mapping[str, str], *, limit: timedelta = timedelta(seconds=10)
    ) -> Questions:
        """Ask these; each may take `limit`."""
        return cls(dict(commands), limit, f"holdfast-{secrets.token_hex(8)}")

    @property
    def script(self) -> str:
        """The shell text that asks them one after another. It writes no file there."""
        lines = []
        for command in self.commands.values():
            lines += [
                # Standard output goes out as it comes, errors wait in a variable.
                f"{{ err=$({bounded(command, self.limit)} 2>&1 >&3 3>&-); code=$?; }} 3>&1",
                f"printf '\\n%s %d\\n%s\\n%s\\n' {self.mark}-code $code \"$err\" {self.mark}-next",
            ]
        return "\n".join(lines)

    @property
    def timeout(self) -> timedelta:
        """How long all of them may take together."""
        return (self.limit + timedelta(seconds=1)) * len(self.commands)

    def answers(self, output: str) -> dict[str, Said]:
        """Take the script's output apart.

        Raises:
            ValueError: it is not complete.
        """
        parts = output.split(f"\n{self.mark}-next\n")
        if len(parts) != len(self.commands) + 1 or parts[-1]:
            raise ValueError("the answers are not complete")
        answers = {}
        for name, part in zip(self.commands, parts[:-1], strict=True):
            out, _, rest = part.rpartition(f"\n{self.mark}-code ")
            code, _, err = rest.partition("\n")
            answers[name] = Said(int(code), out, err)
        return answers
