"""What the owners have ready, and what they last tried."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

INCIDENT = "zone-loss"
DRILLS = ("restore", "failover", "renewal")
AGO, LONG_AGO = timedelta(days=10), timedelta(days=200)


class RunbookGone(Defect):
    """The inventory names a runbook that was moved: nobody finds it on the day."""

    name = "runbook-gone"
    item = "runbooks"
    evidence = rf"^the runbook for {INCIDENT} is not there: \S+/moved\.md"

    def plant(self, bench: Bench) -> None:
        def change(inventory: Any) -> None:
            pages = inventory["operations"]["runbooks"]
            pages[INCIDENT] = str(Path(pages[INCIDENT]).with_name("moved.md"))

        bench.change_inventory(change)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()


class Drill(Defect):
    """A history of drills, of which one was long ago."""

    @property
    @abstractmethod
    def drill(self) -> str:
        """Which."""

    def plant(self, bench: Bench) -> None:
        now = datetime.now(UTC)
        times = {drill: now - (LONG_AGO if drill == self.drill else AGO) for drill in DRILLS}
        lines = [f"{drill}: {time:%Y-%m-%dT%H:%M:%SZ}\n" for drill, time in times.items()]
        _history(bench).write_text("".join(lines))

        def change(inventory: Any) -> None:
            inventory["operations"]["history"] = _history(bench).name

        bench.change_inventory(change)

    def mend(self, bench: Bench) -> None:
        bench.own_inventory()
        _history(bench).unlink(missing_ok=True)


class RestoreLongAgo(Drill):
    """Nobody has restored a snapshot for 200 days."""

    name = "restore-long-ago"
    item = "drill-restore"
    evidence = r"^the last drill restore was 200 days ago: 92 days are allowed"
    drill = "restore"


class FailoverLongAgo(Drill):
    """Nobody has rehearsed a failure for 200 days."""

    name = "failover-long-ago"
    item = "drill-failover"
    evidence = r"^the last drill failover was 200 days ago: 92 days are allowed"
    drill = "failover"


class RenewalLongAgo(Drill):
    """Nobody has renewed certificates for 200 days."""

    name = "renewal-long-ago"
    item = "drill-renewal"
    evidence = r"^the last drill renewal was 200 days ago: 92 days are allowed"
    drill = "renewal"


def _history(bench: Bench) -> Path:
    """Beside the inventory, whose paths are relative to where it lies."""
    return bench.fleet.home.folder / "planted-drills"
