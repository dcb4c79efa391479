"""No secret gets through, whatever it is wrapped in, and what is none stays."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from reports.patterns import PATTERNS
from reports.redact import hide, redact, redact_lines, redact_value
from selftests.unit.test_reports_secrets import NEEDLES, SECRETS

WRAPPED: dict[str, Callable[[str], str]] = {
    "alone": lambda text: text,
    "in JSON": lambda text: json.dumps({"evidence": [text]}),
    "in JSON in JSON": lambda text: json.dumps({"said": json.dumps({"evidence": text})}),
    "in a log": lambda text: f"Nov 20 14:02:21 cp-1 kubelet[812]: said {text}\nand went on",
    "twice": lambda text: f"{text}\n{text}",
}


def survivors(text: str) -> list[str]:
    return [needle for needle in NEEDLES if needle in text]


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_survives(kind: str, wrap: str) -> None:
    text = WRAPPED[wrap](SECRETS[kind])
    assert survivors(text), "the test plants nothing"
    safe = redact(text)
    assert survivors(safe) == []
    assert "«redacted: " in safe
    assert redact(safe) == safe


@pytest.mark.parametrize("kind", SECRETS)
def test_json_stays_json(kind: str) -> None:
    text = json.dumps({"evidence": [SECRETS[kind]], "next": "is whole"}, ensure_ascii=False)
    assert json.loads(redact(text))["next"] == "is whole"


@pytest.mark.parametrize(
    "value",
    [
        {"client-key-data": "cGxhbnRlZC1zZWNyZXQ="},
        {"users": [{"user": {"token": "s3cr3t-ticket"}}]},
        {"kind": "Secret", "data": {"a": "cGxhbnRlZC1zZWNyZXQ="}},
        {"kind": "SecretList", "items": [{"stringData": {"a": "s3cr3t-ticket"}}]},
        {"etcd": {"password": "s3cr3t-ticket"}},
        # A key that somebody split into lines.
        SECRETS["PEM key"].split("\n"),
        ["said " + SECRETS["PEM key"].split("\n")[0], "planted+body/0", "-----END RSA"],
    ],
)
def test_no_secret_survives_in_data(value: Any) -> None:
    text = json.dumps(value)
    assert survivors(text)
    safe = redact_value(value)
    assert survivors(json.dumps(safe)) == []
    assert redact_value(safe) == safe


HARMLESS = [
    "cp-2 (10.0.0.12:6443) does not name api.example.internal",
    "sha256:" + "0123456789abcdef" * 4,
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "ssh://root@10.0.0.11:22 refused; https://10.0.0.100:6443/readyz?verbose timed out",
    "kube-apiserver --service-account-key-file=/etc/kubernetes/pki/sa.pub --token-auth-file=/x",
    "k8s:enc:aescbc:v1:key1: is how /registry/secrets/default/a begins",
    "the Secret default/a is encrypted; secretName: etcd-client-tls",
    "the bearer token was refused: 401",
    "uid 6a1f0c52-9f0e-4c0a-8f0d-1b7a3d0f2c11, node worker.openshiftcluster",
    "api-write: over budget: longest outage 29.10 to 31.20 s, budget 30 s",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_around_a_secret_all_stays() -> None:
    said = redact("get https://admin:planted-pass-1@10.0.0.9:2379/health: refused")
    assert said == "get https://admin:«redacted: password»@10.0.0.9:2379/health: refused"


def test_of_a_secret_the_rest_of_the_manifest_stays() -> None:
    said = redact("kind: Secret\ndata:\n  a: cGxhbnRlZC1zZWNyZXQ=\n  b: |\n    x\nmetadata: {}")
    assert said == "kind: Secret\ndata:\n  «redacted: Secret»\nmetadata: {}"


def test_a_timeline_line_stays_a_line_and_the_others_stay_to_the_byte() -> None:
    event = {"event": "noted", "at": 2.5, "data": {"said": SECRETS["PEM key"]}}
    secret = {
        "event": "noted",
        "at": 3.5,
        "data": {"kind": "Secret", "data": {"a": "cGxhbnRlZC1z"}},
    }
    lines = [
        '["api-write",1.0,1.0,1.1,"ok",{"peer": "5ac1"}]',
        json.dumps(event),
        json.dumps(secret),
        '["api-write",1.0,1.0,1.1,"reset",{"error":"https://u:planted-pass-1@a"',  # torn
        "",
    ]
    safe = redact_lines("\n".join(lines))
    assert survivors(safe) == []
    first, second, third, torn, last = safe.split("\n")
    assert (first, last) == (lines[0], "")
    assert json.loads(second)["at"] == 2.5
    assert json.loads(third)["data"]["kind"] == "Secret"
    assert torn.startswith('["api-write",1.0')


def test_nothing_in_a_text_acts_on_a_terminal_or_breaks_xml() -> None:
    said = redact("a\x1b[31mred\x00\x07 \x9b \udcff \u202e\r\nnext\tone")
    assert said == "a␛[31mred␀␇ � � �\nnext\tone"


def test_every_pattern_is_planted() -> None:
    """One without a secret that needs it would be one that nobody has seen to work."""
    texts = [wrap(text) for text in SECRETS.values() for wrap in WRAPPED.values()]
    unused = [p.regex.pattern for p in PATTERNS if not any(p.regex.search(text) for text in texts)]
    assert unused == []


def test_the_needles_do_not_hide_a_secret_from_its_pattern() -> None:
    for pattern in PATTERNS:
        for text in SECRETS.values():
            if pattern.needles and pattern.regex.search(text):
                assert any(needle in text.lower() for needle in pattern.needles)


def test_a_lone_line_of_base64_is_hidden_and_a_checksum_is_not() -> None:
    line = base64.b64encode(bytes(range(48))).decode()
    assert len(line) == 64
    assert hide(line) == "«redacted: base64»"
