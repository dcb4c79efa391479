"""Waiting has an end, and steps say how they ended."""

from __future__ import annotations

import re

import pytest

from lab.errors import LabError
from lab.progress import Progress
from lab.wait import until


def test_what_holds_already_is_not_waited_for() -> None:
    until(lambda: True, "it holds", timeout=0)


def test_it_asks_again_until_it_holds() -> None:
    answers = [False, None, LabError("not yet"), 0, "yes"]

    def condition() -> object:
        answer = answers.pop(0)
        if isinstance(answer, LabError):
            raise answer
        return answer

    until(condition, "yes", timeout=5, every=0)
    assert answers == []


def test_too_late_says_what_was_waited_for_and_the_last_reason() -> None:
    reasons: list[str] = []

    def condition() -> bool:
        reasons.append(f"Reason {len(reasons)}.")
        raise LabError(reasons[-1])

    with pytest.raises(LabError) as late:
        until(condition, "the thing done", timeout=0.1, every=0.005)
    assert str(late.value) == f"Not within 0 s: the thing done. Last: {reasons[-1]}"
    assert late.value.exit_code == 3


def test_too_late_without_a_reason_makes_none_up() -> None:
    with pytest.raises(LabError, match=re.escape("Not within 0 s: the thing done.")) as late:
        until(lambda: False, "the thing done", timeout=0)
    assert "Last" not in str(late.value)


def test_a_defect_in_the_condition_is_not_waited_for() -> None:
    asked = []

    def condition() -> bool:
        asked.append(1)
        raise KeyError("odd")

    with pytest.raises(KeyError):
        until(condition, "the thing done", timeout=60)
    assert len(asked) == 1


def test_a_step_is_told_when_it_ends_with_its_seconds() -> None:
    said: list[str] = []
    with Progress(say=said.append).step("boot 8 machines"):
        assert said == []
    assert re.fullmatch(r" +\d+\.\d s boot 8 machines", said[0])


def test_a_long_step_is_announced() -> None:
    said: list[str] = []
    with Progress(say=said.append).step("compile", announce=True):
        assert said == ["         compile …"]


@pytest.mark.parametrize("error", [LabError, KeyboardInterrupt])
def test_a_step_that_failed_or_was_interrupted_is_told_as_not_done(
    error: type[BaseException],
) -> None:
    said: list[str] = []
    with pytest.raises(error), Progress(say=said.append).step("boot"):
        raise error("odd")
    assert re.fullmatch(r" +\d+\.\d s boot: not done", said[0])


def test_without_a_listener_a_step_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().step("boot"):
        pass
    assert capsys.readouterr().out.endswith(" s boot\n")
