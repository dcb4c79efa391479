"""The measuring on the lab: nothing where nothing is, and what etcd and HAProxy say themselves.

The lab has its etcd on machines of its own: there systemd starts a killed member again at once,
where kubelet would wait longer each time. These are three machines more than the default lab has,
so it has a worker less: two processors carry them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.cluster.cluster import Cluster
from chaos.cluster.inventory import load
from chaos.cluster.inventory_parts import Role
from lab.spec import Spec
from selftests.evidence import Evidence, Row, kept_in
from selftests.lab_fixture import lab_of
from selftests.measuring import PROVED, on_lab
from selftests.measuring.on_lab import FROZEN, HOLD, LEADER, NO_FAULT
from selftests.measuring.telling import JUDGED

pytestmark = [pytest.mark.lab, pytest.mark.slow]

NAME, SUBNET = "measuring", 7

STRETCHES, WINDOWS = 10, 10
KILLS = 20
FREEZES = 3


@pytest.fixture(scope="module")
def cluster(pytestconfig: pytest.Config) -> Iterator[Cluster]:
    with lab_of(Spec(name=NAME, subnet=SUBNET, etcd="external", workers=2), pytestconfig) as home:
        yield Cluster(load(home.inventory))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = kept_in(tmp_path_factory.mktemp("evidence"))
    return Evidence.open("measuring-lab", title="Measuring, on the lab", of=PROVED, folder=folder)


def rows(evidence: Evidence, case: str, **what: object) -> list[Row]:
    every = [row for row in evidence.rows if row["case"] == case]
    return [row for row in every if all(row[key] == value for key, value in what.items())]


@pytest.mark.parametrize("stretch", range(STRETCHES))
def test_where_nothing_is_broken_nothing_is_seen(
    stretch: int, request: pytest.FixtureRequest, evidence: Evidence, tmp_path: Path
) -> None:
    if not evidence.has(case=NO_FAULT, stretch=stretch):
        cluster: Cluster = request.getfixturevalue("cluster")
        on_lab.whole(cluster)
        row = on_lab.nothing(cluster, tmp_path, windows=WINDOWS)
        evidence.add({"case": NO_FAULT, "stretch": stretch, **row})
    (row,) = rows(evidence, NO_FAULT, stretch=stretch)
    assert row["outages"] == []


@pytest.mark.parametrize("number", range(KILLS))
def test_bounds_hold_what_etcd_logged_of_its_leader(
    number: int, request: pytest.FixtureRequest, evidence: Evidence, tmp_path: Path
) -> None:
    if not evidence.has(case=LEADER, number=number):
        row = on_lab.leader_killed(request.getfixturevalue("cluster"), tmp_path)
        evidence.add({"case": LEADER, "number": number, **row})
    (row,) = rows(evidence, LEADER, number=number)
    if row["valid"]:
        assert row["seen"] == 1
        assert max(abs(row["begin off (ms)"]), abs(row["end off (ms)"])) <= row["allowed (ms)"]


@pytest.fixture(scope="module")
def balancers(cluster: Cluster) -> Iterator[str]:
    """The lab's own haproxy.cfg, which is put back afterwards."""
    one = cluster.with_role(Role.LOAD_BALANCER)[0]
    ours = one.run(f"cat {on_lab.CONFIG}", check=True).out
    yield ours
    on_lab.settle_balancers(cluster, "the lab's", ours)


@pytest.mark.parametrize("number", range(FREEZES))
@pytest.mark.parametrize("settings", sorted(HOLD))
def test_a_frozen_apiserver_is_met_for_as_long_as_the_settings_say(
    settings: str,
    number: int,
    request: pytest.FixtureRequest,
    evidence: Evidence,
    tmp_path: Path,
) -> None:
    if not evidence.has(case=FROZEN, settings=settings, number=number):
        cluster: Cluster = request.getfixturevalue("cluster")
        ours: str = request.getfixturevalue("balancers")
        on_lab.settle_balancers(cluster, settings, ours)
        row = on_lab.frozen(cluster, tmp_path, settings=settings, number=number)
        evidence.add({"case": FROZEN, **row})
    (row,) = rows(evidence, FROZEN, settings=settings, number=number)
    if not row["invalid"]:
        assert not row["only by the heal"]
        least, most = row["predicted"]
        assert row["measured, upper (s)"] >= least
        assert row["measured, lower (s)"] <= most


INTRO = """\
What the lab itself says, held against what was measured (`make verify-measuring`,
`selftests/measuring/test_on_lab.py`). The lab has its etcd on three machines of its own."""


def test_the_page(evidence: Evidence) -> None:
    quiet, kills, freezes = (rows(evidence, case) for case in (NO_FAULT, LEADER, FROZEN))
    assert (len(quiet), len(kills), len(freezes)) == (STRETCHES, KILLS, FREEZES * len(HOLD))
    evidence.write(
        intro=INTRO, table="\n\n".join([_quiet(quiet), _kills(kills), _freezes(freezes)])
    )
    windows, invalid = (sum(row[key] for row in quiet) for key in ("windows", "invalid"))
    assert windows - invalid >= JUDGED * windows
    assert sum(row["valid"] for row in kills) >= JUDGED * KILLS


def _quiet(every: list[Row]) -> str:
    windows, invalid, attempts = (
        sum(row[key] for row in every) for key in ("windows", "invalid", "attempts")
    )
    outages = sum(len(row["outages"]) for row in every)
    probes = min(row["probes"] for row in every)
    left_out = sorted({f"{name}: {why}" for row in every for name, why in row["left out"].items()})
    return (
        "## No fault\n\n"
        f"{windows} windows of 10 s with {probes} probes, {invalid} of them invalid: {attempts} "
        f"attempts, {outages} outages. Left out: {'; '.join(left_out) or 'none'}."
    )


def _kills(every: list[Row]) -> str:
    valid = [row for row in every if row["valid"]]
    lines = [
        "## etcd's leader killed\n",
        "The truth is from the signal to the first `elected leader` in the survivors' logs; *gone* "
        "is when they log the end of their streams to the leader. Measured: the upper bound of the "
        "outage of writes through the endpoint; of their slowness, where there was a leader within "
        "the time-out (1 s). An edge may be off by one period (50 ms) and the latency of a good "
        "write.\n",
        "| leader | killed to gone (s) | to elected (s) | writes failed or slow, upper bound (s) "
        "| begin off (ms) | end off (ms) | allowed (ms) |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['leader']} | {row['killed to gone (s)']:.2f} | {row['killed to elected (s)']:.2f} "
        f"| {row['writes failed or slow, upper bound (s)']:.2f} | {row['begin off (ms)']:.0f} "
        f"| {row['end off (ms)']:.0f} | {row['allowed (ms)']:.0f} |"
        for row in valid
    ]
    lines.append(f"\nn = {len(every)}, of which {len(every) - len(valid)} invalid.")
    return "\n".join(lines)


def _freezes(every: list[Row]) -> str:
    lines = [
        "## A frozen apiserver, one of three\n",
        "How long new connections through the balancer met it, from the freeze to the last failure "
        "and to the first success after that. *The guide's*: HAProxy as kubeadm's guide to high "
        "availability sets it, now and until May 2024; *the lab's*: as `docs/lab.md` tells.\n",
        "| HAProxy's settings | predicted (s) | measured (s) | failed meanwhile |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['settings']} | {row['predicted (s)']} | {row['measured, lower (s)']:.2f} to "
        f"{row['measured, upper (s)']:.2f} | {row['failed meanwhile (%)']:.0f} % |"
        for row in every
        if not row["invalid"]
    ]
    return "\n".join(lines)
