"""Verdicts have an order, and combining them takes the worst."""

from __future__ import annotations

import itertools

import pytest

from chaos.measure.outcome import Outcome
from chaos.measure.verdict import Verdict, worst

ORDER = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.UNHEALED]


def test_they_are_ordered_as_the_design_says() -> None:
    assert sorted([ORDER[n] for n in (2, 0, 3, 1)]) == ORDER


@pytest.mark.parametrize(("one", "other"), list(itertools.product(ORDER, repeat=2)))
def test_the_worst_of_two_is_the_later_one_whatever_their_order(
    one: Verdict, other: Verdict
) -> None:
    assert worst([one, other]) is ORDER[max(ORDER.index(one), ORDER.index(other))]


def test_of_nothing_nothing_passed() -> None:
    assert worst([]) is Verdict.INCONCLUSIVE


def test_not_covered_stands_apart() -> None:
    assert worst([Verdict.NOT_COVERED, Verdict.PASS]) is Verdict.PASS
    assert worst([Verdict.NOT_COVERED]) is Verdict.NOT_COVERED
    with pytest.raises(TypeError):
        assert Verdict.NOT_COVERED < Verdict.PASS
    with pytest.raises(TypeError):
        assert Verdict.NOT_COVERED > Verdict.PASS


def test_every_outcome_proves_service_or_is_a_failure_or_was_not_sent() -> None:
    served = {o for o in Outcome if o.served}
    failed = {o for o in Outcome if o.failed}
    assert served == {Outcome.OK, Outcome.SLOW, Outcome.CONFLICT}
    assert set(Outcome) - served - failed == {Outcome.NOT_SENT}
    assert not served & failed
