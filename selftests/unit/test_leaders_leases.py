"""Leases: what only a non-holder would write is found, and what a holder may write is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaos.leaders.facts import LeaseWrite
from chaos.leaders.leases import judge
from chaos.leaders.summary import WANTED
from chaos.leaders.takeover import Takeover, takeovers
from chaos.measure.verdict import Verdict

FAULT, EPOCH = 10.0, 1_700_000_000.0
SCHEDULER = "kube-scheduler"


def write(at: float, holder: str, transitions: int, **other: object) -> LeaseWrite:
    """Written and told at this moment, by clocks that agree."""
    usual = LeaseWrite(
        lease=SCHEDULER,
        at=at + 0.01,
        version=int(at * 10),
        holder=holder,
        renewed=EPOCH + at,
        acquired=EPOCH + at,
        transitions=transitions,
        duration=15.0,
        writers=(SCHEDULER,),
    )
    return replace(usual, **other)  # type: ignore[arg-type]


def renewed(holder: str, transitions: int, begin: float, end: float) -> Iterator[LeaseWrite]:
    at = begin
    while at < end:
        yield write(at, holder, transitions, acquired=EPOCH + begin)
        at += 2.0


def taken(after: float = 16.0) -> list[LeaseWrite]:
    """a holds it until 9 s, b takes it so many seconds later."""
    return [*renewed("a", 3, 1.0, 10.0), *renewed("b", 4, 9.0 + after, 40.0)]


def fails(writes: list[LeaseWrite]) -> str:
    one = judge(writes, wanted=[SCHEDULER], fault=FAULT)
    assert one.verdict is Verdict.FAIL, one
    assert len(one.evidence) == 1
    return one.evidence[0]


def passes(writes: list[LeaseWrite]) -> None:
    one = judge(writes, wanted=[SCHEDULER], fault=FAULT)
    assert one.verdict is Verdict.PASS, one


def test_a_lease_that_ran_out_may_be_taken() -> None:
    passes(taken())


def test_one_that_was_given_back_may_be_taken_at_once() -> None:
    back = write(9.5, "", 3, duration=1.0)
    passes([*renewed("a", 3, 1.0, 9.0), back, *renewed("b", 4, 10.0, 30.0)])


def test_a_renewal_by_one_who_thinks_that_it_still_holds_it_fails() -> None:
    text = fails([*taken()[:7], write(28.0, "a", 3)])
    assert "for a with 3 transitions, as many as under b" in text


def test_a_lease_that_has_not_run_out_must_not_be_taken() -> None:
    text = fails(taken(after=5.0))
    assert "was taken from a 5.0 s after its last renewal (-0.990 s)" in text
    assert "good for 15 s" in text


@pytest.mark.parametrize(
    "other",
    [
        {"at": 26.0},  # by the watch it was late enough: the writers' clocks differ
        {"acquired": EPOCH + 25.0},  # by their clocks it was: the watch was late before
        {"whole": False},  # something in between was not told
        {"duration": None},
    ],
)
def test_one_clock_alone_is_no_proof(other: dict[str, object]) -> None:
    early = taken(after=5.0)
    if other == {"duration": None}:
        early = [replace(w, duration=None) for w in early]
        passes(early)
        return
    passes([*early[:5], replace(early[5], **other), *(w for w in early[6:] if w.at > 27)])  # type: ignore[arg-type]


def test_a_write_through_another_program_fails() -> None:
    edited = replace(taken()[2], writers=("kubectl-edit",))
    writes = taken()
    writes[2] = edited
    assert "was written through kubectl-edit" in fails(writes)


def test_a_holder_written_through_another_program_fails_once() -> None:
    both = (SCHEDULER, "kubectl-patch")  # the holder is that one's, the renewals are the others'
    writes = taken()
    writes[5:] = [replace(one, writers=both) for one in writes[5:]]
    assert "was written through kubectl-patch" in fails(writes)
    passes([replace(one, writers=both) for one in taken()])  # it was so when it was first seen


def test_a_lease_made_anew_while_nobody_watched_counts_from_the_beginning() -> None:
    passes([*renewed("a", 3, 1.0, 10.0), write(30.0, "b", 0, whole=False), write(32.0, "b", 0)])
    fails([*renewed("a", 3, 1.0, 10.0), write(30.0, "b", 3, whole=False), write(32.0, "b", 3)])


def test_too_few_writes_are_inconclusive_and_coordinated_election_is_not_covered() -> None:
    one = judge(taken(), wanted=WANTED, fault=FAULT)
    assert one.verdict is Verdict.INCONCLUSIVE
    assert "0 of kube-controller-manager" in one.reason
    other = judge([replace(taken()[0], strategy="Oldest")], wanted=[SCHEDULER], fault=FAULT)
    assert other.verdict is Verdict.NOT_COVERED


def test_the_time_to_a_new_holder() -> None:
    assert takeovers(taken(), fault=FAULT) == (
        Takeover(SCHEDULER, "a", last=-0.99, new="b", first=15.01),
    )
    assert takeovers(list(renewed("a", 3, 1.0, 40.0)), fault=FAULT) == ()
    left = list(renewed("a", 3, 1.0, 10.0))
    assert takeovers(left, fault=FAULT, until=40.0) == (
        Takeover(SCHEDULER, "a", last=-0.99, new="", first=None),
    )
    assert takeovers(left, fault=FAULT, until=20.0) == ()  # it is still good
