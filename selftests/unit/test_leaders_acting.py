"""How long two acted at once, and when the work was done again: bounds that hold the truth."""

from __future__ import annotations

import random

import pytest

from chaos.leaders.acting import INF, overlaps
from chaos.leaders.facts import ActingStatus
from chaos.leaders.working import Working, working
from chaos.measure.outcome import Outcome
from chaos.measure.sample import Sample

FAULT = 100.0


def asked(
    process: str, begin: float, end: float, *, rng: random.Random, silent: tuple[float, float]
) -> list[ActingStatus]:
    """A process that acts from begin to end, asked once a second for a minute."""
    told = []
    for second in range(60):
        at = second + rng.uniform(0, 0.5)
        took = rng.uniform(0.01, 0.3)
        read = at + rng.uniform(0, took)
        acting = None if silent[0] <= read < silent[1] else begin <= read < end
        told.append(
            ActingStatus(component="c", process=process, begin=at, end=at + took, acting=acting)
        )
    return told


@pytest.mark.parametrize("seed", range(60))
def test_the_truth_lies_within_the_bounds(seed: int) -> None:
    rng = random.Random(seed)
    old_end = rng.uniform(20, 40)
    new_begin = rng.uniform(15, 40)
    silent = (rng.uniform(15, 20), rng.uniform(20, 45)) if seed % 3 == 0 else (0.0, 0.0)
    told = [
        *asked("old", 0.0, old_end, rng=rng, silent=silent),
        *asked("new", new_begin, INF, rng=rng, silent=(0.0, 0.0)),
    ]
    truth = max(0.0, old_end - new_begin)
    found = overlaps(told)
    lower = sum(one.lower for one in found)
    upper = sum(one.upper for one in found)
    assert lower <= truth + 1e-9
    assert truth <= upper + 1e-9
    if seed % 3:
        assert upper - lower < 5.0


def test_two_that_act_at_once_are_told_with_both_bounds() -> None:
    def said(process: str, at: float, acting: bool) -> ActingStatus:
        return ActingStatus(component="c", process=process, begin=at, end=at, acting=acting)

    told = [said("a", at, at < 5) for at in range(10)] + [said("b", at, at > 2) for at in range(10)]
    (one,) = overlaps(told)
    assert (one.processes, one.begins, one.lower, one.upper) == (("a", "b"), 2, 1.0, 3.0)
    apart = [said("a", at, at < 4) for at in range(10)] + [
        said("b", at, at > 6) for at in range(10)
    ]
    assert overlaps(apart) == ()


def test_two_components_have_a_leader_each() -> None:
    told = [
        ActingStatus(component=name, process=name, begin=at, end=at, acting=True)
        for name in ("scheduler", "controller-manager")
        for at in (1.0, 2.0)
    ]
    assert overlaps(told) == ()


def canary(*tries: tuple[float, float, bool]) -> list[Sample]:
    return [
        Sample("canary", begin, begin, begin + took, Outcome.OK if fine else Outcome.TIMEOUT)
        for begin, took, fine in tries
    ]


USUAL = [(80.0, 2.0, True), (85.0, 3.0, True), (90.0, 2.0, True)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([(101.0, 2.0, True)], Working(0.0, 3.0, 3.0, 0)),
        ([(101.0, 17.0, True), (119.0, 2.0, True)], Working(1.0, 18.0, 3.0, 1)),
        (
            [(101.0, 10.0, False), (111.0, 10.0, False), (121.0, 2.0, True)],
            Working(11.0, 23.0, 3.0, 2),
        ),
        ([(101.0, 10.0, False), (111.0, 8.0, True)], Working(11.0, 19.0, 3.0, 2)),
        ([(101.0, 10.0, False)], Working(1.0, None, 3.0, 1)),
        ([], Working(0.0, None, 3.0, 0)),
        # What fails again later is another matter.
        (
            [(101.0, 10.0, False), (111.0, 2.0, True), (113.0, 10.0, False)],
            Working(1.0, 13.0, 3.0, 1),
        ),
        # Under way when the fault came: it proves nothing.
        ([(99.0, 2.0, True), (102.0, 12.0, True)], Working(2.0, 14.0, 3.0, 1)),
        ([(99.0, 16.0, True), (116.0, 2.0, True)], Working(0.0, 18.0, 3.0, 0)),
    ],
)
def test_when_the_work_was_done_again(
    after: list[tuple[float, float, bool]], expected: Working
) -> None:
    assert working(canary(*USUAL, *after), fault=FAULT) == expected


def test_without_a_baseline_only_failures_count() -> None:
    assert working(canary((101.0, 17.0, True)), fault=FAULT) == Working(0.0, 18.0, None, 0)
