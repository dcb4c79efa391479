"""What the lab's tests read and write: etcd's log, and HAProxy's settings."""

from __future__ import annotations

import pytest

from lab.plan import plan
from lab.spec import Spec
from lab.templates import render
from selftests.measuring.etcd_log import ELECTED, GONE, LOST, Change, Said, change, said
from selftests.measuring.guides_haproxy import as_the_guide_has_it

LOG = """\
{"level":"warn","ts":"2026-11-20T10:00:00.100000Z","caller":"rafthttp/stream.go:421",\
"msg":"lost TCP streaming connection with remote peer","stream-reader-type":"stream Message",\
"local-member-id":"aaa","remote-peer-id":"bbb","error":"EOF"}
2026-11-20T10:00:01.3Z stderr F {"level":"info","ts":"2026-11-20T10:00:01.300000Z",\
"caller":"etcdserver/raft.go","msg":"raft.node: aaa lost leader bbb at term 4"}
{"level":"info","ts":"2026-11-20T10:00:01.400Z","msg":"raft.node: aaa elected leader aaa at term 5"}
{"level":"info","ts":"2026-11-20T10:00:03.000Z","msg":"raft.node: aaa elected leader ccc at term 6"}
Nov 20 systemd: Started etcd.
{"level":"info","ts":"not a time","msg":"raft.node: aaa elected leader ddd at term 7"}
{"level":"info","ts":"2026-11-20T10:00
""".splitlines()

TEN = 1795168800.0


def test_what_etcd_says_of_its_leader() -> None:
    assert list(said(LOG)) == [
        Said(TEN + 0.1, GONE, "bbb"),
        Said(TEN + 1.3, LOST, "bbb"),
        Said(TEN + 1.4, ELECTED, "aaa"),
        Said(TEN + 3.0, ELECTED, "ccc"),
    ]


def test_the_first_to_say_each_after_the_kill_counts() -> None:
    later = [Said(one.at + 0.02, one.what, one.who) for one in said(LOG)]
    before = [Said(TEN - 9, GONE, "bbb"), Said(TEN - 8, ELECTED, "bbb")]
    every = [*later, *said(LOG), *before]
    assert change(every, since=TEN, leader="bbb", within=5) == Change(
        TEN + 0.1, TEN + 1.3, TEN + 1.4
    )
    with pytest.raises(LookupError, match="no log says gone, lost for ccc"):
        change(every, since=TEN, leader="ccc", within=5)
    with pytest.raises(LookupError, match="no log says elected, gone, lost"):
        change(every, since=TEN + 4, leader="bbb", within=5)


def test_the_guides_settings_are_put_into_the_labs_haproxy() -> None:
    here = plan(Spec(name="words", subnet=0))
    ours = render("balancer/haproxy.cfg.j2", plan=here)
    guides = as_the_guide_has_it(ours)
    assert "timeout check 10s" in guides
    assert "balance roundrobin" in guides
    assert "option ssl-hello-chk" in guides
    for word in ("fastinter", "fall 2", "on-marked-down", "leastconn", "http-check", "check-ssl"):
        assert word in ours
        assert word not in guides
    assert guides.count("default-server check\n") == 1
    assert "frontend statistics" in guides
    with pytest.raises(ValueError, match="stands 0 times"):
        as_the_guide_has_it(guides)
