"""Promises that are broken on purpose, again and again, kept as evidence: each is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.measure.verdict import Verdict
from selftests.evidence import Evidence, Row, kept_in
from selftests.measuring import PROVED
from selftests.measuring.breaking import (
    LEADERS,
    NOTHING,
    PLANTED,
    judged_in,
    planted,
    two_leaders,
)

TIMES = 5
SPEED = "10,000 operations"

INTRO = """\
What is planted is caught (`make verify-measuring`, `selftests/measuring/test_promises.py`). A
server keeps ConfigMaps and breaks its word once, at a write, a read or an event that is drawn; the
real recorder writes and reads there at 40 Hz, and the history is judged. *Nothing*: a write that is
answered with 503 and is there all the same, and a watch that is cut off and has to list again,
which break no promise. Two leaders are planted into the samples of a probe that asks three members
once a second."""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = kept_in(tmp_path_factory.mktemp("evidence"))
    return Evidence.open(
        "measuring-promises", title="Promises, broken and kept", of=PROVED, folder=folder
    )


def kept(evidence: Evidence, **what: object) -> Row:
    every = evidence.rows
    return next(row for row in every if all(row.get(key) == value for key, value in what.items()))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(TIMES))
@pytest.mark.parametrize("case", PLANTED)
def test_what_is_planted_is_caught(
    case: str, number: int, evidence: Evidence, tmp_path: Path
) -> None:
    if not evidence.has(case=case, number=number):
        evidence.add(planted(case, number, tmp_path))
    row = kept(evidence, case=case, number=number)
    if case == NOTHING:
        assert set(row["verdicts"].values()) == {Verdict.PASS.value}
    else:
        assert row["promise"] in row["broken"]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(TIMES))
def test_two_leaders_are_caught(number: int, evidence: Evidence) -> None:
    if not evidence.has(case=LEADERS, number=number):
        evidence.add(two_leaders(number))
    row = kept(evidence, case=LEADERS, number=number)
    assert row["broken"] == [row["promise"]]


@pytest.mark.slow
def test_ten_thousand_operations_are_judged_in_a_second(evidence: Evidence) -> None:
    if not evidence.has(case=SPEED):
        found = [judged_in(10_000) for _ in range(TIMES)]
        seconds = [round(took, 3) for _, took in found]
        evidence.add({"case": SPEED, "operations": found[0][0], "seconds": seconds})
    row = kept(evidence, case=SPEED)
    assert row["operations"] >= 10_000
    assert max(row["seconds"]) <= 1.0


@pytest.mark.slow
def test_the_page(evidence: Evidence) -> None:
    lines = [
        "| planted | caught | as a breach of | for one |",
        "| --- | ---: | --- | --- |",
    ]
    for case in (*PLANTED, LEADERS):
        mine = [row for row in evidence.rows if row["case"] == case]
        assert len(mine) == TIMES
        caught = sum(row["promise"] in row["broken"] for row in mine)
        broke = sum(bool(row["broken"]) for row in mine)
        first = next((text for row in mine for text in row["evidence"]), "–")
        told = f"{caught} of {TIMES}" if case != NOTHING else f"{broke} of {TIMES}"
        lines.append(f"| {case} | {told} | {mine[0]['promise'] or '–'} | {first} |")
    row = kept(evidence, case=SPEED)
    lines.append(
        f"\n{row['operations']} operations are judged in {min(row['seconds']):.2f} to "
        f"{max(row['seconds']):.2f} s of a processor (n = {len(row['seconds'])})."
    )
    evidence.write(intro=INTRO, table="\n".join(lines))


def test_two_leaders_that_are_planted_break_one_promise() -> None:
    row = two_leaders(0)
    assert row["broken"] == [row["promise"]]
    assert "term 5" in row["evidence"][0]
