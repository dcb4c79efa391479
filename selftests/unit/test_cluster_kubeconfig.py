"""Kubeconfigs: each thing that can be wrong with one is one sentence that says what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chaos.cluster.access import ApiAccess
from chaos.cluster.kubeconfig import Kubeconfig, KubeconfigError
from chaos.errors import HoldfastError
from selftests.unit.cluster_support import ca, client, served

Content = dict[str, Any]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def content() -> Content:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin@test",
        "contexts": [
            {"name": "admin@test", "context": {"cluster": "test", "user": "admin"}},
            {"name": "other", "context": {"cluster": "nowhere", "user": "admin"}},
        ],
        "clusters": [
            {
                "name": "test",
                "cluster": {
                    "server": "https://198.51.100.100:6443",
                    "certificate-authority-data": b64(ca().certificate),
                },
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {
                    "client-certificate-data": b64(client().certificate),
                    "client-key-data": b64(client().key),
                },
            }
        ],
    }


def written(folder: Path, what: Content) -> Kubeconfig:
    file = folder / "kubeconfig"
    YAML().dump(what, file)
    return Kubeconfig.read(file)


def cluster(what: Content) -> Content:
    found: Content = what["clusters"][0]["cluster"]
    return found


def user(what: Content) -> Content:
    found: Content = what["users"][0]["user"]
    return found


def test_what_it_says(tmp_path: Path) -> None:
    access = written(tmp_path, content()).access()
    assert (access.host, access.port) == ("198.51.100.100", 6443)
    assert (access.ca, access.certificate, access.key) == (
        ca().certificate,
        client().certificate,
        client().key,
    )
    assert access.headers == {}
    assert access.ssl_context().check_hostname


def test_no_key_and_no_token_is_shown(tmp_path: Path) -> None:
    user(what := content())["token"] = "s3cret"
    access = written(tmp_path, what).access()
    assert "PRIVATE" not in repr(access)
    assert "s3cret" not in repr(access)


def test_it_fits_into_another_process(tmp_path: Path) -> None:
    access = written(tmp_path, content()).access()
    assert ApiAccess.from_data(json.loads(json.dumps(access.as_data()))) == access


def test_what_it_names_may_stand_in_files_beside_it(tmp_path: Path) -> None:
    what = content()
    (tmp_path / "ca.crt").write_text(ca().certificate)
    (tmp_path / "token").write_text("s3cret\n")
    cluster(what).pop("certificate-authority-data")
    cluster(what)["certificate-authority"] = "ca.crt"
    cluster(what)["tls-server-name"] = "api.test"
    what["users"][0]["user"] = {"tokenFile": "token"}
    access = written(tmp_path, what).access()
    assert (access.ca, access.server_name) == (ca().certificate, "api.test")
    assert access.headers == {"Authorization": "Bearer s3cret"}


def gone(what: Content, *path: Any) -> None:
    here: Any = what
    for part in path[:-1]:
        here = here[part]
    del here[path[-1]]


def other_key(what: Content) -> None:
    user(what)["client-key-data"] = b64(served().key)


WRONG: dict[str, tuple[Callable[[Content], object], str]] = {
    "no current context": (
        lambda w: gone(w, "current-context"),
        "it has no current context. Name one in the inventory (context).",
    ),
    "no such context": (
        lambda w: w.update({"current-context": "admin@tset"}),
        'it has no context "admin@tset"; did you mean "admin@test"?.',
    ),
    "no such cluster": (
        lambda w: w.update({"current-context": "other"}),
        'it has no cluster "nowhere"; there is test.',
    ),
    "no server": (lambda w: gone(cluster(w), "server"), 'its server "" is no https:// URL.'),
    "plain HTTP": (
        lambda w: cluster(w).update(server="http://x:8080"),
        'its server "http://x:8080" is no https:// URL.',
    ),
    "a proxy": (lambda w: cluster(w).update({"proxy-url": "http://p"}), "it wants a proxy"),
    "no base64": (
        lambda w: cluster(w).update({"certificate-authority-data": "%%%"}),
        "certificate-authority-data is no base64 of text. Get it anew.",
    ),
    "no PEM": (
        lambda w: cluster(w).update({"certificate-authority-data": b64("text")}),
        "certificate-authority is no PEM. Get it anew.",
    ),
    "no such file": (
        lambda w: user(w).update({"client-key-data": "", "client-key": "nowhere.key"}),
        "it names the file ",
    ),
    "a certificate without its key": (
        lambda w: gone(user(w), "client-key-data"),
        "it has one of the client's certificate and key without the other.",
    ),
    "nobody": (
        lambda w: user(w).clear(),
        "it has neither a client certificate nor a token. Get one anew.",
    ),
    "an auth-provider": (
        lambda w: user(w).update({"auth-provider": {"name": "gcp"}}),
        "auth-provider is gone from Kubernetes. Use an exec plugin.",
    ),
    "a certificate that is none": (
        lambda w: user(w).update(
            {"client-certificate-data": b64("-----BEGIN CERTIFICATE-----\nx\n")}
        ),
        "client-certificate is no certificate. Get it anew.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence(case: str, tmp_path: Path) -> None:
    change, told = WRONG[case]
    change(what := content())
    with pytest.raises(KubeconfigError) as caught:
        written(tmp_path, what).access()
    assert str(caught.value).startswith(f"{tmp_path}/kubeconfig: {told}")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_named_context_counts_over_the_current_one(tmp_path: Path) -> None:
    what = content() | {"current-context": "other"}
    assert written(tmp_path, what).access("admin@test").port == 6443


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (2, "the client's certificate expired on 20.* Renew it"),
        (-2, "the client's certificate is valid from 20.* whether this machine's clock is right"),
    ],
)
def test_a_certificate_out_of_its_time(years: int, told: str, tmp_path: Path) -> None:
    now = datetime.now(UTC) + timedelta(days=365 * years)
    with pytest.raises(HoldfastError, match=told) as caught:
        written(tmp_path, content()).access(now=now)
    assert caught.value.exit_code == 3


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    other_key(what := content())
    with pytest.raises(HoldfastError, match="certificate and key do not fit each other"):
        written(tmp_path, what).access().ssl_context()


def test_an_authority_that_is_none(tmp_path: Path) -> None:
    cluster(what := content())["certificate-authority-data"] = b64("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(HoldfastError, match="certificate-authority-data is no certificate"):
        written(tmp_path, what).access().ssl_context()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("clusters: []\n]", "it is no YAML.* It is no kubeconfig"),
        ("kind: Pod\n", "is no kubeconfig: it has no clusters"),
        ("just text", "It is no kubeconfig"),
    ],
)
def test_what_is_no_kubeconfig(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(text)
    with pytest.raises(KubeconfigError, match=told):
        Kubeconfig.read(tmp_path / "kubeconfig")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=r"There is no kubeconfig .*nowhere"):
        Kubeconfig.read(tmp_path / "nowhere")
    with pytest.raises(KubeconfigError, match="cannot be read: Is a directory"):
        Kubeconfig.read(tmp_path)


def plugin(folder: Path, script: str, **fields: Any) -> Content:
    program = folder / "plugin"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    what = content()
    what["users"][0]["user"] = {"exec": {"command": "./plugin", **fields}}
    return what


def test_a_plugin_gives_a_token(tmp_path: Path) -> None:
    say = """printf '{"status": {"token": "%s-%s"}}' "$1" "$WHO" """
    what = plugin(tmp_path, say, args=["a"], env=[{"name": "WHO", "value": "me"}])
    assert written(tmp_path, what).access().token == "a-me"


def test_a_plugin_gives_a_certificate(tmp_path: Path) -> None:
    pair = {"clientCertificateData": client().certificate, "clientKeyData": client().key}
    (tmp_path / "said").write_text(json.dumps({"status": pair}))
    access = written(tmp_path, plugin(tmp_path, f"cat {tmp_path}/said")).access()
    assert (access.certificate, access.key) == (client().certificate, client().key)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo no login >&2; exit 1", "its credential plugin ./plugin failed: no login"),
        ("exit 3", "its credential plugin ./plugin failed: code 3"),
        ("echo hello", "its credential plugin ./plugin printed no ExecCredential"),
        ("echo '{}'", "its credential plugin ./plugin printed no ExecCredential"),
    ],
)
def test_a_plugin_that_fails(script: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(HoldfastError, match=told):
        written(tmp_path, plugin(tmp_path, script)).access()


def test_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    what = plugin(tmp_path, "true", installHint="Get it from the cloud.\nThen log in.")
    what["users"][0]["user"]["exec"]["command"] = "no-such-plugin"
    with pytest.raises(HoldfastError, match=r"cannot be run.* Get it from the cloud\.$"):
        written(tmp_path, what).access()
