"""What is done on the lab, once each: a stretch of nothing, a leader killed, an apiserver frozen.

Each gives a row of evidence, from a timeline of its own.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory_parts import Role
from chaos.cluster.node import Node
from chaos.cluster.settings_read import read_settings
from chaos.cluster.shell import quote
from chaos.measure.judge import UNSEEN
from chaos.measure.probe import ProbeSpec
from chaos.measure.recovery import recovery
from chaos.measure.sample import READY
from chaos.measure.sampling import Sampling
from chaos.measure.span import Span
from chaos.measure.summary import Summary, summarize
from chaos.measure.timeline import Timeline
from chaos.prediction.balancer import Gone
from chaos.prediction.client import Client
from chaos.prediction.interval import Interval
from chaos.prediction.road import road_to, server_lost
from chaos.probing import probes_for
from chaos.steady import wait_whole
from selftests.evidence import Row
from selftests.measuring.comparing import Seen, seen
from selftests.measuring.etcd_log import Said, change, said
from selftests.measuring.guides_haproxy import GUIDE, OLD_GUIDE, as_the_guide_has_it
from selftests.measuring.outages import Asked, Kind
from selftests.stub.stub import Truth

NO_FAULT, LEADER, FROZEN = "no fault", "etcd leader killed", "apiserver frozen"

WINDOW = 10.0
# Seconds: how long a leader's end is looked for in the logs, and watched after the kill.
CHANGE = 8.0
# Before a fault: some samples that show what a good one is.
BASELINE = 3.0
LAB = "the lab's"
# Seconds for which the apiserver stands still: longer than is predicted, or nothing is known of the
# end; kubelet would kill it after about 80.
HOLD = {GUIDE: 20.0, OLD_GUIDE: 48.0, LAB: 10.0}

CONFIG = "/etc/haproxy/haproxy.cfg"


def whole(cluster: Cluster) -> None:
    """Wait until nothing is wrong with it."""
    back, troubles = wait_whole(cluster, within=timedelta(seconds=180))
    assert back is not None, troubles


def endpoint(cluster: Cluster, *kinds: str) -> list[ProbeSpec]:
    """The endpoint's own probes of these kinds."""
    every = {probe.name: probe for probe in probes_for(cluster, prepare=True)[0]}
    return [every[kind] for kind in kinds]


# --- nothing at all ---


def nothing(cluster: Cluster, folder: Path, *, windows: int) -> Row:
    """So many windows of 10 s with all probes and without a fault."""
    file = folder / "timeline.jsonl"
    probes, left_out = probes_for(cluster, prepare=True)
    with Sampling(probes, file):
        time.sleep(windows * WINDOW)
    timeline = Timeline.read(file)
    ready = timeline.first(READY)
    assert ready
    invalid, found, attempts = 0, [], 0
    for n in range(windows):
        since = ready.at + n * WINDOW
        seen_now = [
            summarize(timeline, info.name, since=since, until=since + WINDOW)
            for info in timeline.header.probes
        ]
        if max(one.stalled_share for one in seen_now) > UNSEEN:
            invalid += 1
            continue
        attempts += sum(one.ok + one.failed for one in seen_now)
        found += [told for one in seen_now for told in _told(one)]
    return {
        "probes": len(probes),
        "left out": dict(left_out),
        "windows": windows,
        "invalid": invalid,
        "attempts": attempts,
        "outages": found,
    }


def _told(one: Summary) -> list[str]:
    return [
        f"{outage.probe}: {outage.upper.length:.2f} s, "
        + ", ".join(f"{kind} {count}" for kind, count in outage.classes.items())
        for outage in one.every_outage
    ]


# --- etcd's leader ---


def leader_killed(cluster: Cluster, folder: Path) -> Row:
    """Kill etcd's leader, and hold what writes saw against what the survivors logged."""
    whole(cluster)
    leader = cluster.etcd_facts().leader
    assert leader
    assert leader.node
    file = folder / "timeline.jsonl"
    with Sampling(endpoint(cluster, "api-write"), file):
        time.sleep(BASELINE)
        # The lab's machines have this machine's clock.
        shift = time.time() - time.monotonic()
        struck = _signal(cluster.node(leader.node), "etcd", "KILL")
        time.sleep(CHANGE)
    survivors = [node for node in cluster.etcd_nodes if node.name != leader.node]
    told = [one for node in survivors for one in _log(node, since=struck)]
    found = change(told, since=struck, leader=leader.id, within=CHANGE)
    # From the signal on it serves nobody; its connections end when its memory has been given back.
    truth = Truth("kill", Span(struck - shift, found.elected - shift))
    one = as_writes_saw_it(Timeline.read(file), truth)
    return {
        "leader": leader.node,
        "killed to gone (s)": round(found.gone - struck, 3),
        "killed to lost (s)": round(found.lost - struck, 3),
        "killed to elected (s)": round(truth.span.length, 3),
        "writes failed or slow, upper bound (s)": round(one.upper, 3),
        "begin off (ms)": round(1000 * one.begin, 1),
        "end off (ms)": round(1000 * one.end, 1),
        "allowed (ms)": round(1000 * one.allowed, 1),
        "valid": one.valid,
        "seen": one.count,
        "wrong": one.wrong,
    }


def as_writes_saw_it(timeline: Timeline, truth: Truth) -> Seen:
    """How writes saw a leader's end: as an outage, or as a run of slow ones, if all were answered.

    Who asks while there is no leader is kept waiting, and an election may take less than a
    probe's time-out.
    """
    kind, length = Kind(LEADER, "kill"), truth.span.length
    one = seen(timeline, Asked(kind, length), truth, probe="api-write")
    if one.count or length > timeline.probe("api-write").timeout + one.allowed:
        return one
    return seen(timeline, Asked(replace(kind, outage=False), length), truth, probe="api-write")


def _log(node: Node, *, since: float) -> list[Said]:
    ask = f"journalctl --unit etcd --output cat --since @{int(since) - 1}"
    return list(said(node.run(ask, check=True).out.splitlines()))


# --- a frozen apiserver, behind one HAProxy and the other ---


def settle_balancers(cluster: Cluster, settings: str, ours: str) -> None:
    """Give all balancers these settings, and wait until all servers are up."""
    text = ours if settings == LAB else as_the_guide_has_it(ours, which=settings)
    for node in cluster.with_role(Role.LOAD_BALANCER):
        node.run(f"cat > {CONFIG}", stdin=text, check=True)
        node.run(f"haproxy -c -q -f {CONFIG} && systemctl reload haproxy", check=True)
    whole(cluster)


def frozen(cluster: Cluster, folder: Path, *, settings: str, number: int) -> Row:
    """Stop an apiserver's process, and see for how long new connections meet it."""
    whole(cluster)
    planes = cluster.with_role(Role.CONTROL_PLANE)
    node = planes[number % len(planes)]
    probes = endpoint(cluster, "api-read-new")
    interval = _predicted(cluster, node, *probes)
    file = folder / "timeline.jsonl"
    with Sampling(probes, file):
        time.sleep(BASELINE)
        shift = time.time() - time.monotonic()
        stopped = _signal(node, "kube-apiserver", "STOP") - shift
        try:
            time.sleep(HOLD[settings])
        finally:
            went_on = _signal(node, "kube-apiserver", "CONT") - shift
        time.sleep(2.0)
    summary = summarize(Timeline.read(file), "api-read-new", since=stopped - 0.5)
    back = recovery(summary.every_outage, since=stopped, heal=went_on, unseen=summary.unseen)
    during = [one for one in summary.degradations if one.upper.end > stopped]
    return {
        "settings": settings,
        "number": number,
        "predicted (s)": f"{interval.least:.1f} to {interval.most:.1f}",
        "predicted": [interval.least, interval.most],
        "measured, lower (s)": round(back.lower, 2),
        "measured, upper (s)": round(back.upper, 2),
        "failed meanwhile (%)": round(100 * max((one.share for one in during), default=1.0), 1),
        "only by the heal": back.by_heal,
        "invalid": summary.stalled_share > UNSEEN,
    }


def _signal(node: Node, program: str, name: str) -> float:
    """Send it to the program there; the wall clock just before.

    By bash alone: a program that is started in between takes 10 ms and more.
    """
    send = f'pid=$(pidof {program}) && echo "$EPOCHREALTIME" && kill -{name} $pid'
    return float(node.run(f"LC_ALL=C bash -c {quote(send)}", check=True).out)


def _predicted(cluster: Cluster, node: Node, probe: ProbeSpec) -> Interval:
    """How long the probe should meet this apiserver, by the settings as they are now."""
    client = Client.of(probe)
    assert client
    settings = read_settings(cluster)
    road = road_to(settings, name=node.name, address=node.address, without=frozenset())
    (branch,) = server_lost(road, Gone.FROZEN, client)
    return branch.interval
