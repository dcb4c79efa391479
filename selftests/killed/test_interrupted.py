"""Ctrl-C and SIGTERM: it heals first, ends with 130, and leaves a report that can be read."""

from __future__ import annotations

import pytest

from selftests.evidence import Row
from selftests.killed import seen
from selftests.killed.cases import Case
from selftests.killed.judging import wrong_after_interruption
from selftests.killed.rows import Rows

pytestmark = pytest.mark.lab


def test_it_heals_before_it_ends(
    interrupted: Case, rows: Rows, request: pytest.FixtureRequest
) -> None:
    def see() -> Row:
        bench = request.getfixturevalue("bench")
        bench.made_clean()
        return seen.interrupted(bench, interrupted)

    assert wrong_after_interruption(rows.of(interrupted, see)) == []
