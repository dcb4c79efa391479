"""URLs of testinfra, taken apart."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chaos.cluster.reach import Reach, parse_url

HERE = Path("/inventories")

GOOD = {
    "ssh://cp-1": Reach("ssh", "cp-1"),
    "ssh://Cp-1": Reach("ssh", "Cp-1"),
    "ssh://root@198.51.100.21:2222": Reach("ssh", "198.51.100.21", user="root", port=2222),
    "ssh://root@[2001:db8::1]:22": Reach("ssh", "2001:db8::1", user="root", port=22),
    "ssh://[2001:db8::1]": Reach("ssh", "2001:db8::1"),
    "ssh://a%40b@host": Reach("ssh", "host", user="a@b"),
    "ssh://cp-1?ssh_config=conf": Reach("ssh", "cp-1", ssh_config=HERE / "conf"),
    "ssh://cp-1?ssh_config=/etc/conf": Reach("ssh", "cp-1", ssh_config=Path("/etc/conf")),
    "ssh://cp-1?ssh_identity_file=~/key": Reach("ssh", "cp-1", identity=Path("~/key").expanduser()),
    "ssh://u@h?sudo=true&timeout=2": Reach(
        "ssh", "h", user="u", sudo=True, connect=timedelta(seconds=2)
    ),
    "ssh://h?sudo=false": Reach("ssh", "h"),
    "docker://kind-control-plane": Reach("docker", "kind-control-plane"),
    "local://": Reach("local", ""),
}


@pytest.mark.parametrize(("url", "reach"), GOOD.items())
def test_what_they_say(url: str, reach: Reach) -> None:
    assert parse_url(url, HERE) == reach


BAD = {
    "cp-1": '"cp-1" is no URL: write ssh://cp-1',
    "root@cp-1:22": '"root@cp-1:22" is no URL: write ssh://root@cp-1:22',
    "paramiko://cp-1": '"paramiko://" is not known here: use one of ssh://, docker://, podman://,',
    "ssh://root:secret@cp-1": "passwords have no place in a URL: use a key",
    "ssh://": '"ssh://" names no machine',
    "ssh://cp-1:ssh": '"ssh" is no port',
    "ssh://cp-1:70000": '"70000" is no port',
    "ssh://cp-1?sshconfig=x": 'a ssh URL has no option "sshconfig": did you mean "ssh_config"?',
    "docker://c?ssh_config=x": 'a docker URL has no option "ssh_config": did you mean "sudo"?',
    "ssh://cp-1?timeout=0": 'timeout is a whole number of seconds, not "0"',
    "ssh://cp-1?timeout=soon": 'timeout is a whole number of seconds, not "soon"',
}


@pytest.mark.parametrize(("url", "told"), BAD.items())
def test_what_is_wrong_with_them_is_one_sentence(url: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is what is tested
        parse_url(url, HERE)
    assert str(caught.value).startswith(told)
