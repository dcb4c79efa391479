"""Ended runs: the lab's cluster, and the rows that are kept of what was seen."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab.machines import Fleet
from selftests.evidence import FOLDER, Evidence
from selftests.killed import cases
from selftests.killed.bench import Bench
from selftests.killed.rows import Rows
from selftests.killed.table import INTRO, page

EVIDENCE = "HOLDFAST_EVIDENCE"
"""In the environment: rows are kept in docs/evidence, those of this revision are gone on with."""
TIMES = "HOLDFAST_TIMES"
"""There too: how often each run is killed; where rows are kept, three times."""


def all_killed() -> list[cases.Case]:
    times = "3" if os.environ.get(EVIDENCE) else "1"
    return list(cases.killed(int(os.environ.get(TIMES, times))))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "killed" in metafunc.fixturenames:
        _parametrize(metafunc, "killed", all_killed())
    if "interrupted" in metafunc.fixturenames:
        _parametrize(metafunc, "interrupted", list(cases.interrupted()))


def _parametrize(metafunc: pytest.Metafunc, name: str, some: list[cases.Case]) -> None:
    marked = [
        pytest.param(case, id=str(case), marks=() if case.quick else pytest.mark.slow)
        for case in some
    ]
    metafunc.parametrize(name, marked)


@pytest.fixture(scope="session")
def bench(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The lab's cluster. A runner's state of these tests' own: a user's is not looked at."""
    return Bench.of(fleet.home.inventory, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def rows(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rows]:
    """What was seen, by case: where it is kept, by an earlier run of these tests too."""
    folder = FOLDER if os.environ.get(EVIDENCE) else tmp_path_factory.mktemp("evidence")
    rows = Rows(Evidence.open("killed", title="Killed runners", folder=folder))
    yield rows
    killed, interrupted = all_killed(), list(cases.interrupted())
    if rows.has_all([*killed, *interrupted]) and not request.session.testsfailed:
        table = page([rows.kept(one) for one in killed], [rows.kept(one) for one in interrupted])
        rows.evidence.write(intro=INTRO, table=table)
