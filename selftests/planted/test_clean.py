"""Where nothing is planted nothing is red: the checklist on the sound lab, again and again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from chaos.measure.verdict import Verdict
from selftests.evidence import Evidence, Row, kept_in
from selftests.planted import checklist
from selftests.planted.bench import Bench
from selftests.planted.checklist import Ran

pytestmark = [pytest.mark.lab, pytest.mark.slow]

RUNS = 20
INTRO = """\
`holdfast run conformance` on the sound lab (three control planes, three workers, two balancers),
one run after another. Seconds are those of the whole command."""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder: Path = kept_in(tmp_path_factory.mktemp("evidence"))
    return Evidence.open("clean", title="Clean runs", folder=folder)


def row(number: int, ran: Ran) -> Row:
    waived = sorted(c.id for c in ran.result.checks if not c.counts)
    verdicts = Counter(c.verdict.value for c in ran.result.checks if c.counts)
    return {
        "run": number,
        "code": ran.code,
        "verdict": ran.result.verdict.value,
        "items": dict(sorted(verdicts.items())),
        "waived": waived,
        "red": sorted(ran.wrong),
        "seconds": ran.seconds,
    }


@pytest.mark.parametrize("number", range(RUNS))
def test_nothing_is_red(number: int, request: pytest.FixtureRequest, evidence: Evidence) -> None:
    if not evidence.has(run=number):
        bench: Bench = request.getfixturevalue("bench")
        ran = checklist.run(bench.inventory)
        evidence.add(row(number, ran))
    (kept,) = (one for one in evidence.rows if one["run"] == number)
    assert kept["red"] == []
    assert (kept["code"], kept["verdict"]) == (0, Verdict.PASS.value)


def test_the_page(evidence: Evidence) -> None:
    every = evidence.rows
    assert len(every) == RUNS
    seconds = [one["seconds"] for one in every]
    lines = ["| runs | items | waived | s, median (least to most) |", "| ---: | --- | --- | --- |"]
    ends = Counter((str(one["items"]), ", ".join(one["waived"])) for one in every)
    took = f"{median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"
    lines += [
        f"| {count} | {items.strip('{}').replace(chr(39), '')} | {waived} | {took} |"
        for (items, waived), count in ends.items()
    ]
    evidence.write(intro=INTRO, table="\n".join(lines))
