"""A run that did not come to its end is no pass."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.measure.verdict import Verdict
from chaos.result import ClusterResult
from fixtures import gate
from reports.assemble import About, assemble, run_verdict
from selftests.unit.reports_support import check, experiment

REPO = Path(__file__).parents[2]
ABOUT = About(
    profile="gate",
    begins="2026-11-20T14:01:55+00:00",
    seed=1,
    cluster=ClusterResult(name="a", uid="1-2-3", environment="lab"),
)
GOOD = check("a-b", "A")


@pytest.mark.parametrize(
    ("code", "told"), [(0, ""), (1, ""), (5, ""), (3, "pytest broke off with code 3")]
)
def test_pytests_exit_code_tells_whether_it_came_to_its_end(code: int, told: str) -> None:
    assert gate._pytest([sys.executable, "-c", f"raise SystemExit({code})"]) == ("", told)


def test_what_broke_off_is_inconclusive_whatever_was_seen(tmp_path: Path) -> None:
    ABOUT.write(tmp_path)
    assert assemble(tmp_path, [GOOD]).verdict is Verdict.PASS
    replace(ABOUT, broken="pytest broke off with code 3").write(tmp_path)
    result = assemble(tmp_path, [GOOD])
    told = (result.verdict, result.reason)
    assert told == (Verdict.INCONCLUSIVE, "pytest broke off with code 3")


def test_an_experiment_that_could_not_be_tried_is_inconclusive_unless_waived() -> None:
    one = experiment("etcd_stop", "etcd_leader", verdict=Verdict.NOT_COVERED, reason="one master")
    verdict, reason = run_verdict([GOOD], [one])
    assert (verdict, reason) == (Verdict.INCONCLUSIVE, f"{one.name}: one master")
    assert run_verdict([GOOD], [replace(one, waiver="agreed")])[0] is Verdict.PASS
    failed = replace(one, verdict=Verdict.FAIL, waiver="agreed")
    assert run_verdict([GOOD], [failed])[0] is Verdict.PASS
    told = "1 checks and 1 experiments; 1 waived"
    assert run_verdict([GOOD], [failed]) == (Verdict.PASS, told)
    over = replace(GOOD, verdict=Verdict.FAIL, evidence=("over",), expired="r")
    assert run_verdict([over], [failed]) == (Verdict.FAIL, "a-b: over; 1 waived, 1 waiver expired")
    unhealed = replace(one, verdict=Verdict.UNHEALED, waiver="agreed")
    assert run_verdict([GOOD], [unhealed])[0] is Verdict.UNHEALED


def test_an_interruption_is_handed_on_once_and_waited_for(tmp_path: Path) -> None:
    """Three Ctrl-C in a row: what heals is interrupted once, and ends by itself."""
    child = textwrap.dedent(
        f"""
        import signal, time
        from pathlib import Path
        seen = []
        signal.signal(signal.SIGINT, lambda *_: seen.append(1))
        Path({str(tmp_path / "ready")!r}).touch()
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            time.sleep(0.05)
        Path({str(tmp_path / "seen")!r}).write_text(str(len(seen)))
        """
    )
    code = (
        "import sys; from fixtures import gate;"
        f"told = gate._pytest([sys.executable, '-c', {child!r}]); print(told)"
    )
    runner = subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPO, stdout=subprocess.PIPE, text=True, process_group=0
    )
    end = time.monotonic() + 20
    while not (tmp_path / "ready").exists() and time.monotonic() < end:
        time.sleep(0.05)
    for _ in range(3):
        os.killpg(runner.pid, signal.SIGINT)
        time.sleep(0.2)
    out, _ = runner.communicate(timeout=20)
    assert out.strip() == "('it was interrupted', '')"
    assert (tmp_path / "seen").read_text() == "1"
