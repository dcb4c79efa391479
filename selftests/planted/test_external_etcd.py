"""A cluster whose etcd stands on machines of its own passes the whole checklist as well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.measure.verdict import Verdict
from lab.spec import Spec
from selftests.lab_fixture import lab_of
from selftests.planted import checklist
from selftests.planted.checklist import Ran

pytestmark = [pytest.mark.lab, pytest.mark.slow]

SPEC = Spec(name="external", subnet=12, etcd="external")


@pytest.fixture(scope="module")
def ran(pytestconfig: pytest.Config) -> Iterator[Ran]:
    """The checklist on it."""
    with lab_of(SPEC, pytestconfig) as home:
        yield checklist.run(home.inventory)


def test_everything_passes(ran: Ran) -> None:
    assert ran.wrong == frozenset(), ran.out
    assert (ran.code, ran.result.verdict) == (0, Verdict.PASS), ran.out


def test_its_etcd_is_what_was_looked_at(ran: Ran) -> None:
    assert "etcd-1" in ran.told("etcd-odd-voters")
    assert ran.told("etcd-topology").startswith("a member stands on etcd-1")
