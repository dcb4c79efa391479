"""What proves that killed runners heal is tried itself: its judging, its notes, its killing."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chaos.faults import Scene, TargetNode, registry
from chaos.safety.fence import Fence
from selftests.evidence import Evidence, Row
from selftests.fakes.node import ADDRESS, FakeNode
from selftests.killed import cases
from selftests.killed.command import WATCHDOG, Ended, Holdfast
from selftests.killed.judging import summed, wrong_after_interruption, wrong_after_kill
from selftests.killed.notes import Notes, parse
from selftests.killed.rows import Rows
from selftests.killed.table import page

NODE = {
    "armed": -12.0,
    "renewed": -2.0,
    "injected": -11.0,
    "fired": 28.1,
    "healed": 28.4,
    "late": 0.1,
}
KILLED: Row = {
    "case": "etcd-stop-kill hold SIGKILL",
    "fault": "etcd-stop",
    "variant": "kill",
    "moment": "hold",
    "ending": "SIGKILL",
    "renewed": True,
    "stage": "injected",
    "ttl": 30.0,
    "nodes": {"cp-1": NODE},
    "next code": 4,
    "next after": 3.1,
    "next names it": True,
    "heal code": 0,
    "heal said": ["Healed."],
    "left": [],
    "whole after": 1.0,
}
ENDED: Row = {
    "case": "kubelet-stop-kill hold SIGINT",
    "fault": "kubelet-stop",
    "variant": "kill",
    "moment": "hold",
    "ending": "SIGINT",
    "code": 130,
    "ended after": 3.0,
    "left": [],
    "lease": "",
    "report": [],
    "whole after": 1.0,
}


def changed(row: Row, *, node: dict[str, Any] | None = None, **other: Any) -> Row:
    made = copy.deepcopy(row)
    if node:
        made["nodes"]["cp-1"] |= node
    return made | {name.replace("_", " "): value for name, value in other.items()}


def test_what_went_as_promised_is_fine() -> None:
    assert wrong_after_kill(KILLED) == []
    assert wrong_after_interruption(ENDED) == []


@pytest.mark.parametrize(
    ("node", "other", "why"),
    [
        ({"healed": None}, {}, "never healed"),
        ({"healed": 40.2}, {}, "healed after 40.2 s, bound 40.0 s"),
        ({"armed": None}, {}, "no dead man was armed"),
        ({"fired": None}, {}, "the dead man did not come"),
        ({"injected": None}, {}, "the fault was not in"),
        ({"late": -0.6}, {}, "0.6 s early"),
        ({}, {"moment": "healed"}, "this was left: injected"),
        ({}, {"nodes": {"cp-1": None}}, "nothing of the generation"),
        ({}, {"next_code": 1}, "the next run ended with 1"),
        ({}, {"next_names_it": False}, "did not name"),
        ({}, {"next_after": 31.0}, "refused after 31.0 s"),
        ({}, {"heal_code": 4}, "`holdfast heal` ended with 4"),
        ({}, {"left": ["cp-1: one"]}, "left: cp-1: one"),
        ({}, {"whole_after": None}, "did not get whole"),
    ],
)
def test_each_broken_promise_of_a_kill_is_found(
    node: dict[str, Any], other: dict[str, Any], why: str
) -> None:
    assert why in " ".join(wrong_after_kill(changed(KILLED, node=node, **other)))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"code": 1}, "exit code 1, not 130"),
        ({"left": ["cp-1: one"]}, "left: cp-1: one"),
        ({"lease": "h/1"}, "still h/1's"),
        ({"report": ["there is no summary.md"]}, "report: there is no summary.md"),
        ({"whole_after": None}, "did not get whole"),
    ],
)
def test_each_broken_promise_of_an_interruption_is_found(other: Row, why: str) -> None:
    assert why in " ".join(wrong_after_interruption(changed(ENDED, **other)))


def test_a_partition_counts_from_its_arming() -> None:
    late = {"armed": -12.0, "renewed": None, "healed": 38.1}
    row = changed(KILLED, node=late, renewed=False, ttl=40.0)
    assert "healed after 38.1 s, bound 38.0 s" in " ".join(wrong_after_kill(row))
    assert wrong_after_kill(row | {"renewed": True}) == []


def test_where_nothing_was_in_the_dead_man_is_what_is_judged() -> None:
    node = {"injected": None, "healed": None}
    assert wrong_after_kill(changed(KILLED, node=node, moment="armed")) == []
    never = changed(KILLED, node={**node, "fired": None}, moment="armed")
    assert any("did not come" in why for why in wrong_after_kill(never))


def test_the_notes_of_a_real_fence(tmp_path: Path) -> None:
    node = FakeNode("cp-1", tmp_path / "cp-1")
    target = TargetNode(name="cp-1", address=ADDRESS, roles=frozenset({"control-plane"}))
    fence = Fence(node, "one", run=node.run_folder)
    report = f"sh {fence.folder}/fence.sh report"
    try:
        scene = Scene(targets=(target,))
        fence.deploy(registry()["kubelet-stop"].action(target, scene, "kill"), {})
        assert parse(node.sh(report).out) == Notes()
        begun = time.time()
        fence.arm(timedelta(seconds=30))
        armed = parse(node.sh(report).out)
        assert armed.since == armed.armed
        assert armed.over is None
        fence.renew()
        fence.inject()
        node.dead_man_comes()
        seen = parse(node.sh(report).out)
    finally:
        node.power_off()
    assert seen.undone
    assert seen.since == seen.renewed
    assert seen.over == seen.healed
    moments = [seen.armed, seen.renewed, seen.injected, seen.fired, seen.healed]
    assert [m for m in moments if m] == sorted(m for m in moments if m)
    assert len([m for m in moments if m and begun - 0.1 < m < time.time() + 0.1]) == 5


PROGRAM = f"""#!/bin/sh
echo "holding"
echo "  armed: one"
python3 -c 'import time; time.sleep(60)' - {WATCHDOG} >/dev/null 2>&1 & echo "watchdog $!"
setsid sh -c 'echo "child $$"; sleep 60' &
sleep 0.3
echo "  hold"
sleep 60
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Holdfast]:
    script = tmp_path / "holdfast"
    script.write_text(PROGRAM)
    script.chmod(0o755)
    with Holdfast(state=tmp_path, program=script) as command:
        yield command


def pid_of(command: Holdfast, who: str) -> int:
    return next(int(line.split()[1]) for line in command.lines if line.startswith(who))


def test_all_of_it_is_killed_but_for_a_watchdog(program: Holdfast) -> None:
    program.wait_for("hold", within=10)
    program.kill()
    assert program.process.returncode == -9
    # In a session of its own, as the sampler is.
    child = Path("/proc", str(pid_of(program, "child")))
    assert not child.exists() or "Z" in (child / "stat").read_text()
    watchdog = pid_of(program, "watchdog")
    os.kill(watchdog, 0)
    os.kill(watchdog, signal.SIGKILL)


def test_a_moment_is_a_whole_word_and_a_line_of_its_own(program: Holdfast) -> None:
    begun = time.monotonic()
    program.wait_for("hold", within=10)
    assert time.monotonic() - begun > 0.2, "`holding` is not `hold`"
    with pytest.raises(Ended, match="`heal` was never said"):
        program.wait_for("heal", within=0.2)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid_of(program, "watchdog"), signal.SIGKILL)


def test_cases_are_the_same_each_time_and_spread_over_a_period() -> None:
    some = list(cases.killed(4))
    assert len({str(case) for case in some}) == len(some)
    assert some == list(cases.killed(4))
    assert some[: len(list(cases.killed()))] == list(cases.killed())
    held = [case for case in some if case.moment == "hold" and case.fault != "zone-partition"]
    delays = sorted(case.delay for case in held)
    assert delays[0] < 9
    assert delays[-1] > 16
    assert max(delays) < cases.HOLD - 1
    assert [str(case) for case in some if case.quick] == [
        "etcd-stop-kill hold SIGKILL",
        "zone-partition-silent hold SIGKILL",
        "kubelet-stop-kill inject SIGKILL",
    ]
    assert set(cases.FAULTS) == set(registry()), "each fault is killed in its hold"


def test_a_row_that_is_kept_is_not_seen_again(tmp_path: Path) -> None:
    case = next(cases.killed())
    rows = Rows(Evidence(name="x", title="X", revision="r", folder=tmp_path))
    seen: list[str] = []

    def see() -> Row:
        seen.append(str(case))
        return {"case": str(case), "n": len(seen)}

    assert not rows.has_all([case])
    first = rows.of(case, see)
    assert first == rows.of(case, see) == {"case": str(case), "n": 1, "revision": "r"}
    assert rows.has_all([case])


def test_the_page_gives_figures_with_n() -> None:
    slow = changed(KILLED, node={"healed": 31.0})
    before = changed(
        KILLED, fault="kubelet-stop", moment="healed", stage="", nodes={}, renewed=True
    )
    text = page([KILLED, slow, before], [ENDED])
    assert "| etcd-stop, kill | 2 | 29.7 | 31.0 | 40.0 | dead man |" in text
    assert "| healed | 1 | – | – | – | runner, before it was killed |" in text
    assert "| hold | SIGINT | 130 | 3.0 |" in text
    assert summed(before)["healed"] is None
