"""What machines are asked for facts, run by this machine's shell: nothing secret leaves them."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.addresses import has_address
from chaos.cluster.collect import backups, balancers, components, encryption, stored, x509
from chaos.cluster.etcd_parse import EtcdUnreadable
from chaos.cluster.facts import (
    BackupFolder,
    Certificate,
    Component,
    NotAvailable,
    SnapshotStatus,
    StoredKey,
    StoredKeys,
)
from chaos.cluster.inventory_parts import LoadBalancers
from chaos.cluster.shell import Questions, Said
from lab.pki import issue
from selftests.unit.cluster_support import ca, client, served

SOON = timedelta(seconds=10)


def asked(command: str) -> Said:
    """What this machine answers, as a node would."""
    questions = Questions.of({"it": command}, limit=SOON)
    done = subprocess.run(
        ["sh", "-c", questions.script], capture_output=True, text=True, timeout=20, check=False
    )
    return questions.answers(done.stdout)["it"]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put a program of this name first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


# certificates


def test_a_certificate_is_read() -> None:
    pair = issue(ca(), "kube-apiserver", names=["api.test", "*.test"], addresses=["198.51.100.1"])
    (found,) = x509.of_pem(pair.certificate)
    assert isinstance(found, Certificate)
    assert (found.subject, found.issuer) == ("CN=kube-apiserver", "CN=kubernetes")
    assert (found.names, found.addresses) == (("api.test", "*.test"), ("198.51.100.1",))
    assert found.not_after - found.not_before == timedelta(days=365)
    assert found.not_after.tzinfo
    assert len(found.sha256) == 64
    assert not found.authority
    (signer,) = x509.of_pem(ca().certificate)
    assert isinstance(signer, Certificate)
    assert signer.authority


def test_a_chain_is_read_in_order_and_what_is_none_says_so() -> None:
    found = x509.of_pem(served().certificate + ca().certificate + served().key)
    assert [getattr(c, "subject", "") for c in found] == ["CN=kube-apiserver", "CN=kubernetes"]
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert isinstance(x509.of_pem(broken)[0], NotAvailable)
    assert isinstance(x509.of_der(b"none"), NotAvailable)


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("api.test", True),
        ("x.lab.test", True),
        ("x.y.lab.test", False),
        ("lab.test", False),
        ("198.51.100.1", True),
        ("198.51.100.2", False),
        ("", False),
    ],
)
def test_whom_a_certificate_is_for(name: str, covered: bool) -> None:
    now = datetime.now(UTC)
    certificate = Certificate(
        subject="CN=x",
        issuer="CN=y",
        not_before=now,
        not_after=now,
        names=("api.test", "*.lab.test"),
        addresses=("198.51.100.1",),
    )
    assert certificate.covers(name) is covered


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A disk with kubeadm's folders."""
    pki, kubelet = tmp_path / "kubernetes/pki", tmp_path / "kubelet"
    (pki / "etcd").mkdir(parents=True)
    kubelet.mkdir()
    monkeypatch.setattr(stored, "FOLDERS", (str(pki), str(pki / "etcd")))
    monkeypatch.setattr(stored, "KUBELET", str(kubelet))
    monkeypatch.setattr(stored, "KUBECONFIGS", str(tmp_path / "kubernetes"))
    monkeypatch.setattr(stored, "COPY", str(tmp_path / "root/config"))
    (pki / "ca.crt").write_text(ca().certificate)
    (pki / "ca.key").write_text(ca().key)
    (pki / "etcd" / "server 1.crt").write_text(served().certificate)
    (kubelet / "kubelet-client-2026.pem").write_text(client().certificate + client().key)
    (kubelet / "kubelet-client-current.pem").symlink_to(kubelet / "kubelet-client-2026.pem")
    (kubelet / "kubelet.crt").write_text(served().certificate)
    data = base64.b64encode(client().certificate.encode()).decode()
    key = base64.b64encode(client().key.encode()).decode()
    text = f"users:\n- user:\n    client-certificate-data: {data}\n    client-key-data: {key}\n"
    (tmp_path / "kubernetes/admin.conf").write_text(text)
    (tmp_path / "kubernetes/kubelet.conf").write_text("client-certificate: /x\n")
    return tmp_path


def paths(said: Said, disk: Path) -> list[str]:
    found = stored.read(said)
    assert isinstance(found, tuple)
    assert all(isinstance(one.certificate, Certificate) for one in found)
    return [one.path.removeprefix(f"{disk}/") for one in found]


def test_certificates_on_disk_and_in_kubeconfigs(disk: Path) -> None:
    assert paths(asked(stored.question()), disk) == [
        "kubelet/kubelet-client-current.pem",
        "kubelet/kubelet.crt",
        "kubernetes/pki/ca.crt",
        "kubernetes/pki/etcd/server 1.crt",
        "kubernetes/admin.conf",
    ]


def test_a_rotated_server_s_certificate_counts_over_the_first(disk: Path) -> None:
    (disk / "kubelet/kubelet-server-current.pem").write_text(served().certificate)
    found = paths(asked(stored.question()), disk)
    assert "kubelet/kubelet-server-current.pem" in found
    assert "kubelet/kubelet.crt" not in found


def test_no_key_leaves_the_machine(disk: Path) -> None:
    said = asked(stored.question())
    assert "PRIVATE KEY" not in said.out
    for line in client().key.splitlines()[1:-1]:
        assert line not in said.out


def test_folders_of_etcd_s_own(disk: Path) -> None:
    (disk / "etcd").mkdir()
    (disk / "etcd/server.crt").write_text(served().certificate)
    assert "etcd/server.crt" in paths(asked(stored.question([f"{disk}/etcd"])), disk)


def test_files_of_etcd_s_own_by_another_name(disk: Path) -> None:
    (disk / "ssl").mkdir()
    (disk / "ssl/member-cp-1.pem").write_text(served().certificate)
    (disk / "ssl/member-cp-1-key.pem").write_text(served().key)
    (disk / "ssl/admin.pem").write_text(served().key)
    (disk / "linked").symlink_to(disk / "ssl")
    said = asked(stored.question([f"{disk}/linked"]))
    assert "linked/member-cp-1.pem" in paths(said, disk)
    assert [path for path in paths(said, disk) if path.startswith("linked")][1:] == []
    assert "PRIVATE KEY" not in said.out


def test_the_copy_of_the_administrator_s_kubeconfig(disk: Path) -> None:
    (disk / "root").mkdir()
    (disk / "root/config").write_text((disk / "kubernetes/admin.conf").read_text())
    assert paths(asked(stored.question()), disk)[-1] == "root/config"


def test_a_file_without_a_certificate_is_told(disk: Path) -> None:
    (disk / "kubernetes/pki/empty.crt").touch()
    found = stored.read(asked(stored.question()))
    assert isinstance(found, tuple)
    (empty,) = [one for one in found if one.path.endswith("empty.crt")]
    assert empty.certificate == NotAvailable("there is no certificate in it")
    assert stored.read(Said(124, "", "")) == NotAvailable(
        "its certificates could not be read: it took too long"
    )


# components


def test_a_running_program_s_flags_are_the_kernel_s(tmp_path: Path) -> None:
    program = tmp_path / "kube-scheduler"
    program.symlink_to("/bin/sleep" if Path("/bin/sleep").exists() else "/usr/bin/sleep")
    # sleep takes no flags; `env -S` is not needed: what counts is how it was called.
    running = subprocess.Popen(["sh", "-c", f"exec {program} 30"])
    try:
        found: object = ()
        for _ in range(50):
            found = components.read("cp-1", asked(components.QUESTION))
            if found:
                break
    finally:
        running.kill()
        running.wait()
    assert isinstance(found, tuple)
    assert Component(node="cp-1", name="kube-scheduler", flags={}, source="process") in found


def test_only_the_programs_themselves_count() -> None:
    printed = (
        "/usr/local/bin/kube-apiserver\n--secure-port=6443\n--leader-elect\n\n==\n"
        "timeout\n30\nkube-scheduler\n--x=1\n\n==\n"
        "/usr/bin/etcdctl\nget\n\n==\n"
        "etcd\n--name=cp-1\n\n==\n"
    )
    found = components.read("cp-1", Said(0, printed))
    assert isinstance(found, tuple)
    assert [(c.name, c.flags) for c in found] == [
        ("etcd", {"name": "cp-1"}),
        ("kube-apiserver", {"secure-port": "6443", "leader-elect": "true"}),
    ]
    assert isinstance(components.read("cp-1", Said(1, "", "no")), NotAvailable)


def read(said: Said) -> tuple[Component, ...]:
    found = components.read("cp-1", said)
    assert isinstance(found, tuple)
    return found


def test_etcd_is_told_by_its_environment_as_well(
    tmp_path: Path, program: Callable[[str, str], None]
) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/cmdline").write_text("/usr/local/bin/etcd\0")
    variables = ("PATH=/bin", "ETCD_CLIENT_CERT_AUTH=true", "ETCD_NAME=e1", "ETCD_CERT_FILE=")
    secret = ("ETCD_ROOT_PASSWORD=x", "ETCD_INITIAL_CLUSTER_TOKEN=y")
    (tmp_path / "proc/7/environ").write_text("\0".join((*variables, *secret)) + "\0")
    said = asked(components.QUESTION.replace("/proc/", f"{tmp_path}/proc/"))
    assert "PASSWORD" not in said.out
    assert "TOKEN" not in said.out
    (found,) = read(said)
    assert (found.name, found.flags) == ("etcd", {"client-cert-auth": "true", "name": "e1"})
    both = "etcd\n--name=e2\n\n== ETCD_NAME=e1\n== ETCD_DATA_DIR=/d\n==\n"
    (found,) = read(Said(0, both))
    assert found.flags == {"name": "e2", "data-dir": "/d"}


def test_flags_in_all_their_forms() -> None:
    words = ["--a=1", "-b", "2", "--c", "--d=x=y", "--a=3", "--empty=", "--c"]
    assert components.flags(words) == {"a": "3", "b": "2", "c": "true", "d": "x=y", "empty": ""}
    assert components.flags(["--db-password=x", "--client-secret", "y"]) == {
        "db-password": "removed",
        "client-secret": "removed",
    }


CRASHES = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}


def test_what_static_pods_declare() -> None:
    def pod(name: str, node: str, **container: list[str]) -> dict[str, Any]:
        return {
            "metadata": {"labels": {"component": name}},
            "spec": {"nodeName": node, "containers": [container]},
        }

    running: dict[str, Any] = {"containerStatuses": [{"state": {"running": {}}}]}
    scheduler = pod("kube-scheduler", "cp-1", command=["kube-scheduler", "--leader-elect=true"])
    pods = [
        scheduler | {"status": running},
        pod("etcd", "cp-1", command=["etcd"], args=["--name=cp-1"]),
        pod("etcd", "cp-2", command=["etcd"]),
        {**pod("kube-apiserver", "cp-1"), "status": {"containerStatuses": [CRASHES]}},
        pod("else", "cp-1", command=["else"]),
        {"metadata": {}, "spec": {"nodeName": "cp-1", "containers": [{}]}},
    ]
    found = components.declared(pods, "cp-1")
    assert [(c.name, c.flags, c.source) for c in found] == [
        ("etcd", {"name": "cp-1"}, "manifest"),
        ("kube-scheduler", {"leader-elect": "true"}, "manifest"),
    ]


# backups

STATUS = '{"hash":1,"revision":811,"totalKey":455,"totalSize":1941504,"version":"3.6.0"}'


def folder_of(folder: Path, *, off_node: bool = False) -> BackupFolder:
    return backups.read(
        "cp-1",
        str(folder),
        off_node=off_node,
        listed=asked(backups.listing(str(folder), "*.db")),
        status=asked(backups.newest(str(folder), "*.db")),
    )


def snapshot(file: Path, *, age: float, size: int = 5) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    then = datetime.now(UTC).timestamp() - age
    os.utime(file, (then, then))


def test_snapshots_newest_first_and_the_newest_read(
    tmp_path: Path, program: Callable[[str, str], None]
) -> None:
    program("etcdutl", f"[ \"$5\" = '{tmp_path}/b/cp 2/new.db' ] && echo '{STATUS}'")
    snapshot(tmp_path / "b/old.db", age=7200, size=7)
    snapshot(tmp_path / "b/cp 2/new.db", age=60)
    snapshot(tmp_path / "b/newer.tar.gz", age=1)
    found = folder_of(tmp_path / "b", off_node=True)
    assert isinstance(found.files, tuple)
    assert [(f.name, f.size) for f in found.files] == [("new.db", 5), ("old.db", 7)]
    assert abs(found.files[0].age - timedelta(seconds=60)) < timedelta(seconds=5)
    assert abs(found.files[1].age - timedelta(hours=2)) < timedelta(seconds=5)
    assert found.off_node
    assert found.newest == SnapshotStatus(
        path=f"{tmp_path}/b/cp 2/new.db", revision=811, keys=455, size=1941504, hash=1
    )


def test_a_snapshot_that_cannot_be_read_says_why(
    tmp_path: Path, program: Callable[[str, str], None]
) -> None:
    program(
        "etcdutl", "echo '{\"level\":\"warn\"}' >&2; echo 'Error: invalid database' >&2; exit 1"
    )
    snapshot(tmp_path / "b/x.db", age=1)
    assert folder_of(tmp_path / "b").newest == NotAvailable("invalid database")
    program("etcdutl", "echo nothing")
    assert folder_of(tmp_path / "b").newest == NotAvailable("etcdutl printed no status")


def test_no_folder_and_an_empty_one_are_not_the_same(tmp_path: Path) -> None:
    missing = folder_of(tmp_path / "nowhere")
    assert missing.files == NotAvailable(f"there is no folder {tmp_path}/nowhere")
    assert missing.newest is None
    (tmp_path / "empty").mkdir()
    empty = folder_of(tmp_path / "empty")
    assert (empty.files, empty.newest) == ((), None)


def test_without_etcdutl_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot(tmp_path / "b/x.db", age=1)
    said = asked(f"command() {{ return 1; }}; {backups.newest(str(tmp_path / 'b'), '*.db')}")
    assert (said.code, said.err) == (1, "there is no etcdutl to read it with")


# balancers

SECRETS = """\
listen stats
    stats auth admin:s3cret
    http-request set-header Authorization "Basic czNjcmV0"
    server a 1.2.3.4:1 check
userlist u
    user me insecure-password s3cret
    user you password s3cret groups x
vrrp_instance one {
    auth_pass s3cret
}
"""


def test_no_password_leaves_a_balancer(tmp_path: Path) -> None:
    for name in ("haproxy.cfg", "keepalived.conf"):
        (tmp_path / name).write_text(SECRETS)
    part = LoadBalancers(config=f"{tmp_path}/haproxy.cfg", keepalived=f"{tmp_path}/keepalived.conf")
    for name in (balancers.CONFIG, balancers.KEEPALIVED):
        said = asked(balancers.questions(part)[name])
        assert said.code == 0
        assert "removed" in said.out
        for secret in ("s3cret", "czNjcmV0"):
            assert secret not in said.out
        assert "server a 1.2.3.4:1 check" in said.out


STATS = "# pxname,svname,status,lastchg,type,check_status,\nb,cp-1,UP,1,2,L7OK,\n\n"


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Path]:
    """A socket that answers as HAProxy's does, and closes."""
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(100) == b"show stat\n":
                        connection.sendall(STATS.encode())

        threading.Thread(target=serve, daemon=True).start()
        yield path
        server.shutdown(socket.SHUT_RDWR)


# socat and nc are tried on the lab's balancers, which have them.
@pytest.mark.parametrize("tool", ["python3", "perl"])
def test_the_socket_is_asked_with_what_there_is(tool: str, haproxy: Path) -> None:
    question = balancers.questions(LoadBalancers(stats=str(haproxy)))[balancers.STATS]
    only = question.replace('command -v "$1" >/dev/null', f'[ "$1" = {tool} ]')
    assert only != question
    assert asked(only).out.strip() == STATS.strip()


def test_no_socket_and_nothing_to_ask_it_with(haproxy: Path, tmp_path: Path) -> None:
    def stats(where: Path) -> str:
        return balancers.questions(LoadBalancers(stats=str(where)))[balancers.STATS]

    missing = asked(stats(tmp_path / "nowhere"))
    assert (missing.code, missing.err) == (1, f"there is no socket {tmp_path}/nowhere")
    bare = asked(stats(haproxy).replace('command -v "$1" >/dev/null', "false"))
    assert (bare.code, bare.err) == (
        1,
        f"there is no socat, python3, perl or nc to ask {haproxy} with",
    )


def test_a_statistics_page_is_asked_for_its_table() -> None:
    part = LoadBalancers(stats="http://127.0.0.1:8404/stats")
    assert "'http://127.0.0.1:8404/stats;csv'" in balancers.questions(part)[balancers.STATS]


def answers(**said: Said) -> dict[str, Said]:
    good = Said(0, "2: eth0    inet 198.51.100.100/24 scope global eth0\n")
    return {balancers.ADDRESSES: good} | said


def test_what_a_balancer_tells() -> None:
    part = LoadBalancers(keepalived="/k")
    said = answers(
        haproxy=Said(0, "backend b\n server cp-1 1.2.3.4:6443 check\n"),
        stats=Said(0, STATS),
        keepalived=Said(1, "", "sed: can't read /k: No such file or directory"),
    )
    found = balancers.read("lb-1", said, address="198.51.100.100", part=part)
    assert found.holds_address is True
    assert not isinstance(found.config, NotAvailable)
    assert not isinstance(found.states, NotAvailable)
    assert found.states[0].up
    assert found.keepalived == NotAvailable("sed: can't read /k: No such file or directory")


def test_what_cannot_be_read_of_a_balancer_says_why() -> None:
    said = answers(
        haproxy=Said(0, "defaults\n timeout check soon\n"),
        stats=Said(1, "", "no socket"),
        addresses=Said(127, "", "sh: ip: not found"),
    )
    found = balancers.read("lb-1", said, address="198.51.100.100", part=LoadBalancers())
    assert found.config == NotAvailable('"soon" is no time of HAProxy')
    assert found.states == NotAvailable("no socket")
    assert found.holds_address == NotAvailable("its addresses could not be read: sh: ip: not found")
    assert found.keepalived is None


def test_balancers_that_are_not_looked_into() -> None:
    other = LoadBalancers(kind="other")
    assert set(balancers.questions(other)) == set(balancers.questions(None)) == {"addresses"}
    for part, told in ((None, "no section load_balancers"), (other, "its kind is other")):
        found = balancers.read("lb-1", answers(), address=None, part=part)
        assert isinstance(found.config, NotAvailable)
        assert told in found.config.reason
        assert found.complaint == found.config
        assert found.holds_address == NotAvailable("the endpoint has no fixed address")


@pytest.mark.parametrize(
    ("address", "has"),
    [("198.51.100.1", True), ("198.51.100.10", False), ("2001:db8::1", True), ("51.100.1", False)],
)
def test_addresses_are_compared_whole(address: str, has: bool) -> None:
    shown = "2: eth0  inet 198.51.100.1/24 scope global\n2: eth0  inet6 2001:db8::1/64 scope\n"
    assert has_address(shown, address) is has


# encryption

# As `etcdctl get --prefix -w fields` prints it: Go's %q, one field a line.
FIELDS = r"""
"ClusterID" : 1995581823251976912
"Key" : "/registry/secrets/default/a"
"CreateRevision" : 223
"Value" : "k8s:enc:secretbox:v1:lab:\x92F++\xb1\x9d\x00secret value that must not leave"
"Lease" : 0
"Key" : "/registry/secrets/default/plain"
"Value" : "k8s\x00\n\f\n\x02v1\x12\x06Secret\x12\xa5\x01password: s3cret and more of it"
"Key" : "/registry/secrets/default/short"
"Value" : "k8s"
"More" : false
"Count" : 3
"""


def test_only_the_beginnings_of_values_leave(tmp_path: Path) -> None:
    (tmp_path / "fields").write_text(FIELDS)
    question = encryption.question("/registry", "secrets")
    assert "--limit=50" in question
    said = asked(f"etcdctl_() {{ cat {tmp_path}/fields; }}; {question}")
    for secret in ("must not leave", "s3cret", "more"):
        assert secret not in said.out
    assert max(len(line) for line in said.out.splitlines() if "Value" in line) == 11 + 40
    assert encryption.read("secrets", said) == StoredKeys(
        resource="secrets",
        count=3,
        looked_at=(
            StoredKey(
                key="/registry/secrets/default/a",
                prefix=r"k8s:enc:secretbox:v1:lab:\x92F++\xb1\x9d\x"[:40],
            ),
            StoredKey(
                key="/registry/secrets/default/plain",
                prefix=r"k8s\x00\n\f\n\x02v1\x12\x06Secret\x12\xa5\x"[:40],
            ),
            StoredKey(key="/registry/secrets/default/short", prefix="k8s"),
        ),
    )


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ("nodes", "minions"),
        ("replicationcontrollers", "controllers"),
        ("leases.coordination.k8s.io", "leases"),
        ("flowschemas.flowcontrol.apiserver.k8s.io", "flowschemas"),
        ("deployments.apps", "deployments"),
        ("certs.example.com", "example.com/certs"),
        ("volumesnapshots.snapshot.storage.k8s.io", "snapshot.storage.k8s.io/volumesnapshots"),
        (
            "customresourcedefinitions.apiextensions.k8s.io",
            "apiextensions.k8s.io/customresourcedefinitions",
        ),
        ("apiservices.apiregistration.k8s.io", "apiregistration.k8s.io/apiservices"),
    ],
)
def test_where_keys_lie(resource: str, place: str) -> None:
    assert encryption.place_of(resource) == place


def test_what_is_encrypted_shows() -> None:
    assert StoredKey(key="a", prefix="k8s:enc:aescbc:v1:key1:").encrypted
    assert not StoredKey(key="a", prefix=r"k8s\x00\n").encrypted
    assert not StoredKey(key="a", prefix="").encrypted


def test_no_answer_is_no_proof() -> None:
    said = asked("etcdctl_() { echo 'Error: permission denied' >&2; return 1; }; etcdctl_ | sed p")
    assert said.code == 0  # the pipe's, and not etcdctl's
    with pytest.raises(EtcdUnreadable, match="secrets could not be read: permission denied"):
        encryption.read("secrets", said)
