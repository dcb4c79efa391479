"""etcd's own flags. A member that starts anew takes more than a minute with its apiserver."""

from __future__ import annotations

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defect import Defect
from selftests.planted.defects.apiserver import until_it_serves
from selftests.planted.manifests import as_it_was, set_flag

ETCD = "etcd"
WHERE = "cp-2"


class OneElectsLater(Defect):
    """One member has another election time-out: after a loss it waits while others vote."""

    name = "one-elects-later"
    item = "etcd-timing"
    evidence = r"heartbeat and election time-out differ: .*cp-2 100 ms/2000 ms"

    def plant(self, bench: Bench) -> None:
        _restarted(bench, "election-timeout", "2000")

    def mend(self, bench: Bench) -> None:
        _as_it_was(bench)


def _restarted(bench: Bench, flag: str, value: str) -> None:
    set_flag(bench, WHERE, ETCD, flag, value)
    _until_it_votes(bench)


def _as_it_was(bench: Bench) -> None:
    as_it_was(bench, WHERE, ETCD)
    _until_it_votes(bench)


def _until_it_votes(bench: Bench) -> None:
    def votes() -> bool:
        told = bench.etcdctl("endpoint health --cluster")
        return all(one["health"] for one in told)

    until(votes, f"etcd's member on {WHERE} is well", timeout=120, every=1.0)
    until_it_serves(bench)
