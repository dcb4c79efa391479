"""A run notes what it rehearsed where the inventory says, and what it notes is read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos.cluster.cluster import Cluster
from chaos.cluster.collect import operations
from chaos.cluster.facts import OperationsFacts
from chaos.faults import registry
from chaos.measure.verdict import Verdict
from chaos.result import CheckResult, ExperimentResult, RunResult
from fixtures.catalogue import items
from reports.drills import FAILOVERS, RESTORES, note, rehearsed
from selftests.unit.cluster_support import INVENTORY, inventory_of
from selftests.unit.reports_support import check, experiment, good_run

FAILOVER = experiment("etcd-stop", "etcd_leader")
RESTORE = check(RESTORES, "It restores", Verdict.PASS, "cp-1.db on worker-1:\n400 keys")
STOPPED = experiment("kubelet-stop", "one control plane")


def run(*results: CheckResult | ExperimentResult) -> RunResult:
    return good_run(
        [one for one in results if isinstance(one, CheckResult)],
        [one for one in results if isinstance(one, ExperimentResult)],
    )


@pytest.mark.parametrize(
    ("results", "drills"),
    [
        ((FAILOVER, RESTORE), ["failover", "restore"]),
        ((STOPPED,), []),
        ((FAILOVER, experiment("zone-partition", "a", verdict=Verdict.FAIL)), []),
        ((FAILOVER, experiment("zone-partition", "a", verdict=Verdict.NOT_COVERED)), ["failover"]),
        ((FAILOVER, experiment("kubelet-stop", "a", verdict=Verdict.FAIL)), ["failover"]),
        ((check(RESTORES, "It restores", Verdict.FAIL, waiver="agreed"),), []),
    ],
)
def test_what_a_run_rehearsed(
    results: Sequence[CheckResult | ExperimentResult], drills: list[str]
) -> None:
    assert [drill for drill, _ in rehearsed(run(*results))] == drills


def test_the_names_are_those_of_the_catalogue() -> None:
    assert set(FAILOVERS) < set(registry())
    assert RESTORES in {item.id for item in items()}


@pytest.mark.parametrize("before", [None, "# ours\nrenewal: 2026-10-02\nfailover: 2027-01-01"])
def test_what_is_noted_is_read_again(before: str | None, tmp_path: Path) -> None:
    if before is not None:
        (tmp_path / "drills").write_text(before)
    inventory = inventory_of(tmp_path, INVENTORY + "operations: {history: drills}\n")
    assert note(inventory, run(FAILOVER, RESTORE)) == "Noted in drills: failover, restore"
    text = (tmp_path / "drills").read_text()
    assert "cp-1.db on worker-1: 400 keys\n" in text
    found = operations.look(Cluster(inventory))
    assert isinstance(found, OperationsFacts)
    ran = datetime.fromisoformat(good_run().begins)
    old = {"renewal": (2026, 10, 2), "failover": (2027, 1, 1)} if before else {}
    kept = {name: datetime(*day, tzinfo=UTC) for name, day in old.items()}
    assert found.drills == {"failover": ran, "restore": ran} | kept


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ("operations: {}", ""),
        ("", ""),
        ("operations: {history: nowhere/drills}", "nowhere/drills cannot be written, so these"),
        ("operations: {history: 'configmap:ops/drills'}", "To be noted in configmap:ops/drills"),
    ],
)
def test_where_nothing_can_be_noted(history: str, said: str, tmp_path: Path) -> None:
    told = note(inventory_of(tmp_path, f"{INVENTORY}{history}\n"), run(FAILOVER))
    assert told.startswith(said)
    assert bool(told) == bool(said)
