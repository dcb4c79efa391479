"""What the lab's tests read and write: etcd's log, and HAProxy's settings."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from chaos.measure.outcome import Outcome
from chaos.measure.span import Span
from chaos.measure.stall import CONTROL
from chaos.measure.timeline import Timeline
from chaos.prediction.balancer import Gone, detection
from chaos.prediction.haproxy import Road
from chaos.prediction.interval import total
from lab.plan import plan
from lab.spec import Spec
from lab.templates import render
from selftests.measuring.etcd_log import ELECTED, GONE, LOST, Change, Said, change, said
from selftests.measuring.guides_haproxy import GUIDE, OLD_GUIDE, as_the_guide_has_it
from selftests.measuring.on_lab import HOLD, LAB, as_writes_saw_it
from selftests.stub.stub import Truth
from selftests.stub.world import Fault, simulate, timeline_of
from selftests.unit.prediction_support import haproxy_file

# Seconds: the probes'.
TIMEOUT = 1.0

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
    back = [*list(said(LOG))[:2], Said(TEN + 2.5, ELECTED, "bbb")]  # it was started again in time
    assert change(back, since=TEN, leader="bbb", within=5) == Change(
        TEN + 0.1, TEN + 1.3, TEN + 2.5
    )
    with pytest.raises(LookupError, match="no log says elected, gone, lost for ccc"):
        change(every, since=TEN, leader="ccc", within=5)
    with pytest.raises(LookupError, match="no log says elected, gone, lost"):
        change(every, since=TEN + 4, leader="bbb", within=5)


OURS = render("balancer/haproxy.cfg.j2", plan=plan(Spec(name="words", subnet=0)))


@pytest.mark.parametrize("which", [GUIDE, OLD_GUIDE])
def test_the_guides_settings_are_put_into_the_labs_haproxy(which: str) -> None:
    guides = as_the_guide_has_it(OURS, which=which)
    assert "timeout check 10s" in guides
    assert "balance roundrobin" in guides
    assert ("option ssl-hello-chk" in guides) is (which == OLD_GUIDE)
    assert ("http-check connect ssl" in guides) is (which == GUIDE)
    for word in ("fastinter", "fall 2", "on-marked-down", "leastconn", "/readyz", "check-ssl"):
        assert word in OURS
        assert word not in guides
    assert guides.count("default-server check") == 1
    assert "frontend statistics" in guides
    with pytest.raises(ValueError, match="stands 0 times"):
        as_the_guide_has_it(guides, which=which)


@pytest.mark.parametrize(
    ("settings", "text", "least", "most"),
    [
        (GUIDE, as_the_guide_has_it(OURS), 10, 12),
        (OLD_GUIDE, as_the_guide_has_it(OURS, which=OLD_GUIDE), 10, 36),
        (LAB, OURS, 2.5, 3.5),
    ],
)
def test_an_apiserver_is_frozen_for_longer_than_it_is_met(
    settings: str, text: str, least: float, most: float
) -> None:
    file = haproxy_file(text)
    backend = next(one for one in file.config.backends if one.servers)
    road = Road("lb-1", file, backend, backend.servers[0])
    met = total(term.interval for term in detection(road, Gone.FROZEN))
    assert (met.least, met.most) == pytest.approx((least, most))
    assert most + TIMEOUT < HOLD[settings]


@pytest.mark.parametrize(
    ("length", "down"), [(0.85, False), (1.03, False), (1.3, True), (1.9, True)]
)
def test_an_election_is_seen_though_nobody_waits_for_it_in_vain(length: float, down: bool) -> None:
    truth = Span(10.013, 10.013 + length)
    samples = simulate([Fault("hang", truth)], until=20.0, rate=20, rng=random.Random(1))
    timeline = as_writes(timeline_of(samples, until=20.0))
    one = as_writes_saw_it(timeline, Truth("kill", truth))
    assert (one.valid, one.count) == (True, 1)
    assert one.edge <= one.allowed
    assert any(one.outcome is Outcome.TIMEOUT for one in timeline.samples["api-write"]) is down
    beside = as_writes_saw_it(timeline, Truth("kill", Span(truth.begin + 0.2, truth.end + 0.2)))
    assert beside.edge > beside.allowed


def as_writes(timeline: Timeline) -> Timeline:
    """The same, as if its one probe wrote."""
    probes = tuple(
        replace(one, name="api-write") if one.name == "p" else one for one in timeline.header.probes
    )
    samples = {"api-write": timeline.samples["p"], CONTROL: timeline.samples[CONTROL]}
    return replace(timeline, header=replace(timeline.header, probes=probes), samples=samples)
