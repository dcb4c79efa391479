"""500 outages and what is beside them, kept as evidence: `make verify-measuring`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chaos.measure.stall import CONTROL
from chaos.measure.summary import stalls_of
from selftests.evidence import Evidence, Row, kept_in
from selftests.measuring import PROVED
from selftests.measuring.comparing import Seen, compare, invented
from selftests.measuring.looking import Looked, look
from selftests.measuring.outages import all_asked, rounds
from selftests.measuring.stalling import CROWDED, STARVED, STOPPED, loops, stops
from selftests.measuring.telling import broken, broken_each, figures, table

pytestmark = pytest.mark.slow

ROUNDS, STUBS, SEED = 20, 4, 5

INTRO = """\
Servers whose truth is known, to measure the measuring with (`make verify-measuring`,
`selftests/measuring`). Stubs of an apiserver go down in the ways below for 0.1 to 30 s, four of
them side by side, while one sampler reads from each over new and over reused connections, 20 times
a second each. The truth is what a stub itself wrote down, on the clock that all processes of a
machine share. An outage counts once for each of the two probes.

*Within bounds*: the truth lies inside of the upper bound. *Beyond what is allowed*: an edge of the
upper bound may be off by one period (50 ms) and the latency of a good sample; by three periods
where one backend of three is silent. *Invalid*: the machine stood still at an edge, as the control
probe tells; not judged. *Hung*: the process stands still and then goes on; its end is when it
serves the first of those who waited. *Silent*: it takes everything and answers nothing. *Slow*: it
answers 1.5 s late, beyond the time-out of 1 s. *In time*: answered before the time-out, which is
slow and no outage; the bounds are the slow lane's."""

_rng = random.Random(SEED)
PLAN = rounds(all_asked(_rng), count=ROUNDS, stubs=STUBS, rng=_rng)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = kept_in(tmp_path_factory.mktemp("evidence"))
    return Evidence.open(
        "measuring", title="Outages that are known, measured", of=PROVED, folder=folder
    )


def row(number: int, looked: Looked) -> Row:
    control = [sample.latency for sample in looked.timeline.samples[CONTROL]]
    stalled = stalls_of(looked.timeline)
    return {
        "round": number,
        "seconds": round(looked.timeline.span.length, 1),
        "stood still (s)": round(stalled.seconds(looked.timeline.span), 2),
        "control, p99 (ms)": round(1000 * sorted(control)[int(0.99 * len(control))], 1),
        "sampler (% of a processor)": round(100 * looked.sampler, 1),
        "invented": invented(looked),
        "seen": [one.as_line() for one in compare(looked)],
    }


def seen_in(kept: Row) -> list[Seen]:
    return [Seen.parse(line) for line in kept["seen"]]


@pytest.mark.parametrize("number", range(ROUNDS), ids=lambda n: f"round-{n:02d}")
def test_a_round(number: int, evidence: Evidence, tmp_path: Path) -> None:
    if not evidence.has(round=number):
        looked = look(PLAN[number], folder=tmp_path, rng=random.Random(f"{SEED} {number}"))
        evidence.add(row(number, looked))
    kept = next(kept for kept in evidence.rows if kept.get("round") == number)
    assert kept["invented"] == []
    assert broken_each(seen_in(kept)) == []


@pytest.mark.parametrize("case", [STOPPED, CROWDED, STARVED])
def test_a_runner_that_stands_still(case: str, evidence: Evidence, tmp_path: Path) -> None:
    if not evidence.has(case=case):
        if case == STOPPED:
            evidence.add(stops(tmp_path, 20))
        else:
            evidence.add(loops(tmp_path, 60.0, priority=case == CROWDED))
    kept = stall(evidence, case)
    assert kept["outages"] == 0
    if case == STOPPED:
        assert kept["seen as stalls"] == kept["stops"]
    if case == STARVED:
        assert kept["stood still (%)"] > 10  # so that a verdict would be INCONCLUSIVE


def stall(evidence: Evidence, case: str) -> Row:
    return next(kept for kept in evidence.rows if kept.get("case") == case)


def test_all_of_it_together(evidence: Evidence) -> None:
    kept = [row for row in evidence.rows if "round" in row]
    assert sorted(row["round"] for row in kept) == list(range(ROUNDS))
    every = [one for row in kept for one in seen_in(row)]
    evidence.write(
        intro=INTRO,
        table="\n\n".join([table(every), figures(every) + "\n" + around(kept), stalls(evidence)]),
    )
    assert broken(every) == []


def around(kept: list[Row]) -> str:
    sampler = max(row["sampler (% of a processor)"] for row in kept)
    still, whole = (sum(row[key] for row in kept) for key in ("stood still (s)", "seconds"))
    invented_ones = sum(len(row["invented"]) for row in kept)
    return (
        f"- Outages that no stub had: {invented_ones}.\n"
        f"- The machine stood still for {still:.1f} of {whole:.0f} s; the sampler took at most "
        f"{sampler:.0f} % of a processor in a round."
    )


def stalls(evidence: Evidence) -> str:
    stopped = stall(evidence, STOPPED)
    lines = [
        "## A runner that stands still\n",
        "| what is done to the sampler | windows that are invalid | outages |",
        "| --- | ---: | ---: |",
        f"| stopped (SIGSTOP) for 2 s, {stopped['stops']} times "
        f"| {stopped['seen as stalls']} of {stopped['stops']} | {stopped['outages']} |",
    ]
    for case in (CROWDED, STARVED):
        row = stall(evidence, case)
        how = "in real time" if row["in real time"] else "as an ordinary process"
        lines.append(
            f"| {case}, {how}, {row['seconds']:.0f} s | {row['stood still (%)']} % of the time "
            f"| {row['outages']} |"
        )
    return "\n".join(lines)
