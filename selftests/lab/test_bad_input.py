"""Bad input to the gate: one sentence that names the thing, an exit code, no traceback."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from ruamel.yaml import YAML

from lab.kubectl import Kubectl
from lab.machines import Fleet
from lab.pki import authority

pytestmark = pytest.mark.lab

REPO = Path(__file__).parents[2]
yaml = YAML(typ="safe")

Files = dict[str, Any]
"""The inventory and the kubeconfig as data, to be spoilt, and what one may need for that."""


@dataclass(frozen=True)
class Bad:
    """One way to get it wrong: what is spoilt, the exit code, and what must be said."""

    spoil: Callable[[Files, Path], None]
    code: int
    said: str


def _set(part: str, *place: str | int, value: object) -> Callable[[Files, Path], None]:
    def spoil(files: Files, _: Path) -> None:
        at = files[part]
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value

    return spoil


def _other_authority(files: Files, _: Path) -> None:
    cluster = files["kubeconfig"]["clusters"][0]["cluster"]
    cluster["certificate-authority-data"] = _packed(authority("somebody else").certificate.encode())


def _expired(files: Files, _: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "admin")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    user = files["kubeconfig"]["users"][0]["user"]
    user["client-certificate-data"] = _packed(certificate.public_bytes(Encoding.PEM))
    user["client-key-data"] = _packed(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def _nobodys_token(files: Files, _: Path) -> None:
    token = files["kubectl"]("create", "token", "default", "--namespace=default").strip()
    files["kubeconfig"]["users"][0]["user"] = {"token": token}


def _packed(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def _no_key(files: Files, folder: Path) -> None:
    config = Path(files["ssh"]).read_text()
    lines = [line for line in config.splitlines() if "IdentityFile" not in line]
    (folder / "ssh_config").write_text("\n".join([*lines, "Host *", " IdentityFile /nowhere", ""]))


SERVER = ("clusters", 0, "cluster", "server")
BAD = {
    "unknown field": Bad(
        _set("inventory", "endpoit", value="x"), 2, 'unknown field "endpoit"; did you mean'
    ),
    "unknown fault": Bad(
        _set("inventory", "chaos", value={"allowed": ["etcd-stopp"]}), 2, 'no fault "etcd-stopp"'
    ),
    "no kubeconfig": Bad(
        _set("inventory", "cluster", "kubeconfig", value="gone"), 2, "cluster.yaml:"
    ),
    "another cluster": Bad(_set("inventory", "cluster", "uid", value="1-2-3"), 2, "1-2-3"),
    "wrong authority": Bad(_other_authority, 3, "certificate"),
    "expired certificate": Bad(_expired, 3, "expired"),
    "name that does not resolve": Bad(
        _set("kubeconfig", *SERVER, value="https://api.invalid:6443"), 3, "api.invalid"
    ),
    "nobody there": Bad(
        _set("kubeconfig", *SERVER, value="https://127.0.0.1:9"), 3, "127.0.0.1"
    ),
    "no rights": Bad(_nobodys_token, 3, "403"),
    "unknown token": Bad(
        _set("kubeconfig", "users", 0, "user", value={"token": "none"}), 3, "401"
    ),
    "unreachable node": Bad(
        _set("inventory", "nodes", 0, "url", value="ssh://root@127.0.0.1:9"), 3, "lb-1"
    ),
    "no key": Bad(_no_key, 3, "lb-1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_it_is_told_in_a_sentence(
    name: str, fleet: Fleet, kubectl: Kubectl, tmp_path: Path
) -> None:
    bad = BAD[name]
    home = fleet.home
    files: Files = {
        "inventory": yaml.load(home.inventory.read_text()),
        "kubeconfig": yaml.load(home.kubeconfig.read_text()),
        "ssh": str(home.ssh_config),
        "kubectl": kubectl,
    }
    files["inventory"]["cluster"]["kubeconfig"] = "kubeconfig"
    (tmp_path / "ssh_config").write_text(home.ssh_config.read_text())
    bad.spoil(files, tmp_path)
    for part, file in (("inventory", "cluster.yaml"), ("kubeconfig", "kubeconfig")):
        with (tmp_path / file).open("w") as out:
            yaml.dump(files[part], out)
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", "gate", str(tmp_path / "cluster.yaml")],
        cwd=REPO,
        env={k: v for k, v in os.environ.items() if k != "HOLDFAST_DEBUG"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in told) == (bad.code, False), told
    assert bad.said in told
    assert len(told.strip().splitlines()) <= 3, told
