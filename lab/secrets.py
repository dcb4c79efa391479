"""What only this lab knows: keys, tokens and authorities, made once and kept with it."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import secrets as random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.pki import Pair, authority
from lab.ssh import KeyPair, new_key


@dataclass(frozen=True, slots=True)
class Secrets:
    """All of a lab's secrets.

    `token` is kubeadm's bootstrap token, `certificate_key` encrypts what `--upload-certs` uploads,
    `encryption_key` (base64, 32 bytes) encrypts Secrets and ConfigMaps in etcd, `host_keys` are
    the machines' SSH host keys by name.
    """

    ca: Pair
    etcd_ca: Pair
    ssh: KeyPair
    backup: KeyPair
    host_keys: dict[str, KeyPair]
    token: str
    certificate_key: str
    encryption_key: str


def create(machines: list[str]) -> Secrets:
    """Make new secrets for machines of these names."""
    return Secrets(
        ca=authority("kubernetes"),
        etcd_ca=authority("etcd-ca"),
        ssh=new_key(),
        backup=new_key(),
        host_keys={name: new_key() for name in machines},
        token=f"{random.token_hex(3)}.{random.token_hex(8)}",
        certificate_key=random.token_hex(32),
        encryption_key=base64.b64encode(random.token_bytes(32)).decode(),
    )


def load_or_create(file: Path, machines: list[str]) -> Secrets:
    """The secrets kept in this file; new ones, kept there from now on, where there is none."""
    if file.exists():
        return _from_dict(json.loads(file.read_text()))
    made = create(machines)
    part = file.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(dataclasses.asdict(made)))
    os.replace(part, file)
    return made


def _from_dict(kept: dict[str, Any]) -> Secrets:
    return Secrets(
        ca=Pair(**kept["ca"]),
        etcd_ca=Pair(**kept["etcd_ca"]),
        ssh=KeyPair(**kept["ssh"]),
        backup=KeyPair(**kept["backup"]),
        host_keys={name: KeyPair(**pair) for name, pair in kept["host_keys"].items()},
        token=kept["token"],
        certificate_key=kept["certificate_key"],
        encryption_key=kept["encryption_key"],
    )
