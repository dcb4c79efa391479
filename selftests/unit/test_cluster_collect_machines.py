"""What machines answer of themselves, and what resolvers say: read out of what is printed."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from chaos.cluster.collect import disk_question, machine_questions, machines, names
from chaos.cluster.collect.machine_questions import (
    DISKS,
    FIRST,
    KERNEL,
    LAST,
    LINKS,
    NAMES,
    PACKAGES,
    SIZE,
    UNITS,
)
from chaos.cluster.facts import Disk, NotAvailable, Resolved, Unit
from chaos.cluster.inventory_parts import Role
from chaos.cluster.quantity import millis, quantity, size
from chaos.cluster.shell import Said
from selftests.unit.cluster_support import INVENTORY, fake_node, inventory_of
from selftests.unit.test_cluster_collect_nodes import asked

SPAN = (1000.0, 1002.0)


def said(**answers: str) -> dict[str, Said]:
    """Answers by question, in words that may stand in a call."""
    known = {"units": UNITS, "kernel": KERNEL, "packages": PACKAGES, "disks": DISKS, "size": SIZE}
    found = {known[name]: Said(0, text) for name, text in answers.items()}
    return {FIRST: Said(0, "1000.500\n"), **found, LAST: Said(0, "1001.250\n")}


UNIT = (
    "Restart={restart}\nId={id}.service\nLoadState={load}\n"
    "ActiveState={active}\nUnitFileState={on}\n"
)


def unit(name: str, **more: str) -> str:
    fields = {"restart": "always", "load": "loaded", "active": "active", "on": "enabled"} | more
    return UNIT.format(id=name, **fields)


def test_services_that_are_there() -> None:
    text = "\n".join(
        [
            unit("kubelet"),
            unit("containerd", active="failed", on="disabled", restart="no"),
            unit("crio", load="not-found", active="inactive", on=""),
            unit("chrony"),
            unit("chrony"),
            "Container=systemd-nspawn\nHost=Cp-1\nLeap=Normal\n",
        ]
    )
    found = machines.read(said(units=text), SPAN)
    assert found.units == (
        Unit(name="kubelet", enabled="enabled", active=True, restart="always"),
        Unit(name="containerd", enabled="disabled", active=False, restart="no"),
        Unit(name="chrony", enabled="enabled", active=True, restart="always"),
    )
    assert found.unit("crio") is None
    clock = found.clock
    assert not isinstance(clock, NotAvailable)
    assert (clock.keepers, clock.synchronised) == (("chrony",), True)
    assert (clock.container, found.host) == ("systemd-nspawn", "Cp-1")


def test_a_clock_is_known_between_two_bounds() -> None:
    clock = machines.read(said(), SPAN).clock
    assert not isinstance(clock, NotAvailable)
    # Its own 1000.5 was not before our 1000, and its 1001.25 not after our 1002.
    assert (clock.least, clock.most) == (timedelta(seconds=-0.75), timedelta(seconds=0.5))
    assert clock.synchronised is None
    unread = machines.read({UNITS: Said(0, "")}, SPAN).clock
    assert unread == NotAvailable("its clock could not be read")


@pytest.mark.parametrize(
    ("told", "synchronised"),
    [
        (unit("systemd-timesyncd") + "\nContainer=none\n", False),
        (unit("systemd-timesyncd") + "\nContainer=none\nSynchronised=yes\n", True),
        (unit("chrony") + "\nContainer=none\nLeap=Not synchronised\n", False),
        (unit("ntpd") + "\nContainer=none\n", None),
        (unit("ntpd") + "\nContainer=none\nNTPSynchronized=no\n", False),
        (unit("openntpd") + "\nContainer=none\nNTPSynchronized=yes\n", True),
        (unit("openntpd") + "\nContainer=none\nNTPSynchronized=no\n", None),
    ],
)
def test_whether_a_keeper_says_that_it_keeps(told: str, synchronised: bool | None) -> None:
    clock = machines.read(said(units=told), SPAN).clock
    assert not isinstance(clock, NotAvailable)
    assert clock.synchronised is synchronised
    assert clock.container == ""


def test_settings_now_and_after_a_boot() -> None:
    text = """\
live net.ipv4.ip_forward 1
bridge cni0
file /usr/lib/sysctl.d/10-a.conf net.ipv4.ip_forward = 0
file /etc/sysctl.d/99-k8s.conf net/ipv4/ip_forward=1
file /run/sysctl.d/50-b.conf # net.bridge.bridge-nf-call-iptables = 1
file /usr/lib/sysctl.d/20-c.conf net.bridge.bridge-nf-call-iptables = 1
file /etc/sysctl.d/20-c.conf net.bridge.bridge-nf-call-ip6tables = 1
module br_netfilter
module br_netfilter
"""
    kernel = machines.read(said(kernel=text), SPAN).kernel
    assert not isinstance(kernel, NotAvailable)
    assert kernel.live == {"net.ipv4.ip_forward": "1"}
    # The file of the same name in /etc hides the one in /usr/lib.
    assert kernel.persistent == {
        "net.ipv4.ip_forward": "1",
        "net.bridge.bridge-nf-call-ip6tables": "1",
    }
    assert (kernel.modules, kernel.bridges) == (("br_netfilter",), ("cni0",))


@pytest.mark.parametrize(
    ("files", "later"),
    [
        (("99-k8s.conf net.ipv4.ip_forward=1", "99-sysctl.conf net.ipv4.ip_forward=0"), "0"),
        (("99-sysctl.conf net.ipv4.ip_forward=0", "99-z.conf net.ipv4.ip_forward=1"), "1"),
        (("10-a.conf net.ipv4.conf.all.forwarding=1",), "1"),
    ],
)
def test_files_count_by_their_names(files: tuple[str, ...], later: str) -> None:
    text = "".join(f"file /etc/sysctl.d/{one}\n" for one in files)
    kernel = machines.read(said(kernel=text), SPAN).kernel
    assert not isinstance(kernel, NotAvailable)
    assert kernel.persistent == {"net.ipv4.ip_forward": later}


def test_an_empty_file_hides_others_of_its_name() -> None:
    text = "file /usr/lib/sysctl.d/9.conf net.ipv4.ip_forward=1\nfile /etc/sysctl.d/9.conf \n"
    kernel = machines.read(said(kernel=text), SPAN).kernel
    assert not isinstance(kernel, NotAvailable)
    assert kernel.persistent == {}


def test_which_packages_are_held() -> None:
    text = "hi  kubelet\nii  kubeadm\nrc  kubectl\n"
    assert machines.read(said(packages=text), SPAN).packages == {"kubelet": True, "kubeadm": False}


LOCKED = """\
[[packages]]
name = "kubelet"
[[packages.conditions]]
key = "evr"
"""


@pytest.mark.parametrize(
    ("file", "text", "held"),
    [
        ("yum.repos.d/k8s.repo", "[k]\nexclude=kube* cri-tools\n", "kubelet kubeadm kubectl"),
        ("dnf/dnf.conf", "excludepkgs = kubelet,kubectl\n", "kubelet kubectl"),
        ("dnf/dnf.conf", "#exclude=kubelet\n", ""),
        ("dnf/plugins/versionlock.list", "kubelet-0:1.36.2-150500.1.1.*\n", "kubelet"),
        ("dnf/plugins/versionlock.list", "0:kubeadm-1.36.2-1.*\nkubectl-*\n", "kubeadm kubectl"),
        ("dnf/plugins/versionlock.list", "# kubelet-0:1.36.2-1.*\n!kubeadm-0:1-1.*\n", ""),
        ("yum/pluginconf.d/versionlock.list", "0:kubelet-1.36.2-1.*\n", "kubelet"),
        ("dnf/versionlock.toml", LOCKED, "kubelet"),
        ("zypp/locks", "type: package\nsolvable_name: kubelet\n", "kubelet"),
        ("dnf/dnf.conf", "exclude=kubelet-doc\n", ""),
    ],
)
def test_what_holds_a_package_of_rpm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, held: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    rpm = tmp_path / "rpm"
    rpm.write_text("#!/bin/sh\n")
    rpm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    question = machine_questions._PACKAGES.replace("dpkg-query", "no-dpkg")
    answer = asked(question.replace("/etc/", f"{tmp_path}/"))
    packages = machines.read({PACKAGES: answer}, SPAN).packages
    assert packages == {name: name in held for name in ("kubelet", "kubeadm", "kubectl")}


def test_disks_once_each_and_sizes() -> None:
    text = "/ / 1000 400 100 60\n/var/log / 1000 400 100 60\n/var/lib/etcd /data 500 90 - -\n"
    found = machines.read(said(disks=text, size="2\n1024\n"), SPAN)
    assert found.disks == (
        Disk(path="/", size=1000, free=400, inodes=100, inodes_free=60),
        Disk(path="/var/lib/etcd", size=500, free=90, inodes=0, inodes_free=0),
    )
    assert (found.cpus, found.memory) == (2, 1024 * 1024)


def test_disks_are_those_that_programs_are_told_to_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "etcd.yaml"
    config.write_text('data-dir: "/data/c"\nname: x\n')
    told = {
        "1": (("etcd", "--data-dir=/data/a", "--wal-dir", "/data/b", "--name=x"), ""),
        "2": (("etcd", f"--config-file={config}"), "A=b\0ETCD_DATA_DIR=/data/d\0"),
        "3": (("kubelet", "--root-dir=/data/e"), ""),
    }
    for number, (words, environment) in told.items():
        process = tmp_path / "proc" / number
        process.mkdir(parents=True)
        (process / "cmdline").write_text("\0".join([*words, ""]))
        (process / "environ").write_text(environment)
    (tmp_path / "containerd").mkdir()
    (tmp_path / "containerd/config.toml").write_text("version = 3\nroot = '/data/f'\n")
    for name, text in (("pidof", "echo 1 2 3"), ("df", 'shift 2; echo; echo "$1 1 2 3 4"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    question = disk_question.QUESTION.replace('[ -d "$p" ]', "true")
    question = question.replace("/proc/", f"{tmp_path}/proc/").replace("/etc/", f"{tmp_path}/")
    found = machines.read({DISKS: asked(question)}, SPAN).disks
    assert isinstance(found, tuple)
    assert [one.path for one in found] == [
        *disk_question.PATHS,
        *(f"/data/{letter}" for letter in "abcdef"),
    ]


def test_what_was_not_answered_says_why() -> None:
    found = machines.read({UNITS: Said(127, "", "sh: systemctl: not found")}, SPAN)
    assert found.units == NotAvailable("sh: systemctl: not found")
    assert found.disks == NotAvailable("it was not asked")
    assert (found.cpus, found.memory) == (None, None)


def test_what_each_machine_is_asked(tmp_path: Path) -> None:
    inventory = inventory_of(tmp_path)
    nothing = fake_node("x", lambda _: (0, "", ""), Role.WORKER)
    worker = machine_questions.with_clock(machine_questions.questions(inventory, nothing))
    assert list(worker) == [FIRST, UNITS, DISKS, LINKS, KERNEL, PACKAGES, NAMES, LAST]
    balancer = fake_node("lb", lambda _: (0, "", ""), Role.LOAD_BALANCER)
    assert set(machine_questions.questions(inventory, balancer)) == {UNITS, DISKS, LINKS, SIZE}
    address = inventory_of(tmp_path, INVENTORY.replace("api.test", "198.51.100.100"))
    assert NAMES not in machine_questions.questions(address, nothing)
    assert machine_questions.with_clock({}) == {}


def test_this_machine_answers() -> None:
    here = {
        name: asked(text)
        for name, text in {
            FIRST: machine_questions._CLOCK,
            DISKS: disk_question.QUESTION,
            KERNEL: machine_questions._KERNEL,
            LAST: machine_questions._CLOCK,
        }.items()
    }
    found = machines.read(here, (0.0, 0.0))
    assert isinstance(found.disks, tuple)
    assert found.disks[0].path == "/"
    assert found.disks[0].size > found.disks[0].free > 0
    assert not isinstance(found.kernel, NotAvailable)
    assert found.kernel.live["net.ipv4.ip_forward"] in ("0", "1")


# names


def label(name: str) -> bytes:
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"


def record(kind: int, ttl: int, data: bytes) -> bytes:
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def packet(*records: bytes, code: int = 0) -> str:
    head = struct.pack(">HHHHHH", 1, 0x8180 | code, 1, len(records), 0, 0)
    return (head + label("api.test") + struct.pack(">HH", 1, 1) + b"".join(records)).hex(" ")


A = record(1, 30, bytes([198, 51, 100, 100]))


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (packet(A), (("198.51.100.100",), 30, "")),
        (packet(record(5, 5, label("x.test")), A), (("198.51.100.100",), 5, "")),
        (packet(record(28, 9, bytes(15) + b"\1")), (("::1",), 9, "")),
        (packet(), ((), None, "")),
        (packet(code=3), ((), None, "there is no such name (NXDOMAIN)")),
        (packet(code=9), ((), None, "it answers with code 9")),
        ("", ((), None, "it does not answer")),
        ("zz", ((), None, "its answer cannot be read")),
        (packet(A)[:-12], ((), None, "its answer cannot be read")),
    ],
)
def test_what_a_resolver_answers(
    answer: str, read: tuple[tuple[str, ...], int | None, str]
) -> None:
    found = names.read(Said(0, f"system 198.51.100.100\n10.0.0.1 {answer}\n"))
    assert isinstance(found, tuple)
    own, one = found
    assert own == Resolved(resolver="system", addresses=("198.51.100.100",))
    addresses, seconds, error = read
    ttl = None if seconds is None else timedelta(seconds=seconds)
    assert (one.addresses, one.ttl, one.error) == (addresses, ttl, error)


def test_a_library_that_finds_nothing() -> None:
    found = names.read(Said(0, "system\n"))
    assert found == (Resolved(resolver="system", error="it finds no address"),)
    assert isinstance(names.read(Said(1, "", "there is no bash")), NotAvailable)


def test_what_is_asked_of_resolvers() -> None:
    text = names.question("api.test", "198.51.100.100")
    (sent,) = re.findall(r"((?:\\x[0-9a-f]{2}){16,})", text)
    data = bytes.fromhex(sent.replace("\\x", ""))
    assert data[12:] == label("api.test") + struct.pack(">HH", 1, 1)
    assert b"\n" not in data
    six = names.question("api.test", "2001:db8::1")
    assert "\\x00\\x1c\\x00\\x01" in six


def test_whether_a_resolver_has_the_record_itself() -> None:
    plain = bytearray.fromhex(packet(A))
    for flags, own in ((0x84, True), (0x80, False)):
        plain[2] = flags
        found = names.read(Said(0, f"10.0.0.1 {plain.hex()}\n"))
        assert isinstance(found, tuple)
        assert found[0].authoritative is own


def test_a_resolver_is_asked_again_when_a_packet_is_lost(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.bind(("127.0.0.1", 0))
        resolver.settimeout(20)
        (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")
        text = names.question("api.test", "198.51.100.100")
        text = text.replace("/etc/resolv.conf", str(tmp_path / "resolv.conf"))
        text = text.replace("/53 ", f"/{resolver.getsockname()[1]} ")
        with subprocess.Popen(["bash", "-c", text], stdout=subprocess.PIPE, text=True) as asking:
            first, _ = resolver.recvfrom(1024)
            again, who = resolver.recvfrom(1024)
            resolver.sendto(bytes.fromhex(packet(A)), who)
            out, _ = asking.communicate()
    assert first == again
    found = names.read(Said(0, out))
    assert isinstance(found, tuple)
    assert found[-1].resolver == "127.0.0.1"
    assert found[-1].addresses == ("198.51.100.100",)


# quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1.0), ("250m", 0.25), ("2Ki", 2048.0), ("1.5G", 1.5e9), ("1e3", 1000.0), ("x", 0.0)],
)
def test_quantities(text: str, value: float) -> None:
    assert float(quantity(text)) == value


def test_quantities_in_the_units_that_are_used() -> None:
    assert (millis("1.5"), millis("100m"), millis("1n"), millis(2)) == (1500, 100, 1, 2000)
    assert (size("64Mi"), size("1500m"), size(None)) == (64 * 2**20, 2, 0)
