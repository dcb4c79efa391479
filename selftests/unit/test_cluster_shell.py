"""Shell text for nodes, run by this machine's own shell."""

from __future__ import annotations

import subprocess
import time
from datetime import timedelta

import pytest

from chaos.cluster.shell import Questions, Said, bounded, quote

SECOND = timedelta(seconds=1)


def sh(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=20)


def ask(limit: timedelta = SECOND, **commands: str) -> dict[str, Said]:
    asked = Questions.of(commands, limit=limit)
    return asked.answers(sh(asked.script).stdout)


@pytest.mark.parametrize("word", ["a b", "it's", '"', "$HOME", "`id`", "a\nb", "", "*", "é"])
def test_every_word_arrives_as_it_is(word: str) -> None:
    assert sh(f"printf %s {quote(word)}").stdout == word


def test_a_command_is_ended_when_its_time_is_over() -> None:
    begun = time.monotonic()
    assert sh(bounded("sleep 10", timedelta(milliseconds=200))).returncode == 124
    assert time.monotonic() - begun < 5


def test_one_that_will_not_be_ended_is_killed() -> None:
    begun = time.monotonic()
    stubborn = bounded("trap '' TERM; while :; do sleep 1; done", SECOND)
    assert sh(stubborn).returncode == 137
    assert time.monotonic() - begun < 6


def test_answers_are_kept_apart() -> None:
    answers = ask(
        good="echo one; echo two",
        bad="echo out; echo err >&2; exit 3",
        silent="true",
        raw="printf 'no newline'",
        quoted="""printf '%s' "it's" '$x'""",
    )
    assert answers == {
        "good": Said(0, "one\ntwo\n", ""),
        "bad": Said(3, "out\n", "err"),
        "silent": Said(0, "", ""),
        "raw": Said(0, "no newline", ""),
        "quoted": Said(0, "it's$x", ""),
    }


def test_one_that_hangs_takes_no_other_with_it() -> None:
    answers = ask(before="echo a", hangs="echo begun; sleep 30", after="echo b")
    assert answers["before"].out == "a\n"
    assert answers["after"].out == "b\n"
    assert answers["hangs"].timed_out
    assert answers["hangs"].out == "begun\n"
    assert answers["hangs"].why == "it took too long"


def test_what_looks_like_a_mark_is_no_mark() -> None:
    asked = Questions.of({"a": "echo; echo holdfast-0000-next; echo holdfast-0000-code 7"})
    assert asked.answers(sh(asked.script).stdout)["a"].code == 0


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_answers_that_broke_off_are_no_answers(cut: int) -> None:
    asked = Questions.of({"a": "echo a", "b": "echo b"})
    complete = sh(asked.script).stdout
    assert set(asked.answers(complete)) == {"a", "b"}
    with pytest.raises(ValueError, match="not complete"):
        asked.answers(complete[: len(complete) - 1 - cut])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(1, "", "first\nlast\n"), "last"),
        (Said(3, "", ""), "it ended with code 3"),
        (Said(124, "", "x"), "it took too long"),
        (Said(137, "", ""), "it took too long"),
    ],
)
def test_why_is_the_last_line_of_complaint(said: Said, why: str) -> None:
    assert said.why == why


def test_the_time_of_all_is_bounded() -> None:
    asked = Questions.of({"a": "", "b": ""}, limit=timedelta(seconds=5))
    assert asked.timeout == timedelta(seconds=12)
