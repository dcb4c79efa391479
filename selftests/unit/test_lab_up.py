"""`up` and `down`: one at a time, nothing half left, and what is there is not changed unasked."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import build, home, host, network
from lab import down as downs
from lab import up as ups
from lab.cgroups import Group
from lab.down import down
from lab.errors import LabError, UsageError
from lab.home import Home, registered, settle
from lab.plan import plan
from lab.spec import Spec
from lab.up import fleet_of, up
from selftests.unit.support import QUIET


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where labs are noted, nothing of this host's own."""
    for module in (home, host, downs):
        monkeypatch.setattr(module, "RUN", tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(autouse=True)
def happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `up` and `down` did to the host, in place of doing it."""
    done: list[str] = []

    def note(what: str) -> Callable[..., None]:
        return lambda *_, **__: done.append(what)

    made = types.SimpleNamespace(base=tmp_path, tools=tmp_path, containerd=tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(host, "check", note("checked"))
    monkeypatch.setattr(build, "ensure", lambda *_, **__: made)
    monkeypatch.setattr(ups, "_bring_up", note("brought up"))
    monkeypatch.setattr(ups, "take_down", note("taken down"))
    return done


def there(top: Path, spec: Spec) -> Home:
    """A lab that is there."""
    found = Home.of(spec.name, top)
    settle(found, spec)
    return found


def test_a_lab_is_brought_up_once_the_host_is_checked(tmp_path: Path, happened: list[str]) -> None:
    assert up(Spec(), top=tmp_path, progress=QUIET).folder == tmp_path / ".lab/dev"
    assert happened == ["checked", "brought up"]


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes of machines under the lab's name; none, until a test says otherwise."""
    pids: list[int] = []
    monkeypatch.setattr(Group, "pids", lambda _: pids)
    return pids


def test_machines_that_nobody_noted_are_not_taken_over(
    tmp_path: Path, happened: list[str], running: list[int]
) -> None:
    running.append(1)
    with pytest.raises(LabError, match="Machines of a lab `dev` run that nobody noted"):
        up(Spec(), top=tmp_path, progress=QUIET)
    assert happened == []


def test_a_lab_in_another_shape_is_refused_and_left_alone(
    tmp_path: Path, happened: list[str]
) -> None:
    there(tmp_path, Spec(workers=2))
    with pytest.raises(UsageError, match="`dev` is there in another shape") as refused:
        up(Spec(workers=3), top=tmp_path, progress=QUIET)
    assert "holdfast lab down --name dev" in refused.value.remedy
    assert happened == []


def test_a_lab_in_the_same_shape_goes_on_on_the_subnet_it_has(
    tmp_path: Path, happened: list[str]
) -> None:
    there(tmp_path, Spec(subnet=5))
    up(Spec(), top=tmp_path, progress=QUIET)
    assert happened == ["checked", "brought up"]
    assert registered()["dev"].subnet == 5


@pytest.mark.parametrize("error", [LabError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize(
    ("was_up", "keep", "left"), [(False, False, False), (False, True, True), (True, False, True)]
)
def test_what_fails_leaves_nothing_unless_it_was_up_or_is_to_be_kept(
    tmp_path: Path,
    happened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    was_up: bool,
    keep: bool,
    left: bool,
) -> None:
    def fails(*_: object) -> None:
        raise error("odd")

    monkeypatch.setattr(ups, "_bring_up", fails)
    if was_up:
        there(tmp_path, Spec()).inventory.touch()
    with pytest.raises(error):
        up(Spec(), top=tmp_path, keep=keep, progress=QUIET)
    assert ("taken down" in happened) is not left


def test_while_it_comes_up_nobody_else_can_be_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beside(*_: object) -> None:
        with pytest.raises(LabError, match=r"held by process \d+ \(`holdfast lab up`"):
            down("dev", top=tmp_path, progress=QUIET)

    monkeypatch.setattr(ups, "_bring_up", beside)
    up(Spec(), top=tmp_path, progress=QUIET)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `down` does to the host, in its order, in place of doing it."""
    done: list[str] = []
    parts: list[tuple[object, str]] = [
        (network, "remove"),
        (network, "remove_blackhole"),
        (host, "restore_limits"),
        (downs, "unmount_below"),
        (Group, "kill"),
        (Group, "remove"),
    ]

    def note(what: str) -> Callable[..., None]:
        return lambda *_: done.append(what)

    for of, name in parts:
        monkeypatch.setattr(of, name, note(f"{getattr(of, '__name__', '')}.{name}"))
    return done


def test_down_leaves_no_note_no_lock_and_no_folder(
    tmp_path: Path, run_folder: Path, steps: list[str]
) -> None:
    for name in ("dev", "other"):
        there(tmp_path, Spec(name=name))
    down("dev", top=tmp_path, progress=QUIET)
    assert sorted(file.name for file in run_folder.iterdir()) == ["other.json"]
    assert [path.name for path in (tmp_path / ".lab").iterdir()] == ["other"]
    down("other", top=tmp_path, progress=QUIET)
    assert not run_folder.exists()
    assert not (tmp_path / ".lab").exists()


def test_down_begins_with_the_network_and_removes_a_group_once_nothing_is_in_it(
    tmp_path: Path, steps: list[str]
) -> None:
    there(tmp_path, Spec())
    down("dev", top=tmp_path, progress=QUIET)
    assert steps[:4] == [
        "lab.network.remove",
        "Group.kill",
        "lab.down.unmount_below",
        "Group.remove",
    ]


def test_what_all_labs_share_goes_with_the_last(tmp_path: Path, steps: list[str]) -> None:
    shared = {"lab.network.remove_blackhole", "lab.host.restore_limits"}
    for name in ("dev", "other"):
        there(tmp_path, Spec(name=name))
    down("dev", top=tmp_path, progress=QUIET)
    assert shared & set(steps) == set()
    down("other", top=tmp_path, progress=QUIET)
    assert shared <= set(steps)


def test_down_where_there_is_no_lab_does_no_harm(
    tmp_path: Path, run_folder: Path, steps: list[str]
) -> None:
    down("dev", top=tmp_path, progress=QUIET)
    assert not run_folder.exists()


def test_a_lab_that_is_not_whole_is_told_how_to_go_on(tmp_path: Path) -> None:
    there(tmp_path, Spec())
    with pytest.raises(LabError, match="`dev` is not whole") as half:
        fleet_of("dev", tmp_path)
    assert half.value.remedy == "`holdfast lab up --name dev` goes on with it."


def test_a_lab_s_machines_are_found_again_by_its_name(tmp_path: Path) -> None:
    (there(tmp_path, Spec()).folder / "layers").write_text("/c/base\n/c/tools\n/c/containerd")
    fleet = fleet_of("dev")
    assert fleet.plan == plan(Spec(subnet=0))
    assert fleet.layers.containerd == Path("/c/containerd")


@pytest.mark.parametrize("verb", [up, down], ids=["up", "down"])
def test_who_is_not_root_is_told_so_before_anything_is_tried(
    tmp_path: Path,
    run_folder: Path,
    happened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    verb: Callable[..., object],
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(LabError, match="takes root"):
        verb({up: Spec(), down: "dev"}[verb], top=tmp_path, progress=QUIET)
    assert happened == []
    assert not run_folder.exists()
