"""Files and inventories changed for a defect, and put back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from lab.home import Home
from lab.kubectl import Kubectl
from lab.machines import Fleet
from selftests.planted import bench as module
from selftests.planted.bench import Bench


def here(machine: str, command: str, *, stdin: str | None = None) -> str:
    """Every machine is this one."""
    done = subprocess.run(
        ["sh", "-c", command], input=stdin or "", text=True, capture_output=True, check=True
    )
    return done.stdout


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(module, "KEPT", str(tmp_path / "kept"))
    home = Home(tmp_path / "lab")
    home.folder.mkdir()
    home.inventory.write_text("cluster: {kubeconfig: kubeconfig}\nnodes: []\n")
    home.kubeconfig.write_text("clusters: [{cluster: {server: https://198.18.14.100}}]\n")
    fleet = SimpleNamespace(ssh=SimpleNamespace(run=here), home=home)
    return Bench(cast(Fleet, fleet), Kubectl(Path("kubectl"), home.kubeconfig))


def test_a_file_is_put_back_as_it_was_however_often_it_was_changed(
    bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "a file.cfg"
    file.write_text("one\n")
    file.chmod(0o640)
    before = file.stat()
    with file.open() as reader:
        bench.change_file("lb-1", str(file), lambda text: text.replace("one", "two"))
        assert reader.read() == "one\n", "who reads it meanwhile reads the whole old one"
    bench.change_file("lb-1", str(file), lambda text: text.replace("two", "three"))
    assert file.read_text() == "three\n"
    assert file.stat().st_mode == before.st_mode
    bench.put_back("lb-1", str(file))
    assert file.read_text() == "one\n"
    assert file.stat().st_mode == before.st_mode
    file.write_text("later\n")
    bench.put_back("lb-1", str(file))
    assert file.read_text() == "later\n", "nothing was left to put back"
    assert {one.name for one in tmp_path.iterdir()} == {"a file.cfg", "kept", "lab"}


def test_a_change_that_changes_nothing_is_a_defect_of_the_defect(
    bench: Bench, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("one\n")
    with pytest.raises(AssertionError, match="nothing to change"):
        bench.change_file("cp-1", str(file), lambda text: text.replace("two", "three"))


def test_a_file_that_was_taken_away_is_put_back(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_text("one\n")
    bench.take_away("cp-2", str(file))
    assert not file.exists()
    bench.put_back("cp-2", str(file))
    assert file.read_text() == "one\n"


class Api:
    """One object, as kubectl has it."""

    def __init__(self) -> None:
        self.thing: dict[str, Any] = {
            "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "n", "resourceVersion": "7", "uid": "u"},
            "data": {"key": "one"},
        }

    def __call__(self, *args: str, stdin: str | None = None) -> str:
        if args[0] == "get":
            return json.dumps(self.thing)
        assert args[0] == "replace"
        self.thing = json.loads(stdin or "")
        return ""


def test_an_object_is_put_back_as_it_was_however_often_it_was_changed(bench: Bench) -> None:
    api = Api()
    bench = Bench(bench.fleet, cast(Kubectl, api))

    def to(value: str) -> Callable[[Any], None]:
        return lambda thing: thing["data"].update(key=value)

    bench.change_object("configmap", "a", "n", to("two"))
    bench.change_object("configmap", "a", "n", to("three"))
    assert api.thing["data"] == {"key": "three"}
    # Else it could not be replaced after somebody else wrote it.
    assert set(api.thing["metadata"]) == {"name", "namespace"}
    bench.put_back_object("configmap", "a", "n")
    assert api.thing["data"] == {"key": "one"}
    api.thing["data"] = {"key": "later"}
    bench.put_back_object("configmap", "a", "n")
    assert api.thing["data"] == {"key": "later"}, "nothing was left to put back"
    with pytest.raises(AssertionError, match="nothing to change"):
        bench.change_object("configmap", "a", "n", to("later"))


def read(file: Path) -> Any:
    return YAML(typ="safe").load(file)


def test_holdfast_is_given_the_labs_own_inventory_but_while_it_is_changed(bench: Bench) -> None:
    own = bench.fleet.home.inventory
    text = own.read_text()
    assert bench.inventory == own

    def name(what: str) -> Any:
        return lambda content: content.update({what: "changed"})

    bench.change_kubeconfig(name("user"))
    bench.change_inventory(name("endpoint"))
    changed = read(bench.inventory)
    assert changed["endpoint"] == "changed"
    kubeconfig = bench.inventory.parent / changed["cluster"]["kubeconfig"]
    assert read(kubeconfig)["user"] == "changed"
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    bench.own_inventory()
    bench.own_inventory()
    assert bench.inventory == own
    assert own.read_text() == text
    assert not kubeconfig.exists()
