"""The command: what is wrong is a sentence and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli import lab as verbs
from cli.main import main
from lab import home
from lab.errors import LabError
from lab.home import Home, settle
from lab.machines import Fleet
from lab.spec import Spec
from lab.ssh import Ssh
from lab.versions import RELEASES

VERSIONS = ", ".join(r.kubernetes for r in RELEASES)


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


Holdfast = Callable[..., Result]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No lab is seen or made, and this process's signals are as before."""

    def brought_up(*_: object, **__: object) -> None:
        pytest.fail("it was let through to `up`")

    monkeypatch.setattr(verbs, "bring_up", brought_up)
    monkeypatch.setattr(home, "RUN", tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("HOLDFAST_DEBUG", raising=False)

    def unexpected(number: int, _: object) -> None:
        raise AssertionError(f"nobody took care of {signal.Signals(number).name}")

    before = {n: signal.signal(n, unexpected) for n in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def holdfast(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Holdfast:
    """The command, run in this process."""

    def run(*words: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["holdfast", *words])
        code: object = 0
        try:
            main()
        except SystemExit as done:
            code = done.code
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(code, int)
        return Result(code, out, err)

    return run


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    """A lab `dev` that is there, though nothing of it runs."""
    found = Home.of("dev")
    settle(found, Spec())
    (found.folder / "layers").write_text("/c/base\n/c/tools\n/c/containerd")
    return found


def test_as_a_program_it_ends_with_the_code_and_the_sentence(tmp_path: Path) -> None:
    # The one test of the program itself, with a verb that only looks.
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "lab", "status", "--name", "no-such"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    said = "There is no lab `no-such` here. `holdfast lab up --name no-such` makes one.\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", said)


WRONG = [
    (["--nosuch"], "--nosuch"),
    (["nosuch"], "nosuch"),
    (["lab", "nosuch"], "nosuch"),
    (["lab", "up", "--nosuch"], "--nosuch"),
    (["lab", "up", "--control-planes", "two"], "control-planes"),
    (["lab", "up", "--control-planes", "2"], "there are 1, 3 and 5"),
    (["lab", "up", "--etcd", "odd"], "'stacked', 'external'"),
    (["lab", "up", "--workers", "99"], "there are 0 to 13"),
    (["lab", "up", "--zones", "0"], "there are 1 to 9"),
    (["lab", "up", "--load-balancers", "3"], "there are 1 and 2"),
    (["lab", "up", "--kubernetes", "1.2.3"], f"There are: {VERSIONS}."),
    (["lab", "up", "--subnet", "16"], "there are 0 to 15"),
    (["lab", "up", "--name", "No Name"], "A name is a letter"),
    (["lab", "up", "extra"], "extra"),
    (["lab", "power", "cp-1", "explode"], "'cut', 'off', 'on', 'reboot'"),
    (["lab", "cable", "cp-1", "knot"], "'cut', 'join'"),
    (["lab", "power", "cp-1"], "verb"),
    (["lab", "ssh"], "node"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_does_not_exist_is_code_2_with_what_does(
    holdfast: Holdfast, lab: Home, words: list[str], said: str
) -> None:
    result = holdfast(*words)
    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize(
    "words", [["power", "cp-9", "cut"], ["cable", "cp-9", "cut"], ["ssh", "cp-9", "--", "uptime"]]
)
def test_a_machine_that_does_not_exist_is_code_2_with_those_that_do(
    holdfast: Holdfast, lab: Home, words: list[str]
) -> None:
    result = holdfast("lab", *words)
    assert result.code == 2
    assert result.err.startswith("The lab `dev` has no machine `cp-9`. There are: lb-1, lb-2, cp-1")


@pytest.mark.parametrize(
    "words",
    [["status"], ["save"], ["restore"], ["ssh", "cp-1"], ["power", "cp-1", "cut"]],
    ids=" ".join,
)
def test_where_there_is_no_lab_it_says_how_to_make_one(
    holdfast: Holdfast, words: list[str]
) -> None:
    result = holdfast("lab", *words)
    assert result.code == 3
    assert result.err == "There is no lab `dev` here. `holdfast lab up --name dev` makes one.\n"


@pytest.mark.parametrize("words", [[], ["lab"]], ids=["holdfast", "holdfast lab"])
def test_alone_it_shows_what_there_is(holdfast: Holdfast, words: list[str]) -> None:
    result = holdfast(*words)
    assert result.code == 2
    assert "Commands" in result.out + result.err


def test_help_is_no_error_and_names_every_option(holdfast: Holdfast) -> None:
    result = holdfast("lab", "up", "--help")
    assert result.code == 0
    options = ("--control-planes", "--workers", "--zones", "--etcd", "--load-balancers")
    more = ("--kubernetes", "--name", "--binaries", "--subnet", "--keep")
    assert [o for o in (*options, *more) if o not in result.out] == []


def test_every_option_of_up_arrives(holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def bring_up(spec: Spec, *, binaries: str, keep: bool) -> Home:
        asked.extend([spec, binaries, keep])
        return Home.of(spec.name)

    monkeypatch.setattr(verbs, "bring_up", bring_up)
    given = {
        "name": "x",
        "control_planes": 5,
        "workers": 1,
        "zones": 2,
        "etcd": "external",
        "load_balancers": 1,
        "kubernetes": "1.35.4",
        "subnet": 7,
    }
    options = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    assert holdfast("lab", "up", *options, "--binaries=download", "--keep").code == 0
    assert asked == [Spec.from_json(json.dumps(given)), "download", True]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["cp-1", "--", "false"], ["false"]),
        (["cp-1", "false"], ["false"]),
        (["cp-1", "--", "uptime; false"], ["uptime; false"]),
        (["cp-1", "--", "ls", "-l", "a b"], ["ls -l 'a b'"]),
        (["cp-1"], []),
    ],
)
def test_ssh_passes_command_and_exit_code_on(
    holdfast: Holdfast,
    lab: Home,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    line: list[str],
) -> None:
    ran: list[object] = []

    def attach(_: Ssh, machine: str, command: list[str], *, terminal: bool) -> int:
        ran.extend([machine, command, terminal])
        return 7

    monkeypatch.setattr(Fleet, "is_on", lambda *_: True)
    monkeypatch.setattr(Ssh, "attach", attach)
    assert holdfast("lab", "ssh", *words).code == 7
    assert ran == ["cp-1", line, False]


def test_a_machine_that_is_off_is_not_waited_for(
    holdfast: Holdfast, lab: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fleet, "is_on", lambda *_: False)
    result = holdfast("lab", "ssh", "cp-1", "--", "uptime")
    assert result.code == 3
    assert "`holdfast lab power --name dev cp-1 on` boots it." in result.err


def test_what_goes_wrong_is_told_with_its_remedy(
    holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bring_up(*_: object, **__: object) -> Home:
        raise LabError("The disk is full.", "Free some.")

    monkeypatch.setattr(verbs, "bring_up", bring_up)
    assert holdfast("lab", "up") == Result(3, "", "The disk is full. Free some.\n")


def test_a_defect_is_told_without_its_traceback(
    holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bring_up(*_: object, **__: object) -> Home:
        raise KeyError("odd")

    monkeypatch.setattr(verbs, "bring_up", bring_up)
    result = holdfast("lab", "up")
    assert result.code == 3
    assert result.err.startswith("KeyError: 'odd'\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_cleans_up_and_is_code_130(
    holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    cleaned: list[str] = []

    def bring_up(*_: object, **__: object) -> Home:
        try:
            signal.raise_signal(number)
        finally:
            cleaned.append("up")
        raise AssertionError("it went on")

    monkeypatch.setattr(verbs, "bring_up", bring_up)
    assert holdfast("lab", "up").code == 130
    assert cleaned == ["up"]


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_nothing_is_taken_down_under_a_name_that_is_none(
    holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    taken: list[str] = []
    monkeypatch.setattr("lab.down.take_down", lambda name, *_: taken.append(name))
    result = holdfast("lab", "down", "--name", name)
    assert taken == []
    assert result.code == 2
