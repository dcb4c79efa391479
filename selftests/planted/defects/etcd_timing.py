"""etcd's own flags. A member that starts anew takes more than a minute with its apiserver."""

from __future__ import annotations

from lab.wait import until
from selftests.planted.bench import Bench
from selftests.planted.defects.apiserver import until_it_serves
from selftests.planted.manifests import OtherFlag

ETCD = "etcd"
WHERE = "cp-2"


class OneElectsLater(OtherFlag):
    """One member has another election time-out: after a loss it waits while others vote."""

    name = "one-elects-later"
    item = "etcd-timing"
    evidence = r"heartbeat and election time-out differ: .*cp-2 100 ms/2000 ms"

    machine, program, flag, value = WHERE, ETCD, "election-timeout", "2000"

    def settle(self, bench: Bench) -> None:
        def votes() -> bool:
            told = bench.etcdctl("endpoint health --cluster")
            return all(one["health"] for one in told)

        until(votes, f"etcd's member on {WHERE} is well", timeout=120, every=1.0)
        until_it_serves(bench)
