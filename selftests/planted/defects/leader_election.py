"""Who leads among those of which only one may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect

SCHEDULER = "kube-scheduler"
MANIFEST = f"/etc/kubernetes/manifests/{SCHEDULER}.yaml"
ON, OFF = "--leader-elect=true", "--leader-elect=false"
LASTS = 15.0
"""Seconds that a lease lasts, as the lab's flags say."""


class ElectionOff(Defect):
    """One of three schedulers asks nobody before it acts: two place the same Pods at once."""

    name = "election-off"
    item = "leader-election"
    evidence = r"kube-scheduler on cp-2 runs with --leader-elect=false"

    def plant(self, bench: Bench) -> None:
        bench.change_file("cp-2", MANIFEST, lambda text: text.replace(ON, OFF))
        _until_it_runs(bench, OFF)

    def mend(self, bench: Bench) -> None:
        bench.put_back("cp-2", MANIFEST)
        _until_it_runs(bench, ON)
        _until_lease(bench, lambda age: age < LASTS, "somebody leads")


class NobodyLeads(Defect):
    """All schedulers hang: the lease still names a holder, who no longer renews it.

    Nothing else shows that until a Pod has to be placed. kubelet ends what hangs after 80 s.
    """

    name = "nobody-leads"
    item = "leader-election"
    evidence = r"\S+ renewed the lease kube-scheduler \d+ s ago, and it lasts 15 s: nobody leads"

    def plant(self, bench: Bench) -> None:
        for cp in bench.fleet.plan.control_planes:
            bench.on(cp.name, f"kill -STOP {' '.join(_pids(bench, cp.name))}")
        _until_lease(bench, lambda age: age > LASTS + 2, "the lease has run out")

    def mend(self, bench: Bench) -> None:
        control_planes = [cp.name for cp in bench.fleet.plan.control_planes]
        for name in control_planes:
            if hung := _pids(bench, name, state="T"):
                # What kubelet would do; one that went on would first have to give up its lead.
                bench.on(name, f"kill -KILL {' '.join(hung)}")
        for name in control_planes:
            until(partial(_pids, bench, name), f"a scheduler on {name}", timeout=120)
        _until_lease(bench, lambda age: age < LASTS, "somebody leads")


def _pids(bench: Bench, machine: str, *, state: str = "") -> list[str]:
    """The schedulers' processes there, of a state of the kernel's; an ended one is none."""
    shown = bench.on(machine, f"ps -C {SCHEDULER} -o pid=,state= || true")
    found = [line.split() for line in shown.splitlines()]
    return [pid for pid, now in found if now == state or (not state and now != "Z")]


def _until_it_runs(bench: Bench, flag: str) -> None:
    # The old one has ended and the new one runs when all that run have the flag, and one does.
    ask = f"for p in $(pidof {SCHEDULER}); do tr '\\0' ' ' </proc/$p/cmdline; echo; done"

    def runs() -> bool:
        lines = bench.on("cp-2", ask).splitlines()
        return bool(lines) and all(flag in line for line in lines)

    until(runs, f"{SCHEDULER} runs with {flag}", timeout=90)


def _until_lease(bench: Bench, held: Callable[[float], bool], what: str) -> None:
    """Wait until the scheduler's lease has a holder and this age, in seconds."""

    def fits() -> bool:
        spec = bench.get("lease", SCHEDULER, "--namespace=kube-system")["spec"]
        renewed = datetime.fromisoformat(spec["renewTime"])
        age = (datetime.now(UTC) - renewed).total_seconds()
        return bool(spec.get("holderIdentity")) and held(age)

    until(fits, what, timeout=90, every=1.0)
