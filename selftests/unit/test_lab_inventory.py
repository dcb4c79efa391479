"""What the lab hands over: an inventory as a user would write it, and a way to reach machines."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lab.home import Home
from lab.inventory import inventory, write
from lab.plan import Plan, plan
from lab.spec import Spec
from lab.templates import render

STACKED = plan(Spec(subnet=0))
EXTERNAL = plan(Spec(name="other", etcd="external", subnet=1))
every_lab = pytest.mark.parametrize("lab", [STACKED, EXTERNAL], ids=["stacked", "external"])


def told(lab: Plan) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(inventory(lab, uid="1-2-3"))
    return content


@every_lab
def test_every_machine_is_in_it_with_address_zone_and_url(lab: Plan) -> None:
    nodes = [(n["name"], n["address"], n["zone"], n["url"]) for n in told(lab)["nodes"]]
    assert nodes == [
        (m.name, m.address, m.zone, f"ssh://{m.name}?ssh_config=ssh_config") for m in lab.machines
    ]


@every_lab
def test_who_runs_etcd_is_told_by_roles(lab: Plan) -> None:
    members = [n["name"] for n in told(lab)["nodes"] if "etcd" in n["roles"]]
    assert members == [m.name for m in lab.etcd]
    assert told(lab)["etcd"]["topology"] == lab.spec.etcd


@every_lab
def test_the_cluster_is_known_by_its_uid_and_reached_by_name_and_virtual_address(lab: Plan) -> None:
    content = told(lab)
    assert content["cluster"]["uid"] == "1-2-3"
    assert content["endpoint"]["name"] == lab.api_name
    assert content["endpoint"]["address"] == lab.virtual_ip
    assert content["endpoint"]["resolvers"] == [b.address for b in lab.balancers]


@every_lab
@pytest.mark.parametrize(("what", "words"), [("power", {"cut", "on"}), ("cable", {"cut", "join"})])
def test_its_commands_are_of_this_lab_and_leave_room_for_whom(
    lab: Plan, what: str, words: set[str]
) -> None:
    commands = told(lab)[what]
    assert set(commands) == words
    whom = {"power": "{node}", "cable": "{target}"}[what]
    for verb, command in commands.items():
        assert command == f"holdfast lab {what} --name {lab.spec.name} {whom} {verb}"


def test_it_is_written_beside_the_files_that_it_names(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write(home, STACKED, uid="1-2-3")
    content = YAML(typ="safe").load(home.inventory)
    assert home.inventory.parent / content["cluster"]["kubeconfig"] == home.kubeconfig
    assert home.inventory.name == "cluster.yaml"


@pytest.mark.parametrize("folder", ["lab", "my lab"])
def test_ssh_itself_finds_machines_and_key_whatever_the_folder(tmp_path: Path, folder: str) -> None:
    home = Home(tmp_path / folder)
    home.folder.mkdir()
    home.ssh_config.write_text(render("ssh_config.j2", plan=STACKED, folder=home.folder))
    asked = ["ssh", "-G", "-F", str(home.ssh_config), "cp-2"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)
    settings = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert done.stderr == ""
    assert settings["hostname"] == STACKED.control_planes[1].address
    assert settings["user"] == "root"
    assert settings["identityfile"] == f"{home.folder}/ssh_key"
    # Several files may stand there, and `-G` does not tell two from one with a space in its name.
    assert f'UserKnownHostsFile "{home.folder}/known_hosts"\n' in home.ssh_config.read_text()
    assert settings["stricthostkeychecking"] in ("true", "yes")
