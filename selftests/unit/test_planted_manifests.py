"""A static Pod's manifest with another flag."""

from __future__ import annotations

import pytest

from selftests.planted.manifests import with_flag

MANIFEST = """\
spec:
  containers:
  - command:
    - etcd
    - --name=cp-1
    - --name-space=x
    image: etcd
"""


@pytest.mark.parametrize(
    ("flag", "value", "old", "new"),
    [
        ("name", "b", "    - --name=cp-1\n", ""),
        ("quota", "7", "", ""),
    ],
)
def test_a_flag_takes_the_place_of_its_value_or_is_one_more(
    flag: str, value: str, old: str, new: str
) -> None:
    wanted = MANIFEST.replace(old, new) if old else MANIFEST
    wanted = wanted.replace("    - etcd\n", f"    - etcd\n    - --{flag}={value}\n")
    assert with_flag(MANIFEST, "etcd", flag, value) == wanted


def test_a_program_that_it_does_not_run_gets_none() -> None:
    assert with_flag(MANIFEST, "kube-scheduler", "v", "2") == MANIFEST
