"""A lab's secrets are made once and can be read by nobody else."""

from __future__ import annotations

import base64
import dataclasses
import os
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_ssh_private_key, load_ssh_public_key

from lab.secrets import create, load_or_create


def test_what_was_made_once_is_what_is_there_from_then_on(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = load_or_create(file, ["cp-1", "lb-1"])
    assert load_or_create(file, ["cp-1", "lb-1"]) == made
    assert set(made.host_keys) == {"cp-1", "lb-1"}


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_the_file_is_its_owner_s_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        load_or_create(tmp_path / "secrets.json", ["cp-1"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_what_a_killed_run_left_half_written_is_not_taken_for_secrets(tmp_path: Path) -> None:
    (tmp_path / "secrets.part").write_text('{"token": "ab')
    made = load_or_create(tmp_path / "secrets.json", ["cp-1"])
    assert load_or_create(tmp_path / "secrets.json", ["cp-1"]) == made


def test_two_labs_share_no_secret() -> None:
    one, other = (dataclasses.asdict(create(["cp-1"])) for _ in range(2))
    assert [name for name, value in one.items() if value == other[name]] == []


def test_tokens_and_keys_have_the_form_that_kubernetes_wants() -> None:
    made = create([])
    assert re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}", made.token)
    assert re.fullmatch(r"[0-9a-f]{64}", made.certificate_key)
    assert len(base64.b64decode(made.encryption_key, validate=True)) == 32


def test_ssh_keys_are_pairs() -> None:
    made = create(["cp-1"])
    for pair in (made.ssh, made.backup, made.host_keys["cp-1"]):
        private = load_ssh_private_key(pair.private.encode(), password=None)
        assert load_ssh_public_key(pair.public.encode()) == private.public_key()
        assert pair.public.endswith("\n")
