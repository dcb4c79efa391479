"""What machines are asked of keys, kubeconfigs, kubelet, etcd and encryption: no secret leaves."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509 as x509_library
from cryptography.hazmat.primitives.serialization import Encoding

from chaos.cluster.collect import (
    encryption_config,
    etcd_metrics,
    keys,
    kubeconfigs,
    kubelets,
    program_files,
    stored,
    x509,
)
from chaos.cluster.facts import (
    Certificate,
    Component,
    EncryptionConfig,
    EncryptionRule,
    NotAvailable,
)
from chaos.cluster.inventory_parts import KUBEADM_PKI
from chaos.cluster.shell import Questions, Said
from lab.pki import Pair, authority, issue
from selftests.planted.signing import Authority, anew
from selftests.unit.cluster_support import ca, client, served


def asked(command: str, *, path: Path | None = None) -> Said:
    """What this machine answers, with programs of this folder first."""
    questions = Questions.of({"it": command}, limit=timedelta(seconds=10))
    environment = dict(os.environ)
    script = questions.script
    if path:
        # The node's own PATH comes first there, as `sh` of a login has it.
        environment["PATH"] = f"{path}:{environment['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=environment,
    )
    return questions.answers(done.stdout)["it"]


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def process(tmp_path: Path, name: str, *words: str) -> Path:
    """A folder with a pidof that finds a process called so; its command line is really there."""
    proc = tmp_path / "proc" / "7"
    proc.mkdir(parents=True, exist_ok=True)
    (proc / "cmdline").write_text("\0".join([name, *words, ""]))
    program(tmp_path / "bin", "pidof", f'[ "$1" = {name} ] && echo 7')
    return tmp_path / "bin"


def here(command: str, tmp_path: Path) -> str:
    """A question that looks for processes in this folder."""
    return command.replace("/proc/", f"{tmp_path}/proc/")


# signatures


def test_who_signed_a_certificate_is_found_by_its_signature() -> None:
    known = x509.Authorities([served().certificate + ca().certificate])
    (found,) = x509.of_pem(served().certificate, known)
    (signer,) = x509.of_pem(ca().certificate, known)
    assert isinstance(found, Certificate)
    assert isinstance(signer, Certificate)
    assert (found.signer, signer.signer) == (signer.sha256, signer.sha256)
    assert found.key != signer.key


def test_an_authority_of_the_same_name_did_not_sign_it() -> None:
    known = x509.Authorities([authority("kubernetes").certificate])
    (found,) = x509.of_pem(served().certificate, known)
    assert isinstance(found, Certificate)
    assert found.signer == ""
    (unasked,) = x509.of_pem(served().certificate)
    assert isinstance(unasked, Certificate)
    assert unasked.signer is None


def test_an_odd_certificate_is_told_and_ends_nothing() -> None:
    der = x509_library.load_pem_x509_certificate(
        issue(ca(), "x", names=["odd.example.test"]).certificate.encode()
    ).public_bytes(Encoding.DER)
    # A name that is no ASCII, in a certificate that reads well else.
    odd = base64.encodebytes(der.replace(b"odd.example", b"\xff\xfe\xfd.example")).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{odd}-----END CERTIFICATE-----\n"
    known = x509.Authorities([pem + ca().certificate])
    unread, good = x509.of_pem(pem + served().certificate, known)
    assert isinstance(unread, NotAvailable)
    assert isinstance(good, Certificate)
    assert good.signer


def test_what_stands_between_leads_up_and_is_nobody_s_authority() -> None:
    root, lower = ca(), authority("between")
    between = anew(lower.certificate, Authority(root.certificate, root.key))
    leaf = issue(Pair(between, lower.key), "x").certificate
    own = authority("worker-1-ca")
    kubelet = issue(own, "worker-1").certificate
    printed = f"== /pki/ca.crt\n{root.certificate}== /pki/x.crt\n{leaf}{between}"
    known = stored.authorities([f"{printed}== /k/kubelet.crt\n{kubelet}{own.certificate}"])
    (signer,), (found,) = x509.of_pem(root.certificate), x509.of_pem(leaf, known)
    (unknown,) = x509.of_pem(kubelet, known)
    assert isinstance(signer, Certificate)
    assert isinstance(found, Certificate)
    assert isinstance(unknown, Certificate)
    assert (found.signer, unknown.signer) == (signer.sha256, "")
    (by_kubeconfig,) = x509.of_pem(
        leaf, stored.authorities([f"== /x\n{between}"], root.certificate)
    )
    assert by_kubeconfig == found


def test_what_a_certificate_may_be_used_for() -> None:
    (found,) = x509.of_pem(issue(ca(), "x").certificate)
    assert isinstance(found, Certificate)
    assert set(found.usages) <= {"serverAuth", "clientAuth"}
    assert found.usages


# keys


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pki"
    folder.mkdir()
    monkeypatch.setattr(keys, "FOLDERS", (str(folder),))
    return folder


def test_of_a_key_the_public_part_alone_leaves(pki: Path) -> None:
    pair = served()
    (pki / "a b.key").write_text(pair.key)
    (pki / "a b.key").chmod(0o640)
    (pki / "empty.key").touch(mode=0o600)
    said = asked(keys.question())
    # The end of such a file is the public part again.
    assert pair.key.splitlines()[1] not in said.out
    assert "PRIVATE" not in said.out
    found = keys.read(said)
    assert isinstance(found, tuple)
    one, empty = found
    (certificate,) = x509.of_pem(pair.certificate)
    assert isinstance(certificate, Certificate)
    assert (one.path, one.public, one.mode) == (f"{pki}/a b.key", certificate.key, "640")
    assert empty.public == NotAvailable("there is no key in it that can be read")


def test_keys_beside_certificates_that_are_called_pem(pki: Path) -> None:
    (pki / "member-key.pem").write_text(served().key)
    (pki / "member.pem").write_text(served().certificate)
    (found,) = keys.read(asked(keys.question()))  # type: ignore[misc]
    assert found.path == f"{pki}/member-key.pem"


def test_a_public_key_is_that_of_its_private_one(pki: Path) -> None:
    (pki / "sa.key").write_text(served().key)
    public = subprocess.run(
        ["openssl", "pkey", "-pubout", "-in", str(pki / "sa.key")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (pki / "sa.pub").write_text(public)
    found = keys.read(asked(keys.question()))
    assert isinstance(found, tuple)
    assert len({one.public for one in found}) == 1


def test_keys_that_could_not_be_looked_at() -> None:
    assert keys.read(Said(124, "")) == NotAvailable(
        "its keys could not be looked at: it took too long"
    )


# kubeconfigs


def test_kubeconfigs_without_their_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "KUBECONFIGS", str(tmp_path))
    trusted = base64.b64encode(ca().certificate.encode()).decode()
    secret = base64.b64encode(client().key.encode()).decode()
    (tmp_path / "kubelet.conf").write_text(
        f"clusters:\n- cluster:\n    certificate-authority-data: {trusted}\n"
        f"    server: https://api.test:6443\nusers:\n- user:\n    client-key-data: {secret}\n"
        "    token: s3cret\n"
    )
    (tmp_path / "else.conf").write_text("no kubeconfig\n")
    said = asked(kubeconfigs.question())
    assert secret not in said.out
    assert "s3cret" not in said.out
    found = kubeconfigs.read(said)
    assert isinstance(found, tuple)
    ((one,), (signer,)) = found, x509.of_pem(ca().certificate)
    assert isinstance(signer, Certificate)
    assert (one.server, one.authorities) == ("https://api.test:6443", (signer.sha256,))


# kubelet


def test_a_kubelet_s_settings(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "rotateCertificates: true\nauthentication:\n  anonymous:\n    enabled: false\n"
        "authorization: {mode: Webhook}\nstaticPodURLHeader:\n  Authorization: [s3cret]\n"
        "evictionHard:\n  memory.available: 1Mi\n"
    )
    words = (f"--config={tmp_path}/config.yaml", "--rotate-certificates=false", "--token=s3cret")
    path = process(tmp_path, "kubelet", *words)
    said = asked(here(kubelets.question(), tmp_path), path=path)
    assert "s3cret" not in said.out
    found = kubelets.read("cp-1", said)
    assert not isinstance(found, NotAvailable)
    assert found.settings == {
        "rotateCertificates": "false",
        "authentication.anonymous.enabled": "false",
        "authorization.mode": "Webhook",
    }


def test_no_kubelet_runs(tmp_path: Path) -> None:
    program(tmp_path / "bin", "pidof", "exit 1")
    found = kubelets.read("cp-1", asked(kubelets.question(), path=tmp_path / "bin"))
    assert found == NotAvailable("its kubelet's settings could not be read: no kubelet runs")


# etcd's metrics

METRICS = """\
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 90
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 98
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.004"} 100
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100
etcd_disk_backend_commit_duration_seconds_bucket{le="0.001"} 0
etcd_disk_backend_commit_duration_seconds_bucket{le="+Inf"} 3
secret_metric 7
"""
CONNECTIONS = """\
0 0 192.0.2.1:40001 192.0.2.2:2379
\t cubic rto:208 rtt:7.9/1.5 mss:1448 delivered:9 app_limited minrtt:0.4
0      0      [2001:db8::1]:40002 [2001:db8::3]:2379
\t cubic rto:241 rtt:40.2/0.1 mss:1448 minrtt:40.1
0      0      192.0.2.1:40003    192.0.2.2:2379
\t cubic rto:241 rtt:40.2/0.1 mss:1448 minrtt:0.125
0      0      192.0.2.1:40004    192.0.2.4:2379
\t cubic rto:241
"""


def test_what_a_member_has_measured(tmp_path: Path) -> None:
    path = process(
        tmp_path,
        "etcd",
        "--listen-metrics-urls=http://127.0.0.1:2381,http://x:1",
        "--listen-peer-urls=https://192.0.2.1:2379",
    )
    (tmp_path / "connections").write_text(CONNECTIONS)
    program(
        path,
        "ss",
        f'[ "$*" = "-Hnti state established ( dport = :2379 )" ] && cat {tmp_path}/connections',
    )
    (tmp_path / "metrics").write_text(METRICS)
    program(
        path,
        "curl",
        f'for u; do :; done; [ "$u" = http://127.0.0.1:2381/metrics ] && cat {tmp_path}/metrics',
    )
    said = asked(here(etcd_metrics.question(KUBEADM_PKI), tmp_path), path=path)
    assert "secret_metric" not in said.out
    found = etcd_metrics.read(said)
    assert not isinstance(found, NotAvailable)
    assert (found.fsync_p99, found.fsyncs) == (timedelta(milliseconds=3), 100)
    # Above the last bound it is at least so much.
    assert (found.commit_p99, found.commits) == (timedelta(milliseconds=1), 3)
    # The shortest over all connections to a peer: answers may be waited for on some of them.
    assert found.round_trips == {
        "192.0.2.2": timedelta(microseconds=125),
        "2001:db8::3": timedelta(microseconds=40100),
    }


def test_of_two_etcds_the_one_at_the_usual_port_is_asked(tmp_path: Path) -> None:
    for number, words, variables in (
        ("7", ("etcd", "--listen-client-urls=https://192.0.2.1:2383"), ()),
        (
            "8",
            ("etcd",),
            (
                "ETCD_LISTEN_CLIENT_URLS=https://192.0.2.1:2379",
                "ETCD_LISTEN_METRICS_URLS=http://127.0.0.1:2381",
            ),
        ),
    ):
        folder = tmp_path / "proc" / number
        folder.mkdir(parents=True)
        (folder / "cmdline").write_text("\0".join((*words, "")))
        (folder / "environ").write_text("\0".join((*variables, "")))
    program(tmp_path / "bin", "pidof", "echo 7 8")
    program(tmp_path / "bin", "curl", f'for u; do :; done; echo "$u" >{tmp_path}/asked; exit 1')
    asked(here(etcd_metrics.question(KUBEADM_PKI), tmp_path), path=tmp_path / "bin")
    assert (tmp_path / "asked").read_text() == "http://127.0.0.1:2381/metrics\n"


def test_metrics_that_are_not_there() -> None:
    assert etcd_metrics.read(Said(1, "", "no etcd runs")) == NotAvailable(
        "its metrics could not be read: no etcd runs"
    )
    assert isinstance(etcd_metrics.read(Said(0, "")), NotAvailable)
    assert etcd_metrics.quantile({0.001: 0, float("inf"): 0}) is None


# files that say what flags may say

SCHEDULER = """\
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
enableProfiling: false
extenders:
- urlPrefix: https://x
  tlsConfig: {keyData: c2VjcmV0}
leaderElection:
  leaderElect: true
  leaseDuration: 30s
"""
AUTHORIZERS = """\
kind: AuthorizationConfiguration
authorizers:
- type: Node
  name: node
- type: RBAC
  name: rbac
"""


@pytest.mark.parametrize(
    ("name", "flag", "text", "settings"),
    [
        (
            *("kube-scheduler", "--config", SCHEDULER),
            {
                "profiling": "false",
                "leader-elect": "true",
                "leader-elect-lease-duration": "30s",
            },
        ),
        (
            *("kube-apiserver", "--authorization-config", AUTHORIZERS),
            {"authorization-mode": "Node,RBAC"},
        ),
        ("kube-scheduler", "--config", "kind: KubeSchedulerConfiguration\n", {}),
        ("kube-apiserver", "--authorization-config", "kind: X\n", None),
        ("kube-scheduler", "--config", '{"leaderElection": {"leaderElect": false}}', None),
        ("kube-scheduler", "--config", "leaderElection: 7\n", None),
        ("kube-scheduler", "--config", None, None),
    ],
)
def test_what_a_programs_file_says(
    tmp_path: Path, name: str, flag: str, text: str | None, settings: dict[str, str] | None
) -> None:
    file = tmp_path / "file.yaml"
    if text is not None:
        file.write_text(text)
    path = process(tmp_path, name, f"{flag}={file}")
    said = asked(here(program_files.QUESTION, tmp_path), path=path)
    assert "c2VjcmV0" not in said.out
    flags = {flag.lstrip("-"): str(file)}
    before = (Component(node="cp-1", name=name, flags=flags, source="process"),)
    (found,) = known(program_files.added({"cp-1": before}, {"cp-1": program_files.read(said)}))
    assert bool(found.unread) is (settings is None)
    assert found.settings == (settings or {})


def known(components: Mapping[str, tuple[Component, ...] | NotAvailable]) -> tuple[Component, ...]:
    found = components["cp-1"]
    assert not isinstance(found, NotAvailable)
    return found


def test_programs_whose_files_were_not_printed() -> None:
    plain = Component(node="cp-1", name="etcd", flags={}, source="process")
    filed = replace(plain, name="kube-scheduler", flags={"config": "/x"})
    nothing, silent = (program_files.read(said) for said in (Said(0, ""), Said(1, "", "no shell")))
    found = known(program_files.added({"cp-1": (plain, filed)}, {"cp-1": nothing}))
    assert [one.unread for one in found] == ["", "it was not printed"]
    (one,) = known(program_files.added({"cp-1": (plain,)}, {"cp-1": silent}))
    assert one.unread == "no shell"
    gone: dict[str, tuple[Component, ...] | NotAvailable] = {"cp-1": NotAvailable("x")}
    assert program_files.added(gone, {"cp-1": silent}) == gone


# encryption

RANDOM = base64.b64encode(bytes(range(200, 232))).decode()
COPIED = "c2VjcmV0IGlzIHNlY3VyZQ=="
PHRASE = base64.b64encode(b"a phrase of my own: not so good!").decode()


def encryption(tmp_path: Path, text: str) -> Said:
    (tmp_path / "encryption.yaml").write_text(text)
    flag = f"--encryption-provider-config={tmp_path}/encryption.yaml"
    path = process(tmp_path, "kube-apiserver", "--x", flag)
    return asked(here(encryption_config.QUESTION, tmp_path), path=path)


RULES = """\
kind: EncryptionConfiguration
resources:
  - resources: [secrets, configmaps]
    providers:
      - aescbc:
          keys:
            - {name: one, secret: %s}
            - name: two
              secret: "%s"
      - identity: {}
  - resources: [tokens.example.com]
    providers:
      - secretbox: {keys: [{name: x, secret: '%s'}]}
"""


def test_the_file_may_stand_in_a_word_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "encryption.yaml").write_text(RULES % (RANDOM, RANDOM, RANDOM))
    words = ("--encryption-provider-config", f"{tmp_path}/encryption.yaml", "--x")
    path = process(tmp_path, "kube-apiserver", *words)
    found = encryption_config.read(asked(here(encryption_config.QUESTION, tmp_path), path=path))
    assert isinstance(found, EncryptionConfig)
    assert (found.keys, found.changed) == (3, None)


@pytest.mark.parametrize(
    ("age", "words", "changed"),
    [
        (60, (), True),
        (1000, (), False),
        (60, ("--encryption-provider-config-automatic-reload",), False),
        (60, ("--encryption-provider-config-automatic-reload=false",), True),
    ],
)
def test_a_file_that_is_younger_than_its_apiserver(
    tmp_path: Path, age: int, words: tuple[str, ...], changed: bool
) -> None:
    file = tmp_path / "encryption.yaml"
    file.write_text(RULES % (RANDOM, RANDOM, RANDOM))
    then = datetime.now(UTC).timestamp() - age
    os.utime(file, (then, then))
    path = process(tmp_path, "kube-apiserver", f"--encryption-provider-config={file}", *words)
    # It started 400 s after the machine, which has run for 1,000 s.
    ticks = 400 * os.sysconf("SC_CLK_TCK")
    (tmp_path / "proc/uptime").write_text("1000.25 7.5\n")
    (tmp_path / "proc/7/stat").write_text(f"7 (kube (api) x) S {'0 ' * 18}{ticks} 0\n")
    found = encryption_config.read(asked(here(encryption_config.QUESTION, tmp_path), path=path))
    assert isinstance(found, EncryptionConfig)
    assert found.changed is changed


def test_keys_are_judged_where_they_are(tmp_path: Path) -> None:
    said = encryption(tmp_path, RULES % (RANDOM, COPIED, PHRASE))
    for key in (RANDOM, COPIED, PHRASE):
        assert key.rstrip("=") not in said.out
    found = encryption_config.read(said)
    assert found is not None
    assert not isinstance(found, NotAvailable)
    assert (found.keys, found.copied, found.phrases) == (3, 1, 1)
    assert found.rules == (
        EncryptionRule(resources=("secrets", "configmaps"), providers=("aescbc", "identity")),
        EncryptionRule(resources=("tokens.example.com",), providers=("secretbox",)),
    )
    assert len(found.sha256) == 64
    assert encryption_config.named({"cp-1": found, "cp-2": None}) == [
        *("secrets", "configmaps", "tokens.example.com"),
    ]


def test_a_key_on_a_line_of_its_own_does_not_leave_either(tmp_path: Path) -> None:
    text = "resources:\n- resources: [secrets]\n  providers:\n  - aesgcm:\n      keys:\n" + (
        f"      - name: a\n        secret: >-\n          {RANDOM}\n"
    )
    said = encryption(tmp_path, text)
    assert RANDOM.rstrip("=") not in said.out


def test_an_apiserver_without_one(tmp_path: Path) -> None:
    path = process(tmp_path, "kube-apiserver", "--secure-port=6443")
    assert (
        encryption_config.read(asked(here(encryption_config.QUESTION, tmp_path), path=path)) is None
    )
    gone = encryption_config.read(Said(1, "", "/x cannot be read"))
    assert isinstance(gone, NotAvailable)
    odd = encryption(tmp_path, "resources: 7\n")
    assert isinstance(encryption_config.read(odd), NotAvailable)
