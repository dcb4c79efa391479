"""Programs are run with an end, and what they say in failing is passed on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.shell import CommandFailed, run
from lab.ssh import Ssh


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_its_output_comes_back_and_its_errors_do_not() -> None:
    assert run(["sh", "-c", "echo out; echo err >&2"]) == "out\n"


def test_a_failure_tells_command_code_and_the_last_lines_alone() -> None:
    with pytest.raises(CommandFailed) as failed:
        run(["sh", "-c", "seq 1 40; echo why >&2; exit 7"])
    assert failed.value.code == 7
    assert failed.value.exit_code == 3
    command, *lines = str(failed.value).splitlines()
    assert command == "`sh -c 'seq 1 40; echo why >&2; exit 7'` ended with code 7:"
    assert lines == [*map(str, range(27, 41)), "why"]


def test_a_failure_that_says_nothing_is_one_sentence() -> None:
    with pytest.raises(CommandFailed, match=r"^`false` ended with code 1\.$"):
        run(["false"])


def test_a_failure_may_be_none_to_the_caller() -> None:
    assert run(["sh", "-c", "echo out; exit 7"], check=False) == "out\n"


def test_what_does_not_end_is_killed_and_what_it_said_is_told() -> None:
    with pytest.raises(CommandFailed, match=r"did not end in time:\nso far\Z") as failed:
        run(["sh", "-c", "echo so far; exec sleep 60"], timeout=1.0)
    assert failed.value.code is None


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(LabError, match=r"The program `no-such-program` is not installed\."):
        run(["no-such-program", "--option"])


def test_a_very_long_command_is_not_told_to_its_end() -> None:
    with pytest.raises(CommandFailed) as failed:
        run(["false", "x" * 5000])
    assert len(str(failed.value)) < 300


def test_it_reads_what_it_is_given_and_nothing_else() -> None:
    assert run(["cat"], stdin="given") == "given"
    assert run(["cat"]) == ""


def test_its_environment_and_folder_are_those_given(tmp_path: Path) -> None:
    shown = run(["/bin/sh", "-c", 'echo "$ONLY" "$HOME"; pwd'], env={"ONLY": "x"}, cwd=tmp_path)
    assert shown == f"x \n{tmp_path}\n"


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert run(python(r"import os; os.write(1, b'a\xffb')")) == "a\ufffdb"


def test_no_shell_reads_the_arguments() -> None:
    assert run(["echo", "$HOME; false"]) == "$HOME; false\n"


def test_ssh_reads_the_lab_s_configuration_and_asks_nobody() -> None:
    ssh = Ssh(Path("/lab/ssh_config"))
    asked = ssh.argv("cp-1", "uptime")
    assert asked == ["ssh", "-F", "/lab/ssh_config", "-o", "BatchMode=yes", "cp-1", "--", "uptime"]
    assert ssh.argv("cp-1", terminal=True) == ["ssh", "-F", "/lab/ssh_config", "-t", "cp-1"]
