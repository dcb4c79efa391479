"""What an outage is owed to, as far as a timeline can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from chaos.measure.attribution import Attribution, attribute
from chaos.measure.control import control_spec
from chaos.measure.lines import event_line, header_for, header_line, sample_line
from chaos.measure.outcome import Outcome
from chaos.measure.probe import ProbeSpec
from chaos.measure.sample import STOPPED, Event, Sample
from chaos.measure.summary import summarize
from chaos.measure.timeline import Timeline

READS = ProbeSpec("api-read-new", "api-read-new", "endpoint", "x:y", 20.0)
DIRECT = [
    ProbeSpec(f"api-read-new@{node}", "api-read-new", node, "x:y", 5.0)
    for node in ("cp-1", "cp-2", "cp-3")
]
BALANCER = ProbeSpec("balancer-view@lb-1", "balancer-view", "lb-1", "x:y", 1.0)
END = 40.0

Down = tuple[float, float]


def written(
    folder: Path,
    *,
    reads: Down = (10.0, 13.0),
    direct: dict[str, Down] | None = None,
    view: Callable[[float], str] | None = None,
    events: Iterable[tuple[float, str, dict[str, object]]] = (),
) -> Timeline:
    """A timeline in which some fail from one moment to another."""
    probes = [READS, *DIRECT, *([BALANCER] if view else []), control_spec()]
    header = header_for(probes)
    zero = header.monotonic
    lines = [header_line(header)]
    for probe in probes:
        down = reads if probe is READS else (direct or {}).get(probe.path, (0.0, 0.0))
        for tick in range(int(END * probe.rate)):
            due = tick / probe.rate
            failed = down[0] <= due < down[1] and probe.name != "control"
            outcome = Outcome.CONNECT if failed else Outcome.OK
            detail = {"down": view(due), "up": "…"} if view and probe is BALANCER else {}
            at = zero + due
            lines.append(sample_line(Sample(probe.name, at, at, at + 0.004, outcome, detail)))
    lines += [event_line(Event(zero + at, kind, data)) for at, kind, data in events]
    lines.append(event_line(Event(zero + END, STOPPED)))
    file = folder / "timeline.jsonl"
    file.write_bytes(b"".join(lines))
    return Timeline.read(file)


def told(timeline: Timeline, probe: str = READS.name) -> Attribution:
    (outage,) = summarize(timeline, probe).every_outage
    return attribute(timeline, outage)


INJECTED: tuple[float, str, dict[str, object]] = (9.9, "injected", {})


def test_the_whole_story_of_one_apiserver(tmp_path: Path) -> None:
    timeline = written(
        tmp_path,
        direct={"cp-1": (10.0, 30.0)},
        view=lambda at: "apiservers/cp-1 DOWN L6TOUT" if at > 12.5 else "",
        events=[INJECTED, (9.5, "phase", {"name": "inject"}), (30.0, "healing", {})],
    )
    found = told(timeline)
    assert found.began == "it began as the fault was injected (-0.10 s)"
    change = "balancer-view@lb-1: down from nothing to apiservers/cp-1 DOWN L6TOUT"
    assert found.during == (f"+2.00 s to +3.00 s {change}",)
    assert found.backends == (
        "cp-1 asked by itself failed from +0.00 s to +20.00 s; cp-2, cp-3 served"
    )
    assert found.ended == f"it ended as {change} (+2.00 s to +3.00 s)"
    assert len(found.sentences) == 4


def test_where_several_may_have_ended_it_all_are_named(tmp_path: Path) -> None:
    timeline = written(
        tmp_path,
        direct={"cp-2": (10.0, 13.0)},
        events=[INJECTED, (12.7, "vip-moved", {"to": "lb-2"}), (12.8, "etcd-leader", {})],
    )
    found = told(timeline)
    assert found.ended.startswith("it ended as one of these: vip-moved (to lb-2) (+2.70 s); ")
    assert "etcd-leader (+2.80 s)" in found.ended
    assert "cp-2 served again" in found.ended
    assert [text.partition(" s ")[2] for text in found.during] == [
        "vip-moved (to lb-2)",
        "etcd-leader",
    ]


def test_what_nobody_knows_is_not_made_up(tmp_path: Path) -> None:
    found = told(written(tmp_path, events=[(2.0, "injected", {}), (20.0, "healing", {})]))
    nothing = "and nothing is known that happened then"
    assert found.began == f"it began, {nothing}"
    assert found.ended == f"it ended, {nothing}"
    assert found.during == ()
    assert found.backends == "cp-1, cp-2, cp-3 served"


def test_an_end_that_was_not_seen_is_none(tmp_path: Path) -> None:
    found = told(written(tmp_path, reads=(10.0, 99.0), events=[INJECTED]))
    assert found.ended == "it ended never"
    found = told(_from_start(tmp_path))
    assert found.began == "it began before anything was known"


def _from_start(folder: Path) -> Timeline:
    other = folder / "other"
    other.mkdir()
    return written(other, reads=(0.0, 3.0))


def test_the_heal_may_have_ended_it(tmp_path: Path) -> None:
    timeline = written(
        tmp_path, reads=(10.0, 30.0), events=[INJECTED, (29.8, "healing", {}), (31.5, "healed", {})]
    )
    assert told(timeline).ended == "it ended as the heal began (+19.80 s)"


def test_an_uncertain_clock_widens_when_it_was(tmp_path: Path) -> None:
    event = (11.0, "etcd-elected", {"within": 0.25, "node": "cp-2"})
    (line,) = told(written(tmp_path, events=[event])).during
    assert line == "+0.75 s to +1.25 s etcd-elected (node cp-2)"


def test_an_apiserver_s_own_outage_names_no_others(tmp_path: Path) -> None:
    timeline = written(tmp_path, direct={"cp-1": (10.0, 13.0)}, events=[INJECTED])
    found = told(timeline, "api-read-new@cp-1")
    assert found.backends == ""
    assert found.began == "it began as the fault was injected (-0.10 s)"


def lease(at: float, holder: str) -> tuple[float, str, dict[str, object]]:
    return at, "lease", {"lease": "kube-scheduler", "holder": holder, "version": str(at)}


def test_a_lease_that_is_renewed_is_no_news_and_a_new_holder_is(tmp_path: Path) -> None:
    events = [lease(9.0, "cp-1"), lease(11.0, "cp-1"), lease(12.0, ""), lease(12.5, "cp-2")]
    assert told(written(tmp_path, events=events)).during == (
        "+2.00 s lease kube-scheduler: holder from cp-1 to nobody",
        "+2.50 s lease kube-scheduler: holder from nobody to cp-2",
    )


def test_how_things_were_at_the_beginning_is_no_change(tmp_path: Path) -> None:
    ready: dict[str, object] = {"node": "cp-1", "type": "Ready", "status": "True"}
    first = (11.0, "node-condition", {**ready, "first": True})
    later = (11.5, "node-condition", {**ready, "status": "Unknown"})
    assert told(written(tmp_path, events=[first, later])).during == (
        "+1.50 s node-condition (node cp-1, type Ready, status Unknown)",
    )


@pytest.mark.parametrize("at", [8.9, 14.2])
def test_what_is_far_from_an_edge_is_not_its_cause(tmp_path: Path, at: float) -> None:
    found = told(written(tmp_path, events=[(at, "vip-moved", {})]))
    assert "vip-moved" not in " ".join(found.sentences)
