"""Who leads among those of which only one may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.manifests import OtherFlag
from selftests.planted.scraped import until_scraped

SCHEDULER, MANAGER = "kube-scheduler", "kube-controller-manager"
GATE = "ControllerManagerReleaseLeaderElectionLockOnExit"
LASTS = 15.0
"""Seconds that a lease lasts, as the lab's flags say."""
FRESH = 6.0
"""Holders write every 2 s."""


class ElectionOff(OtherFlag):
    """One of three schedulers asks nobody before it acts: two place the same Pods at once."""

    name = "election-off"
    item = "leader-election"
    evidence = r"kube-scheduler on cp-2 runs with --leader-elect=false"

    program, flag, value = SCHEDULER, "leader-elect", "false"

    def settle(self, bench: Bench) -> None:
        until_somebody_leads(bench, SCHEDULER)


class OneWaitsLonger(OtherFlag):
    """One of three schedulers has another lease: who leads decides how long nobody does."""

    name = "one-waits-longer"
    item = "leader-election-settings"
    evidence = r"kube-scheduler's settings differ: .*lease 30 s.* on cp-2"

    program, flag, value = SCHEDULER, "leader-elect-lease-duration", "30s"

    def settle(self, bench: Bench) -> None:
        until_somebody_leads(bench, SCHEDULER)


class KeepsItsLease(OtherFlag):
    """One controller-manager is told to keep its lease when it ends: each upgrade waits for it."""

    name = "keeps-its-lease"
    item = "leader-election-release"
    evidence = r"kube-controller-manager on cp-2 is told to keep its lease at a clean end"

    program, flag, value = MANAGER, "feature-gates", f"{GATE}=false"

    def settle(self, bench: Bench) -> None:
        until_somebody_leads(bench, MANAGER)


class NobodyLeads(Defect):
    """All schedulers hang: the lease still names a holder, who no longer renews it.

    Nothing else shows that until a Pod has to be placed, but that Prometheus scrapes them in
    vain. kubelet ends what hangs after 80 s.
    """

    name = "nobody-leads"
    item = "leader-election"
    also = frozenset({"scraped-schedulers"})
    evidence = r"\S+ renewed the lease kube-scheduler \d+ s ago, and it lasts 15 s: nobody leads"

    def plant(self, bench: Bench) -> None:
        for cp in bench.fleet.plan.control_planes:
            bench.on(cp.name, f"kill -STOP {' '.join(_pids(bench, cp.name))}")
        _until_lease(bench, lambda age: age > LASTS + 2, "the lease has run out")
        until_scraped(bench, but=[f"{m.address}:10259" for m in bench.fleet.plan.control_planes])

    def mend(self, bench: Bench) -> None:
        control_planes = [cp.name for cp in bench.fleet.plan.control_planes]
        for name in control_planes:
            if hung := _pids(bench, name, state="T"):
                # What kubelet would do; one that went on would first have to give up its lead.
                bench.on(name, f"kill -KILL {' '.join(hung)}")
        for name in control_planes:
            until(partial(_pids, bench, name), f"a scheduler on {name}", timeout=120)
        until_somebody_leads(bench, SCHEDULER)
        until_scraped(bench)


def _pids(bench: Bench, machine: str, *, state: str = "") -> list[str]:
    """The schedulers' processes there, of a state of the kernel's; an ended one is none."""
    shown = bench.on(machine, f"ps -C {SCHEDULER} -o pid=,state= || true")
    found = [line.split() for line in shown.splitlines()]
    return [pid for pid, now in found if now == state or (not state and now != "Z")]


def until_somebody_leads(bench: Bench, program: str) -> None:
    """Wait until a program's lease has a holder that has renewed it just now."""
    _until_lease(bench, lambda age: age < FRESH, "somebody leads", program)


def _until_lease(
    bench: Bench, held: Callable[[float], bool], what: str, program: str = SCHEDULER
) -> None:
    """Wait until a program's lease has a holder and this age, in seconds."""

    def fits() -> bool:
        spec = bench.get("lease", program, "--namespace=kube-system")["spec"]
        renewed = datetime.fromisoformat(spec["renewTime"])
        age = (datetime.now(UTC) - renewed).total_seconds()
        return bool(spec.get("holderIdentity")) and held(age)

    until(fits, what, timeout=90, every=1.0)
