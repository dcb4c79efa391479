"""What is written on every machine's disk, whatever the machine and the lab's shape."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
from pathlib import PurePosixPath

import jinja2
import pytest
from ruamel.yaml import YAML

from lab.plan import Machine, Plan, Role, plan
from lab.spec import Spec
from lab.templates import render
from selftests.unit.support import files_of, secrets

PLANS = {
    "default": plan(Spec(subnet=0)),
    "external etcd": plan(Spec(etcd="external", workers=1, subnet=1)),
    "five control planes": plan(Spec(control_planes=5, load_balancers=1, subnet=2)),
    "single master": plan(Spec(control_planes=1, workers=0, load_balancers=1, zones=1, subnet=3)),
}
MACHINES = [
    pytest.param(lab, machine, id=f"{name}: {machine.name}")
    for name, lab in PLANS.items()
    for machine in lab.machines
]
every_machine = pytest.mark.parametrize(("lab", "machine"), MACHINES)


def is_secret(text: str) -> bool:
    known = secrets()
    mine = (known.token, known.certificate_key, known.encryption_key)
    return "PRIVATE KEY" in text or any(secret in text for secret in mine)


@every_machine
def test_no_file_with_a_secret_can_be_read_by_others(lab: Plan, machine: Machine) -> None:
    files = files_of(lab, machine)
    secret = {path: file.mode for path, file in files.items() if is_secret(file.content)}
    assert "/etc/ssh/ssh_host_ed25519_key" in secret
    assert ("/etc/kubernetes/kubeadm.yaml" in secret) is machine.runs_kubelet
    assert {path: oct(mode) for path, mode in secret.items() if mode & 0o077} == {}


@every_machine
def test_each_machine_has_only_the_authorities_keys_that_it_signs_with(
    lab: Plan, machine: Machine
) -> None:
    contents = [file.content for file in files_of(lab, machine).values()]
    first = machine == lab.control_planes[0]
    assert any(secrets().ca.key in text for text in contents) is first
    assert any(secrets().etcd_ca.key in text for text in contents) is (machine.role is Role.ETCD)


@every_machine
def test_a_machine_says_who_it_is_and_lets_the_lab_s_key_in(lab: Plan, machine: Machine) -> None:
    files = files_of(lab, machine)
    host = secrets().host_keys[machine.name]
    assert files["/etc/hostname"].content == f"{machine.name}\n"
    assert f"{machine.address} {machine.name}.{lab.domain} {machine.name}\n" in (
        files["/etc/hosts"].content
    )
    assert files["/root/.ssh/authorized_keys"].content == secrets().ssh.public
    assert files["/etc/ssh/ssh_host_ed25519_key"].content == host.private
    assert files["/etc/ssh/ssh_host_ed25519_key.pub"].content == host.public


@every_machine
def test_names_are_asked_of_the_balancers_and_nobody_else(lab: Plan, machine: Machine) -> None:
    lines = files_of(lab, machine)["/etc/resolv.conf"].content.splitlines()
    servers = [line.split()[1] for line in lines if line.startswith("nameserver")]
    assert servers == [b.address for b in lab.balancers]
    assert f"search {lab.domain}" in lines


@every_machine
@pytest.mark.parametrize("cpus", [1, 2, 64])
def test_kubelet_is_shown_the_machine_s_limits_and_no_more_cpus_than_the_host_has(
    lab: Plan, machine: Machine, cpus: int
) -> None:
    files = files_of(lab, machine, cpus)
    top = "/usr/local/lib/machine"
    kib = machine.limits.memory // 1024
    shown = dict(line.split(":") for line in files[f"{top}/meminfo"].content.splitlines())
    assert shown["MemTotal"].split() == [str(kib), "kB"]
    assert shown["SwapTotal"].split() == ["0", "kB"]
    assert (
        files[f"{top}/numa/node0/meminfo"].content.split() == f"Node 0 MemTotal: {kib} kB".split()
    )
    links = {path: file.link for path, file in files.items() if "/numa/node0/cpu" in path}
    assert links == {
        f"{top}/numa/node0/cpu{n}": f"/sys/devices/system/cpu/cpu{n}"
        for n in range(min(machine.limits.cpus, cpus))
    }


@every_machine
def test_every_unit_of_ours_that_is_enabled_is_there(lab: Plan, machine: Machine) -> None:
    files = files_of(lab, machine)
    enabled = [PurePosixPath(p) for p, f in files.items() if f.link.startswith("../")]
    assert enabled
    assert [p for p in enabled if str(p.parent.parent / p.name) not in files] == []


@every_machine
def test_what_a_unit_of_ours_starts_is_there_and_can_run(lab: Plan, machine: Machine) -> None:
    files = files_of(lab, machine)
    units = "\n".join(f.content for p, f in files.items() if p.startswith("/etc/systemd/system/"))
    started = set(re.findall(r"(?m)^ExecStart=(/usr/local/lib/\S+)", units))
    assert {program for program in started if files[program].mode != 0o755} == set()
    assert "/usr/local/lib/machine/prepare.sh" in started


@every_machine
def test_every_file_is_well_formed(lab: Plan, machine: Machine) -> None:
    parsed = set()
    for path, file in files_of(lab, machine).items():
        if path.endswith(".yaml"):
            assert list(YAML(typ="safe").load_all(io.StringIO(file.content))), path
        elif path.endswith(".conflist"):
            assert json.loads(file.content)["plugins"], path
        elif file.content.startswith("#!/bin/sh"):
            subprocess.run(["/bin/sh", "-n"], input=file.content, text=True, check=True)
        else:
            continue
        parsed.add(path)
    assert ("/etc/kubernetes/kubeadm.yaml" in parsed) is machine.runs_kubelet
    assert "/usr/local/lib/machine/prepare.sh" in parsed


@every_machine
def test_every_pod_network_is_the_node_s_own(lab: Plan, machine: Machine) -> None:
    cni = files_of(lab, machine).get("/etc/cni/net.d/10-lab.conflist")
    if machine.runs_kubelet:
        assert cni is not None
        (pod,) = (p for p in json.loads(cni.content)["plugins"] if p["type"] == "ptp")
        assert pod["ipam"]["ranges"] == [[{"subnet": machine.pods}]]
    else:
        assert cni is None


@pytest.mark.parametrize("lab", PLANS.values(), ids=list(PLANS))
def test_secrets_and_config_maps_are_encrypted_before_they_are_stored(lab: Plan) -> None:
    for machine in lab.control_planes:
        text = files_of(lab, machine)["/etc/kubernetes/policy/encryption.yaml"].content
        (rule,) = YAML(typ="safe").load(text)["resources"]
        assert set(rule["resources"]) == {"secrets", "configmaps"}
        writer, *readers = rule["providers"]
        (key,) = writer["secretbox"]["keys"]
        assert len(base64.b64decode(key["secret"], validate=True)) == 32
        assert readers == [{"identity": {}}]


def test_all_control_planes_encrypt_with_the_same_key() -> None:
    lab = PLANS["default"]
    path = "/etc/kubernetes/policy/encryption.yaml"
    assert len({files_of(lab, m)[path].content for m in lab.control_planes}) == 1


def test_a_template_that_lacks_a_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("machine/hosts.j2", plan=PLANS["default"])
