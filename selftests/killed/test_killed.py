"""The runner is killed, and what it broke heals all the same; the next one finds what it left."""

from __future__ import annotations

import pytest

from selftests.evidence import Row
from selftests.killed import seen
from selftests.killed.cases import Case
from selftests.killed.judging import wrong_after_kill
from selftests.killed.rows import Rows

pytestmark = pytest.mark.lab


def test_it_heals_though_its_runner_is_killed(
    killed: Case, rows: Rows, request: pytest.FixtureRequest
) -> None:
    def see() -> Row:
        # Only now: a row that is kept needs no lab.
        bench = request.getfixturevalue("bench")
        bench.made_clean()
        return seen.killed(bench, killed)

    assert wrong_after_kill(rows.of(killed, see)) == []
