"""Secrets of every kind, planted wherever a run takes its texts from: none is in any file of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from chaos.measure.verdict import Verdict
from chaos.result import RunResult
from reports.run_folder import RunFolder
from selftests.unit.reports_support import check, experiment, files, probe, run_result

# None of them opens anything.
_BODY = "planted+body/0" * 4 + "plantedA"
NEEDLES = (
    *("planted", "cGxhbnRlZC1z", "c2VjcmV0LXBsYW50ZWQ", "s3cr3t-ticket", "p1an7e", "P1ANTED"),
)
SECRETS = {
    "PEM key": f"-----BEGIN RSA PRIVATE KEY-----\n{_BODY}\n{_BODY}\n-----END RSA PRIVATE KEY-----",
    "PEM key with headers": "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    f"DEK-Info: AES-256-CBC,00\n\n{_BODY}==\n-----END EC PRIVATE KEY-----\n",
    "PEM key that was cut off": f"-----BEGIN PRIVATE KEY-----\n{_BODY}\nplanted+bo",
    "OpenSSH key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{_BODY}\n"
    "-----END OPENSSH PRIVATE KEY-----",
    "line of a PEM": _BODY,
    "PEM in base64": "LS0tLS1CRUdJTiBQUklWcGxhbnRlZAcGxhbnRlZC1z==",
    "kubeconfig": "users:\n- user:\n    client-key-data: cGxhbnRlZC1zZWNyZXQ=\n    token: planted1",
    "kubeconfig as JSON": '{"user": {"client-key-data": "cGxhbnRlZC1zZWNyZXQ="}}',
    "JWT": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJplantedX0.planted-signature_0",
    "JWT that was cut off": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJplanted",
    "bearer": "Bearer planted-0123456789.abc",
    "header": "Authorization: Bearer planted",
    "basic header": "Authorization: Basic cGxhbnRlZC1zZWNyZXQ=",
    "header as JSON": '{"Authorization": "Bearer planted"}',
    "bootstrap token": "kubeadm join --discovery p1an7e.0123456789abcdef",
    "token option": "kubelet --bootstrap-token planted-abc",
    "token in a query": "https://api.example/login?user=a&token=planted-abc&x=1",
    "quoted token": "id_token: 'planted token, with blanks'",
    "password": "ETCD_PASSWORD=planted-1",
    "quoted password": 'password: "planted, with; odd }characters"',
    "URL": "dial etcd https://root:planted-pass-1@10.0.0.11:2379: refused",
    "URL with a token for a name": "https://:planted@git.example/a.git",
    "access key": "AKIAP1ANTED012345678",
    "secret access key": "aws_secret_access_key = planted/abc",
    "encryption key": "keys:\n- name: key1\n  secret: c2VjcmV0LXBsYW50ZWQtMzItYnl0ZXMtbG9uZzEyMzQ=",
    "encryption key as JSON": '{"keys": [{"name": "k", "secret": "c2VjcmV0LXBsYW50ZWQtMzItYg=="}]}',
    "Secret": "kind: Secret\ndata:\n  a: cGxhbnRlZC1zZWNyZXQ=\n  b: planted\ntype: x",
    "Secret as JSON": '{"kind":"Secret","data":{"a":"cGxhbnRlZC1zZWNyZXQ="},"type":"Opaque"}',
    "Secret as Go prints it": "kind: Secret data: {a: planted}",
    "Secrets": 'kind: List\nitems:\n- kind: Secret\n  stringData:\n    a: |\n      planted "x"\n',
    "Secret whose map is last": "kind: Secret\nmetadata: {}\ndata:\n  a: 'planted'\n",
    "Secret whose map is first": "data:\n  a: planted\n\n  b: planted\nkind: Secret",
    "Secret in a list": "items:\n  - data:\n      a: planted\n    kind: Secret\n",
    "Secret in etcd": "k8s\x00\n\x0c\n\x02v1\x12\x06Secret\x12\x1a\n\x05a\x12\x07planted",
    "keepalived": "authentication {\n  auth_type PASS\n  auth_pass planted1\n}",
    "HAProxy's statistics": "stats auth admin:planted",
    "HAProxy's user list": "user admin insecure-password planted",
    "curl": "curl -u admin:planted https://10.0.0.1",
}


def everywhere(*secrets: str) -> RunResult:
    """A run with each secret in every text that comes from outside."""
    bad = tuple(
        dataclasses.replace(
            experiment("etcd_stop", "etcd_leader", probe("api-write", reason=secret)),
            name=f"etcd_stop-{number}",
            timeline=f"experiments/{number}/timeline.jsonl",
            evidence={"cp-2": secret},
            reason=secret,
            verdict=Verdict.FAIL,
        )
        for number, secret in enumerate(secrets)
    )
    checks = [
        one
        for secret in secrets
        for one in (
            check("a-b", secret, Verdict.FAIL, secret, remedy=secret, source=secret),
            check("a-c", "by lines", Verdict.FAIL, *secret.split("\n")),
            check("a-d", "d", Verdict.NOT_COVERED, secret, waiver=secret),
        )
    ]
    versions = {f"part {number}": secret for number, secret in enumerate(secrets)}
    cluster = dataclasses.replace(run_result().cluster, versions=versions)
    text = secrets[0]
    return run_result(
        checks=tuple(checks), experiments=bad, reason=text, interrupted=text, cluster=cluster
    )


def leaks(folder: Path) -> set[tuple[str, str]]:
    return {
        (name, needle)
        for name, content in files(folder).items()
        for needle in NEEDLES
        if needle.encode() in content
    }


def test_no_secret_survives_in_any_file(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    run = everywhere(*SECRETS.values())
    for number, secret in enumerate(SECRETS.values()):
        # As the sampler and the runner write it, past this folder's own way in; so a node's log.
        timeline = folder.path / run.experiments[number].timeline
        timeline.parent.mkdir(parents=True)
        event = {"event": "noted", "at": 1.5, "data": {"said": secret}}
        timeline.write_text(
            f'{json.dumps(event, ensure_ascii=False)}\n["api-write",1.0,1.0,1.1,"ok"]\n'
        )
        (folder.path / f"{number}.log").write_bytes(b"\xff\x00" + secret.encode())
    assert len(leaks(folder.path)) >= 2 * len(SECRETS), "the test plants nothing"
    folder.finish(run)
    assert leaks(folder.path) == set()
    assert sum("-attachment.jsonl" in name for name in files(folder.path)) == len(SECRETS)
    for timeline in folder.path.glob("experiments/*/timeline.jsonl"):
        first, second = map(json.loads, timeline.read_text().splitlines())
        assert "«redacted" in first["data"]["said"]
        assert second == ["api-write", 1.0, 1.0, 1.1, "ok"]
    assert folder.load().verdict is Verdict.UNHEALED


def test_no_secret_survives_in_what_is_saved_on_the_way(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path)
    folder.save(everywhere(*SECRETS.values()))
    assert leaks(folder.path) == set()
    assert len(folder.load().experiments) == len(SECRETS)
