"""A lab's folder, its subnet, and being the only one at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab import home
from lab.errors import LabError, UsageError
from lab.home import Home, forget, held, registered, settle
from lab.spec import Spec

# Holds the lab `dev` until it is told to end.
HOLDER = """
import pathlib, sys
from lab import home
home.RUN = pathlib.Path(sys.argv[1])
with home.held("dev", "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where labs are noted, nothing of this host's own."""
    monkeypatch.setattr(home, "RUN", tmp_path / "run")
    return tmp_path / "run"


def settled(top: Path, **asked: Any) -> Spec:
    spec = Spec(**asked)
    return settle(Home.of(spec.name, top), spec)


def test_labs_get_the_first_subnets_that_are_free(tmp_path: Path) -> None:
    assert [settled(tmp_path, name=name).subnet for name in ("a", "b", "c")] == [0, 1, 2]
    forget("b")
    assert settled(tmp_path, name="d").subnet == 1


def test_a_subnet_that_is_another_lab_s_is_refused_and_its_owner_named(tmp_path: Path) -> None:
    settled(tmp_path, name="a", subnet=4)
    with pytest.raises(UsageError, match="Subnet 4 is in use by the lab `a`"):
        settled(tmp_path, name="b", subnet=4)
    assert list(registered()) == ["a"]


def test_a_lab_may_settle_again_where_it_is(tmp_path: Path) -> None:
    spec = settled(tmp_path, name="a", subnet=4)
    assert settle(Home.of("a"), spec) == spec


def test_when_no_subnet_is_left_it_says_so(tmp_path: Path) -> None:
    for n in range(16):
        settled(tmp_path, name=f"lab{n}")
    with pytest.raises(LabError, match=r"All subnets of 198\.18\.0\.0/15 are in use"):
        settled(tmp_path, name="more")


def test_what_was_asked_for_is_kept_with_its_subnet(tmp_path: Path) -> None:
    settled(tmp_path, name="a", workers=1)
    assert Home.of("a").spec() == Spec(name="a", workers=1, subnet=0)


def test_a_lab_lives_below_here_unless_it_is_noted_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Home.of("a").folder == tmp_path / ".lab" / "a"
    settled(tmp_path / "elsewhere", name="a")
    assert Home.of("a").folder == tmp_path / "elsewhere" / ".lab" / "a"


def test_asking_for_a_lab_that_is_not_there_tells_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no lab `a` here") as missing:
        Home.of("a", tmp_path).spec()
    assert missing.value.remedy == "`holdfast lab up --name a` makes one."
    assert missing.value.exit_code == 3


def test_the_last_lab_forgotten_is_told(tmp_path: Path) -> None:
    settled(tmp_path, name="a")
    settled(tmp_path, name="b")
    assert forget("a") is False
    assert forget("b") is True
    assert registered() == {}


def test_forgetting_what_is_not_noted_does_no_harm(tmp_path: Path) -> None:
    settled(tmp_path, name="a")
    assert forget("b") is False
    assert list(registered()) == ["a"]


def test_removing_the_last_home_removes_the_folder_of_labs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        settled(tmp_path, name=name)
    Home.of("a").remove()
    assert [path.name for path in (tmp_path / ".lab").iterdir()] == ["b"]
    Home.of("b").remove()
    assert not (tmp_path / ".lab").exists()


def test_the_second_at_a_lab_is_told_who_holds_it_and_for_what(noted: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(noted)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LabError) as refused, held("dev", "down"):
            pass
        other.kill()
    said = rf"The lab `dev` is held by process {other.pid} \(`holdfast lab up`, since \d\d:"
    assert refused.match(said)
    assert refused.value.exit_code == 3
    # The lock goes with the process, though it was killed.
    with held("dev", "down"):
        pass


def test_two_labs_can_be_worked_at_at_once() -> None:
    with held("a", "up"), held("b", "up"):
        pass


def test_what_is_held_is_free_again_after_an_error(noted: Path) -> None:
    with pytest.raises(KeyError), held("dev", "up"):
        raise KeyError
    with held("dev", "down"):
        assert f"process {os.getpid()} (`holdfast lab down`" in (noted / "dev.lock").read_text()
    assert not noted.exists()


def test_a_note_is_whole_or_not_there(tmp_path: Path, noted: Path) -> None:
    settled(tmp_path, name="a", subnet=7)
    assert json.loads((noted / "a.json").read_text())["subnet"] == 7
    assert not list(noted.glob("*.part"))
    assert not list(Home.of("a").folder.glob("*.part"))


@pytest.mark.parametrize("name", ["", ".", "..", "../..", "a/b"])
def test_a_name_that_leads_out_of_its_folder_is_nobody_s_home(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a lab"):
        Home.of(name, tmp_path)
