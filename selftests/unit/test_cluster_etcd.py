"""etcd, as etcdctl tells it: an etcdctl of shell text on this machine plays it."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.cluster.etcd import Etcd, EtcdError
from chaos.cluster.etcd_parse import EtcdUnreadable, health_of, members_of, statuses_of
from chaos.cluster.facts import EtcdFacts, EtcdHealth, EtcdMember, EtcdStatus
from chaos.cluster.inventory_parts import EtcdPart, EtcdPki, NodePart, Role
from chaos.cluster.node import Node
from chaos.cluster.shell import Said

ADDRESSES = {f"198.51.100.2{i}": f"cp-{i}" for i in (1, 2, 3)}
IDS = {1: 0xB369C18053CFCD8F, 2: 0x6A9DFA53F0470A1A, 3: 0x4FD1711B4D19184E}
CLUSTER = 0x1BB1BB185F2912D0


def url(number: int, port: int = 2379) -> str:
    return f"https://198.51.100.2{number}:{port}"


def members(*numbers: int, learner: int = 0, unstarted: int = 0) -> dict[str, Any]:
    """As etcdctl 3.6.8 prints `member list -w json`: false and empty fields are left out."""
    found = []
    for number in numbers:
        member: dict[str, Any] = {"ID": IDS[number], "peerURLs": [url(number, 2380)]}
        if number != unstarted:
            member |= {"name": f"cp-{number}", "clientURLs": [url(number)]}
        if number == learner:
            member["isLearner"] = True
        found.append(member)
    return {"header": {"cluster_id": CLUSTER, "member_id": IDS[1]}, "members": found}


def status(number: int, *, leader: int = 1, term: int = 4) -> dict[str, Any]:
    known = {"leader": IDS[leader]} if leader else {}
    return {
        "Endpoint": url(number),
        "Status": {
            "header": {"cluster_id": CLUSTER, "member_id": IDS[number], "raft_term": term},
            "version": "3.6.8",
            "dbSize": 2007040,
            "raftIndex": 972,
            "raftTerm": term,
            "raftAppliedIndex": 971,
            "dbSizeInUse": 1000,
            "dbSizeQuota": 2147483648,
        }
        | known,
    }


def health(number: int, *, well: bool = True) -> dict[str, Any]:
    told: dict[str, Any] = {"endpoint": url(number), "health": well, "took": "13.0591ms"}
    return told if well else told | {"error": "context deadline exceeded"}


class Played:
    """A folder with an `etcdctl` that says what it is told, and the files that it wants."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        for name in ("ca", "certificate", "key"):
            (folder / name).touch()
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def program(self, script: str, name: str = "etcdctl") -> None:
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "$*" >>{self.folder}/asked\n{script}\n')
        file.chmod(0o755)

    def says(self, listed: Any, statuses: Any, healths: Any, *, code: int = 0) -> None:
        for name, what in (("member", listed), ("status", statuses), ("health", healths)):
            text = what if isinstance(what, str) else json.dumps(what)
            (self.folder / f"{name}.json").write_text(text)
        self.program(
            f'case "$*" in *"member list"*) cat {self.folder}/member.json;; '
            f"*status*) cat {self.folder}/status.json; exit {code};; "
            f"*health*) cat {self.folder}/health.json; exit {code};; esac"
        )

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()

    def etcd(self, *names: str, **fields: Any) -> Etcd:
        pki = EtcdPki(
            ca=f"{self.folder}/ca",
            certificate=f"{self.folder}/certificate",
            key=f"{self.folder}/key",
        )
        nodes = []
        for name in names or ("cp-1",):
            there = name != "gone"
            where = "local://" if there else "ssh://gone?ssh_config=/nowhere"
            part = NodePart(name=name, roles=(Role.ETCD,), address="198.51.100.21", url=where)
            nodes.append(Node.of(part, folder=self.folder))
        return Etcd(nodes, EtcdPart(topology="stacked", pki=pki, **fields), ADDRESSES)


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(tmp_path, monkeypatch)


def test_members_with_what_each_says(played: Played) -> None:
    played.says(members(1, 2, 3), [status(i) for i in (1, 2, 3)], [health(i) for i in (1, 2, 3)])
    facts = played.etcd().look()
    assert facts.asked == "cp-1"
    assert facts.cluster_id == "1bb1bb185f2912d0"
    assert [(m.name, m.node, m.learner, m.started) for m in facts.members] == [
        (f"cp-{i}", f"cp-{i}", False, True) for i in (1, 2, 3)
    ]
    assert facts.leader
    assert facts.leader.node == "cp-1"
    assert (len(facts.voters), facts.quorum) == (3, 2)
    assert all(facts.answering(m) for m in facts.members)
    assert facts.statuses[0] == EtcdStatus(
        endpoint=url(1),
        member="b369c18053cfcd8f",
        version="3.6.8",
        leader="b369c18053cfcd8f",
        term=4,
        index=972,
        applied=971,
        db_size=2007040,
        db_in_use=1000,
        quota=2147483648,
        cluster="1bb1bb185f2912d0",
    )


def test_each_member_is_asked_once_and_by_its_own_address(played: Played) -> None:
    played.says(members(1, 2, 3), [], [])
    played.etcd().look()
    listing, *others = played.asked
    assert "--endpoints=https://127.0.0.1:2379 " in listing
    assert len(others) == 2
    for asked in others:
        assert f"--endpoints={url(1)},{url(2)},{url(3)} " in asked
        assert f"--key={played.folder}/key" in asked


def test_it_is_asked_at_the_endpoints_of_the_inventory(played: Played) -> None:
    played.says(members(1), [], [])
    played.etcd(endpoints=(url(2), url(3))).look()
    assert f"--endpoints={url(2)},{url(3)} " in played.asked[0]


def test_a_member_that_does_not_answer_is_told_with_the_others(played: Played) -> None:
    # etcdctl ends with 1 then, and prints what it has.
    rest = [health(1), health(2), health(3, well=False)]
    played.says(members(1, 2, 3), [status(1), status(2)], rest, code=1)
    facts = played.etcd().look()
    assert [facts.answering(m) for m in facts.members] == [True, True, False]
    assert facts.health[2] == EtcdHealth(
        endpoint=url(3),
        healthy=False,
        took=timedelta(milliseconds=13.0591),
        error="context deadline exceeded",
    )


def test_without_a_quorum_the_members_are_still_known(played: Played) -> None:
    listed = json.dumps(members(1, 2, 3))
    played.program(
        f"""case "$*" in
            *--consistency=s*) echo '{listed}';;
            *"member list"*) echo 'Error: context deadline exceeded' >&2; exit 1;;
            *status*) echo '{json.dumps([status(1, leader=0)])}'; exit 1;;
            *health*) echo '{json.dumps([health(1, well=False)])}'; exit 1;;
        esac"""
    )
    facts = played.etcd().look()
    assert len(facts.members) == 3
    assert facts.leader is None
    assert not any(facts.answering(m) for m in facts.members)


def test_learners_and_members_that_never_started(played: Played) -> None:
    played.says(members(1, 2, 3, learner=2, unstarted=3), [status(1)], [health(1)])
    facts = played.etcd().look()
    by_node = {m.node: m for m in facts.members}
    assert by_node["cp-2"].learner
    assert not by_node["cp-3"].started
    assert {m.node for m in facts.voters} == {"cp-1", "cp-3"}


@pytest.mark.parametrize(
    ("statuses", "leader"),
    [
        ([status(1), status(2)], "cp-1"),
        # The old leader has not heard of the new term.
        ([status(1, leader=1, term=4), status(2, leader=2, term=5)], "cp-2"),
        ([status(1, leader=1), status(2, leader=2)], None),
        ([status(1, leader=0), status(2, leader=2)], "cp-2"),
        ([status(1, leader=0)], None),
        ([], None),
    ],
)
def test_the_leader_is_the_one_of_the_highest_term(statuses: list[Any], leader: str | None) -> None:
    cluster_id, found = members_of(members(1, 2, 3), ADDRESSES)
    facts = EtcdFacts(
        asked="cp-1", cluster_id=cluster_id, members=found, statuses=statuses_of(statuses)
    )
    assert (facts.leader.node if facts.leader else None) == leader


def test_the_next_machine_is_asked_where_one_cannot(played: Played) -> None:
    played.says(members(1, 2, 3), [], [])
    assert played.etcd("gone", "cp-2").look().asked == "cp-2"


def test_the_next_machine_is_asked_where_an_answer_cannot_be_read(played: Played) -> None:
    played.program(
        f"[ -e {played.folder}/once ] || {{ touch {played.folder}/once; exit 1; }}\necho 7"
    )

    def number(said: list[Said]) -> int:
        if not said[0].out:
            raise EtcdUnreadable("nothing was said")
        return int(said[0].out)

    node, found = played.etcd("cp-1", "cp-2").ask("etcdctl_ get x", read=number)
    assert (node.name, found) == ("cp-2", 7)


def test_when_nobody_can_be_asked_each_reason_is_told(played: Played) -> None:
    played.program('echo \'{"level":"warn"}\' >&2; echo "Error: it is sealed" >&2; exit 1')
    with pytest.raises(EtcdError) as caught:
        played.etcd("gone", "cp-2").look()
    told = str(caught.value)
    assert "gone (gone): the SSH configuration cannot be used; cp-2: it is sealed." in told
    with pytest.raises(EtcdError, match="No node has the role etcd"):
        Etcd((), EtcdPart(topology="stacked"), {}).look()


def test_a_file_that_is_missing_is_named(played: Played) -> None:
    played.says(members(1), [], [])
    (played.folder / "key").unlink()
    with pytest.raises(EtcdError, match=r"cp-1: there is no file .*/key\."):
        played.etcd().look()


def test_an_etcdctl_that_says_something_else(played: Played) -> None:
    played.says("hello", [], [])
    with pytest.raises(EtcdError, match="etcdctl printed no JSON"):
        played.etcd().look()


def test_the_etcdctl_in_etcd_s_container_does_as_well(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = played.folder / "tools"
    tools.mkdir()
    for name in ("sh", "timeout", "head", "cat", "printf", "true"):
        for place in ("/bin", "/usr/bin"):
            if Path(place, name).exists():
                (tools / name).symlink_to(Path(place, name))
                break
    monkeypatch.setenv("PATH", f"{played.folder}:{tools}")
    monkeypatch.setattr("chaos.cluster.backend.ENVIRONMENT", "true")
    listed = json.dumps(members(1))
    played.program(
        f"""case "$1 $6" in
            "ps -q") echo 1234;;
            *) [ "$1 $2 $3" = "exec 1234 etcdctl" ] || exit 9
               case "$*" in *"member list"*) echo '{listed}';; *) echo '[]';; esac;;
        esac""",
        name="crictl",
    )
    assert played.etcd().look().members[0].node == "cp-1"
    (played.folder / "crictl").unlink()
    with pytest.raises(EtcdError, match="there is no etcdctl, and no running container etcd"):
        played.etcd().look()


def test_ids_beyond_what_a_float_holds_stay_exact() -> None:
    _, found = members_of(json.loads(json.dumps(members(1))), ADDRESSES)
    assert found == (
        EtcdMember(
            id=f"{IDS[1]:x}",
            name="cp-1",
            peer_urls=(url(1, 2380),),
            client_urls=(url(1),),
            node="cp-1",
        ),
    )


@pytest.mark.parametrize(
    ("name", "host", "node"),
    [
        ("a", "198.51.100.22", "cp-2"),
        ("cp-1", "198.51.100.22", "cp-2"),
        ("a", "CP-2", "cp-2"),
        ("a", "cp-2.example.com", "cp-2"),
        ("cp-2", "203.0.113.7", "cp-2"),
        ("cp-2.example.com", "etcd.example.com", "cp-2"),
        ("infra0", "db.example.com", None),
        ("198", "198.51.100.29", None),
        ("same", "same.example.com", None),
    ],
)
def test_where_a_member_stands(name: str, host: str, node: str | None) -> None:
    listed = {"members": [{"ID": 1, "name": name, "peerURLs": [f"https://{host}:2380"]}]}
    nodes = ADDRESSES | {"198.51.100.30": "same.a.test", "198.51.100.31": "same.b.test"}
    _, (found,) = members_of(listed, nodes)
    assert found.node == node


@pytest.mark.parametrize(
    ("took", "meant"),
    [
        ("13.0591ms", timedelta(milliseconds=13.0591)),
        ("1.2s", timedelta(seconds=1.2)),
        ("850µs", timedelta(microseconds=850)),
        ("1m3s", timedelta(seconds=63)),
        ("", None),
    ],
)
def test_durations_of_go(took: str, meant: timedelta | None) -> None:
    (found,) = health_of([{"endpoint": "e", "health": True, "took": took}])
    assert found.took == meant
