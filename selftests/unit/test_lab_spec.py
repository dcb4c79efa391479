"""What lab is asked for: what does not exist is refused with what does, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lab.errors import UsageError
from lab.spec import Spec
from lab.versions import DEFAULT, RELEASES, release

VERSIONS = ", ".join(r.kubernetes for r in RELEASES)


@pytest.mark.parametrize(
    ("asked", "there_are"),
    [
        ({"control_planes": 0}, "there are 1, 3 and 5"),
        ({"control_planes": 2}, "there are 1, 3 and 5"),
        ({"control_planes": 7}, "there are 1, 3 and 5"),
        ({"load_balancers": 0}, "there are 1 and 2"),
        ({"load_balancers": 3}, "there are 1 and 2"),
        ({"etcd": "elsewhere"}, "there are `stacked` and `external`"),
        ({"zones": 0}, "there are 1 to 9"),
        ({"zones": 10}, "there are 1 to 9"),
        ({"workers": -1}, "there are 0 to 13"),
        ({"workers": 14}, "there are 0 to 13"),
        ({"workers": 12, "control_planes": 5}, "there are 0 to 11"),
        ({"subnet": -1}, "there are 0 to 15"),
        ({"subnet": 16}, "there are 0 to 15"),
        ({"kubernetes": "1.2.3"}, f"There are: {VERSIONS}."),
        ({"kubernetes": ""}, f"There are: {VERSIONS}."),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(asked: Any, there_are: str) -> None:
    with pytest.raises(UsageError, match=re.escape(there_are)) as refused:
        Spec(**asked)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "name",
    ["", "Dev", "1st", "-a", "a_b", "a.b", "a/b", "..", "a b", "a\n", "é", "abcdefghijk"],
)
def test_a_name_that_could_do_harm_on_the_host_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="A name is a letter, then up to 9 letters"):
        Spec(name=name)


@pytest.mark.parametrize("name", ["a", "dev", "a-1", "abcdefghij"])
def test_an_ordinary_name_is_taken_and_names_an_interface(name: str) -> None:
    assert len(f"hf-{Spec(name=name).name}") <= 15


@pytest.mark.parametrize("version", ["1.37.1", "v1.37.1"])
def test_a_version_is_known_with_and_without_a_v(version: str) -> None:
    assert Spec(kubernetes=version).kubernetes == "1.37.1"
    assert Spec(kubernetes=version).release is release("1.37.1")


def test_every_version_stands_there_once_and_the_default_is_one() -> None:
    known = [r.kubernetes for r in RELEASES]
    assert len(set(known)) == len(known)
    assert DEFAULT in known


@pytest.mark.parametrize(
    "spec",
    [
        Spec(),
        Spec(
            name="other",
            control_planes=5,
            workers=0,
            zones=1,
            etcd="external",
            load_balancers=1,
            kubernetes="1.35.4",
            subnet=15,
        ),
    ],
)
def test_a_spec_comes_back_from_json_as_it_was(spec: Spec) -> None:
    assert Spec.from_json(spec.to_json()) == spec


def test_settling_on_a_subnet_changes_nothing_else() -> None:
    spec = Spec(name="other", workers=1)
    assert spec.on_subnet(3) == Spec(name="other", workers=1, subnet=3)
    assert spec.subnet is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "3", '{"zones": "3"}', '{"colour": "red"}', '{"name": 3}'],
)
def test_a_broken_spec_file_is_named_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"spec\.json cannot be read"):
        Spec.from_json(text)
